/**
 * Is a member's copy the author's post, changed only where a group may change it?
 *
 * Fields that are ours or were meant for one hop are set aside on both sides; every other field must be there byte for
 * byte, in its order, and the body, part by part, too. A post that can't go over the wire as it is (lines over 998
 * octets, NUL, stray line ends) is repaired on the way: of those, what a reader sees must be the same.
 */
import assert from "node:assert/strict";
import { type HeaderField, readHeader, splitMessage } from "../../src/mail/header.ts";
import { indexParts } from "../../src/mail/parts.ts";
import { attachmentContent, readMail } from "../../src/mail/read.ts";
import { toWire } from "../../src/mail/wire.ts";

/** For one hop or one mailbox, or said by the list that the post came from. */
const NOT_PASSED_ON = new Set(
  (
    "return-path delivered-to x-original-to bcc resent-bcc precedence errors-to sender archived-at content-length lines " +
    "return-receipt-to disposition-notification-to x-confirm-reading-to x-pmrqc approved x-approved urgent"
  ).split(" "),
);

const ONCE = new Set("to cc subject date message-id in-reply-to references reply-to".split(" "));

const isPassedOn = ({ name }: HeaderField): boolean =>
  !NOT_PASSED_ON.has(name) && !name.startsWith("list-") && !name.startsWith("x-envelope-");

/** Set by us: signed by, or in the name of, our domain. */
function isOurs({ name, value }: HeaderField, domain: string): boolean {
  if (name.startsWith("list-") || name === "archived-at" || name === "precedence") return true;
  if (name === "dkim-signature" || name === "arc-seal" || name === "arc-message-signature")
    return value.includes(`d=${domain};`);
  if (name === "authentication-results") return value.startsWith(domain);
  if (name === "arc-authentication-results") return value.includes(`; ${domain};`);
  return name === "received" && value.includes(`by ${domain} (Smartgroups)`);
}

export type Sameness = "to the byte" | "repaired";

/** Throws with the difference; `domain` is the service's. */
export function assertUnchanged(original: Buffer, copy: Buffer, domain: string): Sameness {
  const sent = splitMessage(original);
  const got = splitMessage(copy);
  if (toWire(original).notes.length > 0) {
    assertReadsTheSame(original, copy);
    return "repaired";
  }
  const wanted = readHeader(sent.head).filter(isPassedOn);
  const seen = new Set<string>();
  // A second To is none by RFC 5322 3.6, and far sides refuse such mail: it is kept under another name.
  const named = wanted.map(({ name, raw }) => {
    const isSecond = ONCE.has(name) && seen.has(name);
    seen.add(name);
    return `${isSecond ? "X-Duplicate-" : ""}${raw.toString("latin1")}`;
  });
  const found = readHeader(got.head).filter((field) => !isOurs(field, domain));
  const missing = new Set(
    (["date", "message-id", "sender"] as const).filter((name) => !wanted.some((one) => one.name === name)),
  );
  assert.deepEqual(
    found.filter((field) => !missing.has(field.name as "date")).map((field) => field.raw.toString("latin1")),
    named,
    "the fields of the author",
  );
  const [before, after] = [indexParts(original), indexParts(copy)];
  assert.deepEqual(
    after.map((part) => part.path),
    before.map((part) => part.path),
  );
  for (const [i, part] of before.entries()) {
    const there = after[i]!;
    if (i > 0)
      assert.ok(
        copy.subarray(there.start, there.end).equals(original.subarray(part.start, part.end)),
        `part ${part.path}`,
      );
  }
  assert.ok(got.body.equals(sent.body), "the body as a whole");
  return "to the byte";
}

/** What a person sees of it: author, subject, text, page and attachments. */
export function assertReadsTheSame(original: Buffer, copy: Buffer): void {
  const [before, after] = [readMail(original), readMail(copy)];
  assert.equal(after.subject, before.subject, "subject");
  assert.deepEqual(after.references, before.references, "references");
  assert.equal(words(after.text), words(before.text), "text");
  assert.equal(words(after.html), words(before.html), "page");
  assert.deepEqual(
    after.attachments.map(({ filename, type }) => [filename, type]),
    before.attachments.map(({ filename, type }) => [filename, type]),
    "attachments",
  );
  for (const { index, type } of before.attachments) {
    const [was, is] = [attachmentContent(original, index)!.content, attachmentContent(copy, index)!.content];
    if (/^(?:text|message)\//.test(type)) assert.equal(words(is.toString("latin1")), words(was.toString("latin1")));
    else assert.ok(is.equals(was), `attachment ${index}`);
  }
}

/** Line ends and what stands at the end of lines may be altered by a repair; words may not. */
const words = (text: string | null): string | null =>
  text === null
    ? null
    : text
        .replace(/\0/g, "")
        .replace(/[ \t]*\r*\n|\r/g, "\n")
        .trimEnd();
