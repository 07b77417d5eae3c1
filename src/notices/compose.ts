/**
 * A letter from its words: text, and HTML that says the same, in the language of its group.
 *
 * Every letter is marked Auto-Submitted (RFC 3834), so that no machine answers it, and leaves with an empty envelope
 * sender: a letter that can't be delivered is nobody's bounce. Only an enquiry wants to know, and has a return path.
 */
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { directionNow, inLanguage, languageNow } from "../language/language.ts";
import { composeLetter } from "../mail/compose.ts";
import { letterHtml } from "../mail/letter-html.ts";
import type { Letter } from "./notices.ts";

export type Writer = { domain: string; url: string; clock: Clock };

export type Occasion = {
  to: string;
  group: { id: string; name: string; title: string; language: string } | null;
  /** The mail this answers: its Message-ID (without angle brackets) and subject. */
  about?: { messageId: string | null; subject: string };
};

export type OfGroup = Occasion & { group: NonNullable<Occasion["group"]> };

type Words = {
  subject: string;
  text: string;
  replyTo?: string;
  /** What pressing on an address of the text does: it becomes a button with this on it. */
  labels?: Record<string, string>;
  /** For a letter whose coming back has to be known. */
  returned?: { id: string; sender: string };
};

/** A letter that concerns no group is written in the language of the moment: a visitor's, or English. */
export const compose = (writer: Writer, kind: string, to: Occasion, say: () => Words): Letter =>
  inLanguage(to.group?.language ?? languageNow(), () => composed(writer, kind, to, say()));

function composed(writer: Writer, kind: string, to: Occasion, words: Words): Letter {
  const text = wrapped(words.text);
  const from = to.group
    ? { name: to.group.title, address: `${to.group.name}-owner@${writer.domain}` }
    : { name: "", address: `postmaster@${writer.domain}` };
  return {
    ...(words.returned && { id: words.returned.id }),
    kind,
    groupId: to.group?.id ?? null,
    sender: words.returned?.sender ?? "",
    recipient: to.to,
    subject: words.subject,
    raw: composeLetter({
      from,
      to: to.to,
      subject: words.subject,
      text,
      html: letterHtml(text, words.labels, { language: languageNow(), direction: directionNow() }),
      date: writer.clock.now(),
      messageId: `${newId(writer.clock)}@${writer.domain}`,
      ...(to.about?.messageId && { inReplyTo: to.about.messageId }),
      ...(words.replyTo && { replyTo: words.replyTo }),
      headers: {
        "Content-Language": languageNow(),
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
      },
    }),
  };
}

/** Sentences are written whole, so that they can be translated; a letter has lines. What is indented or quoted keeps its own. */
export const wrapped = (text: string): string =>
  text
    .split("\n")
    .flatMap((line) => (/^[ >]/.test(line) ? [line] : (line.match(/[^ ].{0,71}(?= |$)|[^ ]+/gu) ?? [""])))
    .map((line) => line.trimEnd())
    .join("\n");

/** Labels and their values in two columns. */
export function columns(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 1;
  return rows.map(([label, value]) => `  ${label.padEnd(width)}${value}`).join("\n");
}
