/**
 * What our letters say: short, plain, one thing to do. Composing only; `write` in notices.ts keeps them.
 */
import { t, told, wordFor } from "../language/language.ts";
import { columns, compose, type Occasion, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

export function helpLetter(writer: Writer, to: OfGroup): Letter {
  const { name, title } = to.group;
  const at = (suffix: string): string => `${name}${suffix}@${writer.domain}`;
  const archive = `${writer.url}/g/${name}`;
  return compose(writer, "help", to, () => ({
    subject: t`How to use ${title} by mail`,
    labels: { [archive]: t`Open the archive` },
    text: `${t`${title} is a mail group. These are its addresses:`}

${columns([
  [t`Post to everybody:`, at("")],
  [t`Join:`, at(`+${wordFor("subscribe")}`)],
  [t`Leave:`, at(`+${wordFor("unsubscribe")}`)],
  [t`This help:`, at(`+${wordFor("help")}`)],
  [t`Write to its owners:`, at("-owner")],
])}

${t`Only a post needs a subject and a text. The archive is at`}
${archive}
`,
  }));
}

export function confirmJoinLetter(writer: Writer, to: OfGroup, token: string): Letter {
  const link = `${writer.url}/join/${token}`;
  return compose(writer, "confirm-join", to, () => ({
    subject: t`Join ${to.group.title}? Please confirm`,
    replyTo: `join+${token}@${writer.domain}`,
    labels: { [link]: t`Join the group` },
    text: `${t`Somebody, probably you, asked for ${to.to} to join ${to.group.title}.`}

${t`To join, reply to this mail (what you write does not matter), or open`}

${link}

${t`If it was not you, do nothing: you will not be added.`}
`,
  }));
}

export function confirmLeaveLetter(writer: Writer, to: OfGroup, token: string): Letter {
  const link = `${writer.url}/leave/${token}`;
  return compose(writer, "confirm-leave", to, () => ({
    subject: t`Leave ${to.group.title}? Please confirm`,
    replyTo: `leave+${token}@${writer.domain}`,
    labels: { [link]: t`Leave the group` },
    text: `${t`Somebody, probably you, asked for ${to.to} to leave ${to.group.title}.`}

${t`To leave, reply to this mail (what you write does not matter), or open`}

${link}

${t`If it was not you, do nothing: you stay a member.`}
`,
  }));
}

export function welcomeLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  return compose(writer, "welcome", to, () => ({
    subject: t`Welcome to ${to.group.title}`,
    text: `${t`You are a member of ${to.group.title} now, as ${to.to}.`}

${columns([
  [t`Write to everybody:`, `${to.group.name}@${writer.domain}`],
  [t`Read the archive:`, `${writer.url}/g/${to.group.name}`],
  [t`Leave at any time:`, `${writer.url}/leave/${leaveToken}`],
])}
`,
  }));
}

export function goodbyeLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  const link = `${writer.url}/leave/${leaveToken}`;
  return compose(writer, "goodbye", to, () => ({
    subject: t`You have left ${to.group.title}`,
    labels: { [link]: t`Undo: stay in the group` },
    text: `${t`${to.to} gets no more mail from ${to.group.title}.`}

${t`If that was a mistake, open this address within 30 days and press the button there:`}

${link}
`,
  }));
}

/** To the only owner of a group, who can't leave it by a click. */
export function mailStoppedLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  const link = `${writer.url}/leave/${leaveToken}`;
  return compose(writer, "goodbye", to, () => ({
    subject: t`Posts to ${to.group.title} no longer come to you`,
    labels: { [link]: t`Undo: get the posts again` },
    text: `${t`${to.to} gets no more posts from ${to.group.title}.`}

${t`You are its only owner, so you are still in the group: nobody else could let anybody in. You can read it at`}
${writer.url}/g/${to.group.name}
${t`and letters that ask an owner to decide still come. To leave it for good, make somebody else an owner first.`}

${t`If it was a mistake, open this address within 30 days and press the button there:`}

${link}
`,
  }));
}

/** A mail could not be obeyed or posted; `reason` is one sentence that says what to do, kept in English. */
export function declinedLetter(writer: Writer, to: Occasion, reason: string): Letter {
  return compose(writer, "declined", to, () => ({
    subject: to.group ? t`Not sent to ${to.group.title}: ${subjectOf(to)}` : t`Not done: ${subjectOf(to)}`,
    text: `${told(reason)}
${to.group ? `\n${t`The group's owners: ${`${to.group.name}-owner@${writer.domain}`}`}\n` : ""}`,
  }));
}

export function heldLetter(writer: Writer, to: OfGroup, reason: string, mailId: string): Letter {
  const link = `${writer.url}/mail/${mailId}`;
  return compose(writer, "held", to, () => ({
    subject: t`Waiting for a moderator: ${subjectOf(to)}`,
    labels: { [link]: t`See where it is` },
    text: `${t`Your post to ${to.group.title} waits for a moderator to read it. It is kept: there is no need to send it again.`}

${t`Why it waits: ${told(reason)}`}

${t`Follow it at`}
${link}
`,
  }));
}

export function askModeratorLetter(
  writer: Writer,
  to: OfGroup,
  held: { author: string; reason: string; words: string },
): Letter {
  const link = `${writer.url}/g/${to.group.name}/held`;
  return compose(writer, "moderate", to, () => ({
    subject: t`To decide in ${to.group.title}: ${subjectOf(to)}`,
    labels: { [link]: t`Read and decide` },
    text: `${t`A post by ${held.author} waits for you or another moderator.`}

${t`Why it waits: ${told(held.reason)}`}

  ${subjectOf(to)}
  ${held.words}

${t`Approve or decline it at`}
${link}
`,
  }));
}

export function resentLetter(writer: Writer, to: OfGroup, firstUrl: string): Letter {
  return compose(writer, "resent", to, () => ({
    subject: t`We have this already: ${subjectOf(to)}`,
    labels: { [firstUrl]: t`See where it is` },
    text: `${t`This post reached ${to.group.title} before. It is not sent a second time, and there is nothing you need to do.`}

${t`See where it is:`}
${firstUrl}
`,
  }));
}

const subjectOf = (to: Occasion): string => to.about?.subject.slice(0, 200) || t`(no subject)`;
