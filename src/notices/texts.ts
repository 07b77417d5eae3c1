/**
 * What our letters say: short, plain, one thing to do. Composing only; `write` in notices.ts keeps them.
 */
import { compose, type Occasion, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

export function helpLetter(writer: Writer, to: OfGroup): Letter {
  const { name, title } = to.group;
  const at = (suffix: string): string => `${name}${suffix}@${writer.domain}`;
  return compose(writer, "help", to, {
    subject: `How to use ${title} by mail`,
    labels: { [`${writer.url}/g/${name}`]: "Open the archive" },
    text: `${title} is a mail group. These are its addresses:

  Post to everybody:   ${at("")}
  Join:                ${at("+subscribe")}
  Leave:               ${at("+unsubscribe")}
  This help:           ${at("+help")}
  Write to its owners: ${at("-owner")}

Only a post needs a subject and a text. The archive is at
${writer.url}/g/${name}
`,
  });
}

export function confirmJoinLetter(writer: Writer, to: OfGroup, token: string): Letter {
  return compose(writer, "confirm-join", to, {
    subject: `Join ${to.group.title}? Please confirm`,
    replyTo: `join+${token}@${writer.domain}`,
    labels: { [`${writer.url}/join/${token}`]: "Join the group" },
    text: `Somebody, probably you, asked for ${to.to} to join
${to.group.title}.

To join, reply to this mail (what you write does not matter), or open

${writer.url}/join/${token}

If it was not you, do nothing: you will not be added.
`,
  });
}

export function confirmLeaveLetter(writer: Writer, to: OfGroup, token: string): Letter {
  return compose(writer, "confirm-leave", to, {
    subject: `Leave ${to.group.title}? Please confirm`,
    replyTo: `leave+${token}@${writer.domain}`,
    labels: { [`${writer.url}/leave/${token}`]: "Leave the group" },
    text: `Somebody, probably you, asked for ${to.to} to leave
${to.group.title}.

To leave, reply to this mail (what you write does not matter), or open

${writer.url}/leave/${token}

If it was not you, do nothing: you stay a member.
`,
  });
}

export function welcomeLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  return compose(writer, "welcome", to, {
    subject: `Welcome to ${to.group.title}`,
    labels: {
      [`${writer.url}/g/${to.group.name}`]: "open it",
      [`${writer.url}/leave/${leaveToken}`]: "leave the group",
    },
    text: `You are a member of ${to.group.title} now, as ${to.to}.

Write to everybody: ${to.group.name}@${writer.domain}
Read the archive:   ${writer.url}/g/${to.group.name}
Leave at any time:  ${writer.url}/leave/${leaveToken}
`,
  });
}

export function goodbyeLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  return compose(writer, "goodbye", to, {
    subject: `You have left ${to.group.title}`,
    labels: { [`${writer.url}/leave/${leaveToken}`]: "Undo: stay in the group" },
    text: `${to.to} gets no more mail from ${to.group.title}.

If that was a mistake, open this address within 30 days and press the
button there:

${writer.url}/leave/${leaveToken}
`,
  });
}

/** To the only owner of a group, who can't leave it by a click. */
export function mailStoppedLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  return compose(writer, "goodbye", to, {
    subject: `Posts to ${to.group.title} no longer come to you`,
    labels: { [`${writer.url}/leave/${leaveToken}`]: "Undo: get the posts again" },
    text: `${to.to} gets no more posts from ${to.group.title}.

You are its only owner, so you are still in the group: nobody else could
let anybody in. You can read it at
${writer.url}/g/${to.group.name}
and letters that ask an owner to decide still come. To leave it for good,
make somebody else an owner first.

If it was a mistake, open this address within 30 days and press the
button there:

${writer.url}/leave/${leaveToken}
`,
  });
}

/** A mail could not be obeyed or posted; `reason` is one sentence that says what to do. */
export function declinedLetter(writer: Writer, to: Occasion, reason: string): Letter {
  return compose(writer, "declined", to, {
    subject: to.group ? `Not sent to ${to.group.title}: ${subjectOf(to)}` : `Not done: ${subjectOf(to)}`,
    text: `${reason}
${to.group ? `\nThe group's owners: ${to.group.name}-owner@${writer.domain}\n` : ""}`,
  });
}

export function heldLetter(writer: Writer, to: OfGroup, reason: string, mailId: string): Letter {
  return compose(writer, "held", to, {
    subject: `Waiting for a moderator: ${subjectOf(to)}`,
    labels: { [`${writer.url}/mail/${mailId}`]: "See where it is" },
    text: `Your post to ${to.group.title} waits for a moderator to read it.
It is kept: there is no need to send it again.

Why it waits: ${reason}

Follow it at
${writer.url}/mail/${mailId}
`,
  });
}

export function askModeratorLetter(
  writer: Writer,
  to: OfGroup,
  held: { author: string; reason: string; words: string },
): Letter {
  return compose(writer, "moderate", to, {
    subject: `To decide in ${to.group.title}: ${subjectOf(to)}`,
    labels: { [`${writer.url}/g/${to.group.name}/held`]: "Read and decide" },
    text: `A post by ${held.author} waits for you or another moderator.

Why it waits: ${held.reason}

  ${subjectOf(to)}
  ${held.words}

Approve or decline it at
${writer.url}/g/${to.group.name}/held
`,
  });
}

export function resentLetter(writer: Writer, to: OfGroup, firstUrl: string): Letter {
  return compose(writer, "resent", to, {
    subject: `We have this already: ${subjectOf(to)}`,
    labels: { [firstUrl]: "See where it is" },
    text: `This post reached ${to.group.title} before. It is not sent a second time,
and there is nothing you need to do.

See where it is:
${firstUrl}
`,
  });
}

const subjectOf = (to: Occasion): string => to.about?.subject.slice(0, 200) || "(no subject)";
