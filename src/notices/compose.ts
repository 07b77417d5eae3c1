/**
 * A letter from its words: text, and HTML that says the same.
 *
 * Every letter is marked Auto-Submitted (RFC 3834), so that no machine answers it, and leaves with an empty envelope
 * sender: a letter that can't be delivered is nobody's bounce. Only an enquiry wants to know, and has a return path.
 */
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { composeLetter } from "../mail/compose.ts";
import { letterHtml } from "../mail/letter-html.ts";
import type { Letter } from "./notices.ts";

export type Writer = { domain: string; url: string; clock: Clock };

export type Occasion = {
  to: string;
  group: { id: string; name: string; title: string } | null;
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

export function compose(writer: Writer, kind: string, to: Occasion, words: Words): Letter {
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
      text: words.text,
      html: letterHtml(words.text, words.labels),
      date: writer.clock.now(),
      messageId: `${newId(writer.clock)}@${writer.domain}`,
      ...(to.about?.messageId && { inReplyTo: to.about.messageId }),
      ...(words.replyTo && { replyTo: words.replyTo }),
      headers: { "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All" },
    }),
  };
}
