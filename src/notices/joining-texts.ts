/** What our letters say to who asks to join, to who decides about it, and to who is invited. */
import { en, t } from "../language/language.ts";
import type { OfGroup, Writer } from "./compose.ts";
import { action, address, letterOf, lines, type Notice, words } from "./notice.ts";
import type { Letter } from "./notices.ts";

export const REQUEST_WAITS: Notice<never> = {
  name: "request-waits",
  title: en`Asking to join waits`,
  when: en`Sent to whoever asked to join a group whose moderators let people in.`,
  to: "whoever asks",
  values: {},
  say: ({ group, receiver }) => ({
    subject: t`${group}: your request waits for a moderator`,
    text: `${t`You asked for ${receiver} to join ${group}. A moderator will read it and decide.`}

${t`You will hear by mail either way. There is nothing more you need to do.`}
`,
  }),
};

export const requestWaitsLetter = (writer: Writer, to: OfGroup): Letter =>
  letterOf(writer, REQUEST_WAITS, to, () => ({}));

export const ASK_TO_ADMIT: Notice<"asker" | "words" | "answer" | "link"> = {
  name: "ask-to-admit",
  title: en`Somebody asks to join`,
  when: en`Sent to who looks after members, when somebody asks to join, and once again after a week.`,
  to: "moderators",
  values: {
    asker: words(en`who asks, by name and address`, "Ana Lima <ana@far.test>"),
    words: lines(en`why they ask, in their words`, en`I read a lot.`),
    answer: lines(en`the group's question and their answer`, ""),
    link: action(en`the page of those who wait`, "/g/readers/requests"),
  },
  say: ({ group, asker, words, answer, link }) => ({
    subject: t`To decide in ${group}: ${asker} asks to join`,
    labels: { [link]: t`Read and decide` },
    text: `${t`${asker} asks to join ${group}.`}

${words}

${answer}

${t`Reply to this mail with the word ${t`approve`}, or with ${t`decline`} and, behind it, a reason that they will read. Or decide at`}

${link}
`,
  }),
};

const quoted = (text: string): string => (text ? `> ${text}` : "");

export function askToAdmitLetter(
  writer: Writer,
  to: OfGroup,
  asked: { address: string; name: string; words: string; question: string; answer: string },
  token: string,
): Letter {
  const values = (): Record<keyof typeof ASK_TO_ADMIT.values, string> => ({
    asker: asked.name ? `${asked.name} <${asked.address}>` : asked.address,
    words: quoted(asked.words),
    answer: asked.answer ? `${asked.question}\n\n${quoted(asked.answer)}` : "",
    link: `${writer.url}/g/${to.group.name}/requests`,
  });
  return letterOf(writer, ASK_TO_ADMIT, to, values, { replyTo: `request+${token}@${writer.domain}` });
}

export const NOT_ADMITTED: Notice<"reason"> = {
  name: "not-admitted",
  title: en`Asking to join was declined`,
  when: en`Sent to whoever asked to join when a moderator declines it.`,
  to: "whoever asks",
  values: { reason: lines(en`the moderator's reason, or nothing`, en`We are full at the moment.`) },
  say: ({ group, receiver, reason, owners }) => ({
    subject: t`${group}: you were not let in`,
    text: `${t`You asked for ${receiver} to join ${group}. A moderator has declined.`}

${reason}

${t`The group's owners: ${owners}`}
`,
  }),
};

export const notAdmittedLetter = (writer: Writer, to: OfGroup, reason: string): Letter =>
  letterOf(writer, NOT_ADMITTED, to, () => ({ reason: quoted(reason.replace(/\s+/g, " ")) }));

export const REQUEST_ENDED: Notice<never> = {
  name: "request-ended",
  title: en`Asking to join had no answer`,
  when: en`Sent to whoever asked to join when nobody decided in four weeks.`,
  to: "whoever asks",
  values: {},
  say: ({ group, receiver, owners }) => ({
    subject: t`${group}: nobody has decided about your request`,
    text: `${t`You asked for ${receiver} to join ${group}, and in four weeks no moderator has decided. So the request has ended.`}

${t`You can ask again, or write to the owners: ${owners}`}
`,
  }),
};

export const requestEndedLetter = (writer: Writer, to: OfGroup): Letter =>
  letterOf(writer, REQUEST_ENDED, to, () => ({}));

export const INVITATION: Notice<"inviter" | "words" | "about" | "link" | "reply"> = {
  name: "invitation",
  title: en`Invitation`,
  when: en`Sent to who is invited, and once again after a week without an answer.`,
  to: "whoever asks",
  values: {
    inviter: words(en`who invites`, "Ana Lima"),
    words: lines(en`the inviter's own line, or nothing`, en`Come and read with us.`),
    about: lines(en`the group's description`, ""),
    link: action(en`the page where the invitation is answered`, "/invitation/example"),
    reply: address(en`the address that a reply goes to`, "invite+example@groups.test"),
  },
  say: ({ group, inviter, words, about, link, post }) => ({
    subject: t`${inviter} invites you to ${group}`,
    labels: { [link]: t`See the invitation` },
    text: `${t`${inviter} invites you to ${group}, a mail group: what a member writes to ${post} reaches every member.`}

${words}

${about}

${t`To join, reply to this mail with the word ${t`yes`}, or open`}

${link}

${t`If you do not want to, reply ${t`no`}, or do nothing: you will not be added. The page can also end all invitations to you.`}
`,
  }),
};

export function invitationLetter(
  writer: Writer,
  to: OfGroup & { group: { description: string } },
  invited: { inviter: string; words: string },
  token: string,
): Letter {
  const reply = `invite+${token}@${writer.domain}`;
  const values = (): Record<keyof typeof INVITATION.values, string> => ({
    inviter: invited.inviter,
    words: quoted(invited.words),
    about: to.group.description.trim().slice(0, 1000),
    link: `${writer.url}/invitation/${token}`,
    reply,
  });
  return letterOf(writer, INVITATION, to, values, { replyTo: reply });
}
