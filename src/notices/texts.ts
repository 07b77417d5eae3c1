/**
 * What our letters say: short, plain, one thing to do. Composing only; `write` in notices.ts keeps them.
 */
import { en, t, told, wordFor } from "../language/language.ts";
import { commandLines } from "./command-texts.ts";
import { columns, compose, type Occasion, type OfGroup, type Writer } from "./compose.ts";
import { GUIDELINES_OF, guidelinesWords } from "./guidelines.ts";
import { action, address, letterOf, lines, type Notice, sentence, words } from "./notice.ts";
import type { Letter } from "./notices.ts";

export const HELP: Notice<"unknown" | "join" | "leave" | "help" | "commands"> = {
  name: "help",
  title: en`How to use the group by mail`,
  when: en`Sent to whoever asks for help by mail.`,
  to: "whoever asks",
  values: {
    join: address(en`the address to join by mail`, "readers+join@groups.test"),
    leave: address(en`the address to leave by mail`, "readers+leave@groups.test"),
    help: address(en`the address to ask for this letter`, "readers+help@groups.test"),
    unknown: lines(en`says of a word we did not know that we did not, else nothing`, ""),
    commands: lines(en`the words to write, and what each does`, () => commandLines()),
  },
  say: ({ group, post, unknown, join, leave, help, commands, owners, archive }) => ({
    subject: t`How to use ${group} by mail`,
    labels: { [archive]: t`Open the archive` },
    text: `${unknown}

${t`${group} is a mail group. These are its addresses:`}

${columns([
  [t`Post to everybody:`, post],
  [t`Join:`, join],
  [t`Leave:`, leave],
  [t`This help:`, help],
  [t`Write to its owners:`, owners],
])}

${t`Members can write one of these words to ${help}, as the subject or on the first line, or reply to this mail with it:`}

${commands}

${t`Only a post needs a subject and a text. The archive is at`}
${archive}
`,
  }),
};

/** `unknown` is what was asked and could not be made out. */
export function helpLetter(writer: Writer, to: OfGroup, unknown?: string): Letter {
  const at = (suffix: string): string => `${to.group.name}${suffix}@${writer.domain}`;
  const beside = { replyTo: `${to.group.name}+help@${writer.domain}` };
  const values = (): Record<keyof typeof HELP.values, string> => ({
    unknown:
      unknown === undefined
        ? ""
        : t`We did not know what to do with “${unknown.slice(0, 100)}”. This is what can be asked:`,
    commands: commandLines(),
    join: at(`+${wordFor("subscribe")}`),
    leave: at(`+${wordFor("unsubscribe")}`),
    help: at(`+${wordFor("help")}`),
  });
  return letterOf(writer, HELP, to, values, beside);
}

export const CONFIRM_JOIN: Notice<"link"> = {
  name: "confirm-join",
  title: en`Confirm joining`,
  when: en`Sent to whoever asked to join by mail: anybody could have written their address.`,
  to: "whoever asks",
  values: { link: action(en`the page where joining is confirmed`, "/join/example") },
  say: ({ group, receiver, link }) => ({
    subject: t`Join ${group}? Please confirm`,
    labels: { [link]: t`Join the group` },
    text: `${t`Somebody, probably you, asked for ${receiver} to join ${group}.`}

${t`To join, reply to this mail (what you write does not matter), or open`}

${link}

${t`If it was not you, do nothing: you will not be added.`}
`,
  }),
};

export const confirmJoinLetter = (writer: Writer, to: OfGroup, token: string): Letter =>
  letterOf(writer, CONFIRM_JOIN, to, () => ({ link: `${writer.url}/join/${token}` }), {
    replyTo: `join+${token}@${writer.domain}`,
  });

export const CONFIRM_LEAVE: Notice<"link"> = {
  name: "confirm-leave",
  title: en`Confirm leaving`,
  when: en`Sent to a member for whom somebody asked to leave, where it is not certain who that was.`,
  to: "members",
  values: { link: action(en`the page where leaving is confirmed`, "/leave/example") },
  say: ({ group, receiver, link }) => ({
    subject: t`Leave ${group}? Please confirm`,
    labels: { [link]: t`Leave the group` },
    text: `${t`Somebody, probably you, asked for ${receiver} to leave ${group}.`}

${t`To leave, reply to this mail (what you write does not matter), or open`}

${link}

${t`If it was not you, do nothing: you stay a member.`}
`,
  }),
};

export const confirmLeaveLetter = (writer: Writer, to: OfGroup, token: string): Letter =>
  letterOf(writer, CONFIRM_LEAVE, to, () => ({ link: `${writer.url}/leave/${token}` }), {
    replyTo: `leave+${token}@${writer.domain}`,
  });

export const WELCOME: Notice<"leave" | "guidelines"> = {
  name: "welcome",
  title: en`Welcome`,
  when: en`Sent to each new member.`,
  to: "members",
  values: {
    leave: action(en`the page where the member leaves, and no one else`, "/leave/example"),
    guidelines: GUIDELINES_OF,
  },
  say: ({ group, receiver, post, archive, leave, guidelines }) => ({
    subject: t`Welcome to ${group}`,
    text: `${t`You are a member of ${group} now, as ${receiver}.`}

${columns([
  [t`Write to everybody:`, post],
  [t`Read the archive:`, archive],
  [t`Leave at any time:`, leave],
])}

${guidelines}
`,
  }),
};

export const welcomeLetter = (writer: Writer, to: OfGroup, leaveToken: string): Letter =>
  letterOf(writer, WELCOME, to, () => ({
    leave: `${writer.url}/leave/${leaveToken}`,
    guidelines: guidelinesWords(to),
  }));

export const GOODBYE: Notice<"undo"> = {
  name: "goodbye",
  title: en`Goodbye`,
  when: en`Sent to a member who has left, so that a slip can be undone.`,
  to: "whoever asks",
  values: { undo: action(en`the page where leaving is undone`, "/leave/example") },
  say: ({ group, receiver, undo }) => ({
    subject: t`You have left ${group}`,
    labels: { [undo]: t`Undo: stay in the group` },
    text: `${t`${receiver} gets no more mail from ${group}.`}

${t`If that was a mistake, open this address within 30 days and press the button there:`}

${undo}
`,
  }),
};

export const goodbyeLetter = (writer: Writer, to: OfGroup, leaveToken: string): Letter =>
  letterOf(writer, GOODBYE, to, () => ({ undo: `${writer.url}/leave/${leaveToken}` }));

export const MAIL_STOPPED: Notice<"undo"> = {
  name: "mail-stopped",
  title: en`The only owner left`,
  when: en`Sent to the only owner of the group, who has tried to leave it: the mail stops, and the membership stays.`,
  to: "members",
  values: { undo: action(en`the page where it is undone`, "/leave/example") },
  say: ({ group, receiver, archive, undo }) => ({
    subject: t`Posts to ${group} no longer come to you`,
    labels: { [undo]: t`Undo: get the posts again` },
    text: `${t`${receiver} gets no more posts from ${group}.`}

${t`You are its only owner, so you are still in the group: nobody else could let anybody in. You can read it at`}
${archive}
${t`and letters that ask an owner to decide still come. To leave it for good, make somebody else an owner first.`}

${t`If it was a mistake, open this address within 30 days and press the button there:`}

${undo}
`,
  }),
};

/** To the only owner of a group, who can't leave it by a click. */
export const mailStoppedLetter = (writer: Writer, to: OfGroup, leaveToken: string): Letter =>
  letterOf(writer, MAIL_STOPPED, to, () => ({ undo: `${writer.url}/leave/${leaveToken}` }));

export const DECLINED: Notice<"subject" | "reason"> = {
  name: "declined",
  title: en`Not sent`,
  when: en`Sent to the author of a post that was declined, and to a member who asked by mail for what can't be.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    reason: {
      ...lines(en`why, in a moderator's own words or a sentence of ours`, en`A moderator declined it.`),
      isNeeded: true,
    },
  },
  say: ({ group, subject, reason, owners }) => ({
    subject: t`Not sent to ${group}: ${subject}`,
    text: `${reason}

${t`The group's owners: ${owners}`}
`,
  }),
};

/** A mail could not be obeyed or posted; `reason` is one sentence that says what to do, kept in English. */
export function declinedLetter(writer: Writer, to: Occasion, reason: string): Letter {
  const { group } = to;
  if (group)
    return letterOf(writer, DECLINED, { ...to, group }, () => ({ subject: subjectOf(to), reason: told(reason) }));
  return compose(writer, "declined", to, () => ({
    subject: t`Not done: ${subjectOf(to)}`,
    text: `${told(reason)}\n`,
  }));
}

export const HELD: Notice<"subject" | "reason" | "link"> = {
  name: "held",
  title: en`Waiting for a moderator`,
  when: en`Sent once to the author of a post that waits for a moderator.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    reason: sentence(en`why it waits`, en`Its author is not a member.`),
    link: action(en`the page where the post can be followed`, "/mail/example"),
  },
  say: ({ group, subject, reason, link }) => ({
    subject: t`Waiting for a moderator: ${subject}`,
    labels: { [link]: t`See where it is` },
    text: `${t`Your post to ${group} waits for a moderator to read it. It is kept: there is no need to send it again.`}

${t`Why it waits: ${reason}`}

${t`Follow it at`}
${link}
`,
  }),
};

export const heldLetter = (writer: Writer, to: OfGroup, reason: string, mailId: string): Letter =>
  letterOf(writer, HELD, to, () => ({
    subject: subjectOf(to),
    reason: told(reason),
    link: `${writer.url}/mail/${mailId}`,
  }));

export const RESENT: Notice<"subject" | "link"> = {
  name: "resent",
  title: en`We have this already`,
  when: en`Sent to the author of a post that came a second time.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    link: action(en`the page where the first one can be followed`, "/mail/example"),
  },
  say: ({ group, subject, link }) => ({
    subject: t`We have this already: ${subject}`,
    labels: { [link]: t`See where it is` },
    text: `${t`This post reached ${group} before. It is not sent a second time, and there is nothing you need to do.`}

${t`See where it is:`}
${link}
`,
  }),
};

export const resentLetter = (writer: Writer, to: OfGroup, firstUrl: string): Letter =>
  letterOf(writer, RESENT, to, () => ({ subject: subjectOf(to), link: firstUrl }));

export const subjectOf = (to: Occasion): string => to.about?.subject.slice(0, 200) || t`(no subject)`;
