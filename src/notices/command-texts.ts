/** What we answer to who changes their mail by mail, and to who asks how things stand. */
import { COMMANDS, type Command, en, t, wordFor, wordsFor } from "../language/language.ts";
import { columns, type OfGroup, type Writer } from "./compose.ts";
import { letterOf, lines, link, type Notice, sentence } from "./notice.ts";
import type { Letter } from "./notices.ts";

export type MailMode = "each" | "digest" | "summary" | "notices" | "none";
/** What was wished: a mode, or a holiday until a day; "" ends it. */
export type MailWish = { mode: MailMode } | { holiday: string };

const SETTINGS = link(en`the page where a member chooses how to get mail`, "/g/readers/membership");

export const CHANGED: Notice<"change" | "settings"> = {
  name: "changed",
  title: en`Changed by mail`,
  when: en`Sent to a member who has changed by mail how the group's mail comes. A reply takes it back.`,
  to: "members",
  values: {
    change: {
      ...sentence(en`what is so now, in a sentence`, en`Posts come to you once a day, in one mail.`),
      isNeeded: true,
    },
    settings: SETTINGS,
  },
  say: ({ group, change, settings }) => ({
    subject: t`Your mail from ${group} is changed`,
    labels: { [settings]: t`How you get mail` },
    text: `${change}

${t`To have it as it was, reply to this mail with the word ${t`undo`}. All that you can choose is here:`}

${settings}
`,
  }),
};

/** `undo` is what a reply to the letter does, sealed. */
export const changedLetter = (writer: Writer, to: OfGroup, wish: MailWish, undo: string): Letter =>
  letterOf(writer, CHANGED, to, () => ({ change: changeInWords(wish), settings: settingsOf(writer, to) }), {
    replyTo: `set+${undo}@${writer.domain}`,
  });

export const CONFIRM_CHANGE: Notice<"change" | "settings"> = {
  name: "confirm-change",
  title: en`Confirm a change`,
  when: en`Sent to a member for whom somebody asked by mail for a change, where it is not certain who that was. A reply does it.`,
  to: "members",
  values: CHANGED.values,
  say: ({ group, receiver, change, settings }) => ({
    subject: t`Change your mail from ${group}? Please confirm`,
    labels: { [settings]: t`How you get mail` },
    text: `${t`Somebody, probably you, asked that mail from ${group} to ${receiver} be changed. It would then be so:`}

  ${change}

${t`To have it so, reply to this mail with the word ${t`yes`}, or choose here:`}

${settings}

${t`If it was not you, do nothing: nothing changes.`}
`,
  }),
};

export const confirmChangeLetter = (writer: Writer, to: OfGroup, wish: MailWish, token: string): Letter =>
  letterOf(writer, CONFIRM_CHANGE, to, () => ({ change: changeInWords(wish), settings: settingsOf(writer, to) }), {
    replyTo: `set+${token}@${writer.domain}`,
  });

export const MY_SETTINGS: Notice<"state" | "commands" | "settings"> = {
  name: "my-settings",
  title: en`How a member gets mail`,
  when: en`Sent to a member who asks by mail how things stand.`,
  to: "members",
  values: {
    state: lines(en`what is set, a line each`, () =>
      stateLines({ address: "ana@far.test", role: "member", mode: "digest", holiday: "2026-12-24", isStopped: false }),
    ),
    commands: lines(en`the words to write, and what each does`, () => commandLines()),
    settings: SETTINGS,
  },
  say: ({ group, state, commands, settings }) => ({
    subject: t`Your mail from ${group}`,
    labels: { [settings]: t`How you get mail` },
    text: `${t`This is how mail from ${group} comes to you:`}

${state}

${t`To change it, reply with one of these words as the subject or on the first line:`}

${commands}

${t`Or choose here:`}

${settings}
`,
  }),
};

export type MyMail = {
  address: string;
  role: "member" | "moderator" | "owner";
  mode: MailMode;
  holiday: string;
  isStopped: boolean;
};

export const mySettingsLetter = (writer: Writer, to: OfGroup, mine: MyMail): Letter =>
  letterOf(
    writer,
    MY_SETTINGS,
    to,
    () => ({ state: stateLines(mine), commands: commandLines(), settings: settingsOf(writer, to) }),
    { replyTo: `${to.group.name}+${wordFor("help")}@${writer.domain}` },
  );

export const MY_GROUPS: Notice<"list"> = {
  name: "my-groups",
  title: en`A member's groups`,
  when: en`Sent to a member who asks by mail which groups they are in.`,
  to: "members",
  values: { list: lines(en`the groups with their addresses`, "- The Thursday readers: readers@groups.test") },
  say: ({ receiver, list }) => ({
    subject: t`Your groups`,
    text: `${t`With ${receiver} you are in these groups:`}

${list}

${t`To hear how one's mail comes to you, or to change it, write to its address with +${t`help`} before the @.`}
`,
  }),
};

export type MyGroup = { title: string; address: string };

export const myGroupsLetter = (writer: Writer, to: OfGroup, groups: readonly MyGroup[]): Letter =>
  letterOf(writer, MY_GROUPS, to, () => ({
    list: groups.map(({ title, address }) => `- ${title}: ${address}`).join("\n"),
  }));

/** What each command does, in a few words; the order is that of the help. */
export function meaningOf(command: Command): string {
  switch (command) {
    case "subscribe":
      return t`join the group`;
    case "unsubscribe":
      return t`leave the group`;
    case "help":
      return t`this help`;
    case "each":
      return t`each post comes by itself`;
    case "digest":
      return t`posts come once a day, in one mail`;
    case "summary":
      return t`once a day, subjects and links alone`;
    case "notices":
      return t`special notices only`;
    case "none":
      return t`no mail; I read on the web`;
    case "pause":
      return t`no mail before that day`;
    case "continue":
      return t`mail comes again`;
    case "settings":
      return t`how my mail comes now`;
    case "groups":
      return t`which groups I am in`;
    case "mute":
      return t`in a reply to a post: its topic comes no more`;
    case "follow":
      return t`in a reply to a post: all of its topic comes`;
  }
}

/** The words a member can write, with what they do. */
export const commandLines = (): string =>
  columns(
    COMMANDS.map((command): [string, string] => [
      `${wordsFor(command)[0]}${command === "pause" ? " 2026-12-24" : ""}:`,
      meaningOf(command),
    ]),
  );

export function changeInWords(wish: MailWish): string {
  if ("mode" in wish) return modeInWords(wish.mode);
  return wish.holiday === "" ? t`Mail comes to you again.` : t`No mail comes to you before ${wish.holiday}.`;
}

export function modeInWords(mode: MailMode): string {
  switch (mode) {
    case "each":
      return t`Each post comes to you as a mail of its own.`;
    case "digest":
      return t`Posts come to you once a day, in one mail.`;
    case "summary":
      return t`Once a day a mail comes to you with subjects and links.`;
    case "notices":
      return t`Only special notices come to you by mail.`;
    case "none":
      return t`No mail comes to you; you read on the web.`;
  }
}

function stateLines({ address, role, mode, holiday, isStopped }: MyMail): string {
  const roles = { member: t`member`, moderator: t`moderator`, owner: t`owner` };
  return columns([
    [`${t`Address`}:`, address],
    [`${t`Role`}:`, roles[role]],
    [`${t`Mail`}:`, modeInWords(mode)],
    ...(holiday === "" ? [] : [[`${t`Pause`}:`, changeInWords({ holiday })] as const]),
    ...(isStopped
      ? [[`${t`Stopped`}:`, t`Mail to you came back, so it is stopped: see the page below.`] as const]
      : []),
  ]);
}

const settingsOf = (writer: Writer, to: OfGroup): string => `${writer.url}/g/${to.group.name}/membership`;
