/**
 * Who a copy says it is from, and where answers go (RFC 7960 4.1.3.3).
 *
 * Where the author's domain says by DMARC that mail not signed by it is to be set aside or refused, our copies would be:
 * our changes break its signature. There the group stands in From, with the author's name, and the author in Reply-To (or
 * in Cc where answers go to the group), so that answering works as if nothing had changed. Elsewhere From stays as it is.
 */
import { addressKey, domainOf, parseAddress } from "./address.ts";
import { encodePhrase, fold, newField, oneLine } from "./encode.ts";
import { all, type HeaderField } from "./header.ts";
import { decodeWords, type Mailbox, mailboxes } from "./words.ts";

export type FromMode = "rewrite-when-needed" | "always" | "untouched";
export type ReplyMode = "author" | "group" | "untouched";
export type AuthorPolicy = "none" | "quarantine" | "reject" | undefined;

export type FromQuestion = {
  fields: readonly HeaderField[];
  mode: FromMode;
  /** The DMARC policy of the author's domain; undefined when it has none. */
  authorPolicy: AuthorPolicy;
  group: { address: string; title: string };
  /** The service's own domain: its authors are ours to sign for. */
  domain: string;
  reply: ReplyMode;
  /** Where the author can be written to without their address, which nobody is to see. */
  alias?: string | undefined;
};

/** `unaligned`: From is the author's though the policy forbids it, so that only the author's own signature can pass. */
export type FromAnswer = { fields: HeaderField[]; rewritten: boolean; unaligned: boolean };

const MOST_AUTHORS = 10;
const LONGEST_NAME = 100;

/** The fields with From, Reply-To and Cc as members get them. There is exactly one From afterwards. */
export function rewriteFrom(question: FromQuestion): FromAnswer {
  const { fields, group, reply } = question;
  const authors = authorsOf(fields);
  if (question.alias !== undefined) return hidden(question, question.alias, authors);
  const isBroken = authors.length === 0 || all(fields, "from").length !== 1;
  const rewritten = isBroken || mustRewrite(question, authors);
  const unaligned = !rewritten && isStrict(question.authorPolicy) && !isOwn(authors, question.domain);
  const changed = rewritten ? withGroupAsFrom(fields, authors, group) : [...fields];
  const answersTo = all(fields, "reply-to").flatMap(mailboxes).filter(isUsable);
  const elsewhere = answersTo.filter((box) => addressKey(box.address) !== addressKey(group.address));
  const private_ = elsewhere.length > 0 ? elsewhere : authors;
  if (reply === "group") {
    const answered = replaced(changed, "Reply-To", [{ name: group.title, address: group.address }]);
    return { fields: rewritten ? withCc(answered, authors) : answered, rewritten, unaligned };
  }
  if (reply === "author" && (rewritten || elsewhere.length !== answersTo.length))
    return { fields: replaced(changed, "Reply-To", private_), rewritten, unaligned };
  if (rewritten && answersTo.length === 0)
    return { fields: replaced(changed, "Reply-To", authors), rewritten, unaligned };
  return { fields: changed, rewritten, unaligned };
}

/** The group stands in From, and an alias wherever the author's address would. */
function hidden({ fields, group, reply }: FromQuestion, alias: string, authors: readonly Mailbox[]): FromAnswer {
  const box = { name: authors.map(nameOf).join(", ").slice(0, LONGEST_NAME).toWellFormed(), address: alias };
  const changed = withGroupAsFrom(fields, authors, group).filter(({ name }) => name !== "x-original-from");
  if (reply === "group") {
    const answered = replaced(changed, "Reply-To", [{ name: group.title, address: group.address }]);
    return { fields: withCc(answered, [box]), rewritten: true, unaligned: false };
  }
  return { fields: replaced(changed, "Reply-To", [box]), rewritten: true, unaligned: false };
}

const isStrict = (policy: AuthorPolicy): boolean => policy === "quarantine" || policy === "reject";

const isOwn = (authors: readonly Mailbox[], domain: string): boolean =>
  authors.length > 0 && authors.every((author) => domainOf(author.address) === domain);

function mustRewrite({ mode, authorPolicy, domain }: FromQuestion, authors: readonly Mailbox[]): boolean {
  if (mode === "untouched" || isOwn(authors, domain)) return false;
  return mode === "always" || isStrict(authorPolicy);
}

const isUsable = (box: Mailbox): boolean => parseAddress(box.address) !== undefined;

const authorsOf = (fields: readonly HeaderField[]): Mailbox[] =>
  all(fields, "from").flatMap(mailboxes).filter(isUsable).slice(0, MOST_AUTHORS);

/** From is the group's; what stood there is kept, as it was written, in X-Original-From. */
function withGroupAsFrom(
  fields: readonly HeaderField[],
  authors: readonly Mailbox[],
  group: { address: string; title: string },
): HeaderField[] {
  const names = authors.map(nameOf).join(", ").slice(0, LONGEST_NAME).toWellFormed();
  const via = names === "" ? group.title : `${names} via ${group.title}`;
  const from = newField("From", fold(`${encodePhrase(oneLine(via))} <${group.address}>`, 6));
  const kept: HeaderField[] = [];
  let isPlaced = false;
  for (const field of fields) {
    if (field.name !== "from") {
      if (field.name !== "x-original-from") kept.push(field);
      continue;
    }
    if (!isPlaced) kept.push(from);
    isPlaced = true;
    const colon = field.raw.indexOf(":");
    kept.push({ ...field, name: "x-original-from", raw: Buffer.concat([ORIGINAL, field.raw.subarray(colon)]) });
  }
  return isPlaced ? kept : [from, ...kept];
}

const ORIGINAL = Buffer.from("X-Original-From");

/** What to call an author: the name without what looks like an address, else the local part. */
function nameOf(author: Mailbox): string {
  const name = oneLine(decodeWords(author.name).replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ""));
  const bare = oneLine(name.replace(/[<>"]/g, "").replace(/@[^\s,;]*/g, ""));
  return bare !== "" ? bare : author.address.slice(0, author.address.lastIndexOf("@")).replace(/["<>@]/g, "");
}

const written = (box: Mailbox): string =>
  box.name === "" ? box.address : `${encodePhrase(oneLine(decodeWords(box.name)))} <${box.address}>`;

function replaced(fields: readonly HeaderField[], name: string, boxes: readonly Mailbox[]): HeaderField[] {
  const rest = fields.filter((field) => field.name !== name.toLowerCase());
  if (boxes.length === 0) return rest;
  const field = newField(name, fold(boxes.map(written).join(", "), name.length + 2));
  const at = rest.findIndex((one) => one.name === "from");
  return rest.toSpliced(at + 1, 0, field);
}

/** The authors stand in Cc too, unless they are there or in To already: "reply to all" reaches them. */
function withCc(fields: readonly HeaderField[], authors: readonly Mailbox[]): HeaderField[] {
  const present = [...all(fields, "to"), ...all(fields, "cc")].flatMap(mailboxes);
  const known = new Set(present.map((box) => addressKey(box.address)));
  const missing = authors.filter((author) => !known.has(addressKey(author.address)));
  if (missing.length === 0) return [...fields];
  const added = fold(missing.map(written).join(", "), 4);
  const at = fields.findIndex((field) => field.name === "cc");
  if (at < 0 || fields[at]!.value === "") return [...fields.filter((_, i) => i !== at), newField("Cc", added)];
  const raw = fields[at]!.raw;
  const before = raw.subarray(0, raw.length - (raw.at(-1) !== 0x0a ? 0 : raw.at(-2) === 0x0d ? 2 : 1));
  const joined = Buffer.concat([before, Buffer.from(`,\r\n ${added}\r\n`)]);
  return fields.with(at, { name: "cc", raw: joined, value: `${fields[at]!.value}, ${added}` });
}
