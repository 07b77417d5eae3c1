/**
 * A letter from its words: text, and HTML that says the same, in the language of its group.
 *
 * Every letter is marked Auto-Submitted (RFC 3834), so that no machine answers it, and leaves with an empty envelope
 * sender: a letter that can't be delivered is nobody's bounce. Only an enquiry wants to know, and has a return path.
 * One that concerns a group has its List-Id (RFC 2919), so that members can file it beside the posts.
 */
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { directionNow, inLanguage, languageNow, localeNow } from "../language/language.ts";
import { composeLetter } from "../mail/compose.ts";
import { oneLine } from "../mail/encode.ts";
import { isolated, withoutMarks } from "../mail/isolate.ts";
import { letterHtml } from "../mail/letter-html.ts";
import { letterFields } from "../mail/list-header.ts";
import type { Letter } from "./notices.ts";

export type Writer = { domain: string; url: string; clock: Clock };

export type Occasion = {
  to: string;
  group: { id: string; name: string; title: string; language: string; guidelines?: string } | null;
  /** The mail this answers: its Message-ID (without angle brackets) and subject. */
  about?: { messageId: string | null; subject: string };
  /** What the receiver is called, where that is known. */
  name?: string;
  /** Its receivers are in the group, so it says how to leave. */
  isForMembers?: boolean;
};

export type OfGroup = Occasion & { group: NonNullable<Occasion["group"]> };

export type Words = {
  subject: string;
  text: string;
  replyTo?: string;
  /** Who writes, where it is neither a group nor the postmaster. */
  from?: { name: string; address: string };
  /** What pressing on an address of the text does: it becomes a button with this on it. */
  labels?: Record<string, string>;
  /** Before the subject, of a test that an owner has sent. */
  mark?: string;
  /** For a letter whose coming back has to be known. */
  returned?: { id: string; sender: string };
};

/** A letter that concerns no group is written in the language of the moment: a visitor's, or English. */
export const compose = (writer: Writer, kind: string, to: Occasion, say: () => Words): Letter =>
  inLanguage(to.group?.language ?? languageNow(), () => composed(writer, kind, to, say()));

function composed(writer: Writer, kind: string, to: Occasion, words: Words): Letter {
  const { group, about } = to;
  const foot = group ? [group.title, `${writer.url}/g/${encodeURIComponent(group.name)}`] : [new URL(writer.url).host];
  const from = group
    ? { name: oneLine(group.title), address: `${group.name}-owner@${writer.domain}` }
    : { name: "", address: `postmaster@${writer.domain}` };
  const marked = words.mark ? `[${words.mark}] ${words.subject}` : words.subject;
  const subject = oneLine(withoutMarks(marked)).slice(0, LONGEST_SUBJECT).toWellFormed().trim();
  const spoken = { language: languageNow(), direction: directionNow() };
  return {
    ...(words.returned && { id: words.returned.id }),
    kind,
    groupId: group?.id ?? null,
    sender: words.returned?.sender ?? "",
    recipient: to.to,
    subject,
    raw: composeLetter({
      from: words.from ?? from,
      to: to.to,
      subject,
      text: signed(withoutMarks(words.text), foot),
      html: letterHtml(words.text, words.labels, spoken, [isolated(foot[0]!), ...foot.slice(1)]),
      date: writer.clock.now(),
      messageId: `${newId(writer.clock)}@${writer.domain}`,
      ...(about?.messageId && { inReplyTo: about.messageId }),
      ...(words.replyTo && { replyTo: words.replyTo }),
      headers: {
        "Content-Language": languageNow(),
        "Auto-Submitted": about?.messageId ? "auto-replied" : "auto-generated",
        "X-Auto-Response-Suppress": "All",
        ...(group && letterFields({ ...group, ...writer }, to.isForMembers ?? false)),
      },
    }),
  };
}

const LONGEST_SUBJECT = 300;

/** The text with the signature that programs know by its "-- " (RFC 3676 4.3). */
const signed = (text: string, foot: readonly string[]): string =>
  `${wrapped(text.replace(/\n{3,}/g, "\n\n")).trim()}\n\n-- \n${foot.map((line) => oneLine(withoutMarks(line))).join("\n")}\n`;

/**
 * Sentences are written whole, so that they can be translated; a letter has lines. What is indented or quoted keeps its own,
 * and what goes on in an item of a list stands below its beginning.
 */
export const wrapped = (text: string): string =>
  text
    .split("\n")
    .flatMap((line) => {
      if (/^[ >]/.test(line)) return [line];
      const mark = /^(?:[-*•]|\d{1,3}[.)]) /.exec(line)?.[0] ?? "";
      const lines = (mark === "" ? line : line.slice(mark.length)).match(WITHIN[mark.length] ?? WITHIN[0]!) ?? [""];
      return lines.map((one, i) => `${i === 0 ? mark : " ".repeat(mark.length)}${one.trimEnd()}`);
    })
    .join("\n");

/** Pieces of a line at most 72 long, behind a mark of so many characters. */
const WITHIN = [0, 1, 2, 3, 4, 5].map((used) => new RegExp(`[^ ].{0,${71 - used}}(?= |$)|[^ ]+`, "gu"));

/** `14 March 2026`, UTC's. */
export const dayOf = (date: Date): string =>
  new Intl.DateTimeFormat(localeNow(), { dateStyle: "long", timeZone: "UTC" }).format(date);

/** Labels and their values in two columns. */
export function columns(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 1;
  return rows.map(([label, value]) => `  ${label.padEnd(width)}${value}`).join("\n");
}
