/**
 * The header of a copy: what of the arriving one is left, and what the group adds (RFC 2369, 2919, 5064).
 *
 * Taken out is what was meant for one hop or one mailbox, what another list said of itself, what would ask members for
 * receipts, and results that claim to be ours. Signatures, ARC sets and everything else stay as they are, in their order.
 */

import { mailDate } from "./compose.ts";
import { encodePhrase, fold, newField, oneLine } from "./encode.ts";
import { all, first, type HeaderField } from "./header.ts";
import { mailboxes } from "./words.ts";

export type ListNames = {
  name: string;
  title: string;
  domain: string;
  url: string;
  /** What List-Id is made of, where that is not the name: a group that was renamed keeps it (RFC 2919 3). */
  listId?: string;
};

const TAKEN_OUT = new Set(
  (
    "return-path delivered-to x-original-to bcc resent-bcc precedence errors-to sender archived-at content-length lines " +
    "return-receipt-to disposition-notification-to x-confirm-reading-to x-pmrqc approved x-approved urgent"
  ).split(" "),
);

/** Fields that may stand once (RFC 5322 3.6); many far sides refuse mail that has them twice. */
const ONCE = new Set("to cc subject date message-id in-reply-to references reply-to".split(" "));

/** The fields that go on to members. A second Subject, Date, … is kept under another name. */
export function keptFields(fields: readonly HeaderField[], authservId: string): HeaderField[] {
  const seen = new Set<string>();
  return fields.flatMap((field) => {
    const { name } = field;
    if (TAKEN_OUT.has(name) || name.startsWith("list-") || name.startsWith("x-envelope-")) return [];
    if (name === "authentication-results" && claimsToBe(field.value, authservId)) return [];
    if (!ONCE.has(name)) return [field];
    if (seen.has(name)) return [{ ...field, name: `x-duplicate-${name}`, raw: Buffer.concat([DUPLICATE, field.raw]) }];
    seen.add(name);
    return [field];
  });
}

/** What of an author's header is left where their address is hidden: the rest may hold it, or where they were. */
const UNTRACED =
  /^(?:from|to|cc|subject|date|message-id|in-reply-to|references|mime-version|content-.*|importance|x-priority|priority|keywords|comments)$/;

export const withoutTraces = (fields: readonly HeaderField[]): HeaderField[] =>
  fields.filter(({ name }) => UNTRACED.test(name));

/** Addresses in Authentication-Results become their domains. */
export const withoutLocalParts = (results: string): string => results.replace(/[^\s=;<>"()]{1,256}@/g, "");

const DUPLICATE = Buffer.from("X-Duplicate-");

/** RFC 8601 5: only we speak in our name, and in those below it. */
function claimsToBe(value: string, authservId: string): boolean {
  const name = /^"?([^\s;"(]*)/.exec(value.slice(afterComments(value)))![1]!.toLowerCase();
  const own = authservId.toLowerCase();
  return name === own || name.endsWith(`.${own}`);
}

/** Where the text begins behind white space and comments, which may lie in each other (RFC 5322 3.2.2). */
function afterComments(value: string): number {
  let depth = 0;
  let at = 0;
  for (; at < value.length; at += 1) {
    const letter = value[at]!;
    if (letter === "(") depth += 1;
    else if (letter === ")" && depth > 0) depth -= 1;
    else if (letter === "\\" && depth > 0) at += 1;
    else if (depth === 0 && !/\s/.test(letter)) break;
  }
  return at;
}

/** What RFC 5322 asks for and the author's program forgot, and a Sender where From names several people. */
export function missingFields(
  fields: readonly HeaderField[],
  { name, domain }: ListNames,
  post: { number: number; messageId?: string; receivedAt: Date },
): HeaderField[] {
  const added: HeaderField[] = [];
  if (!first(fields, "date")) added.push(newField("Date", mailDate(post.receivedAt)));
  // The id it has in the archive: answers name it, and a copy that comes back is known by it.
  const id = post.messageId ?? `${post.number}.${name}@${domain}`;
  if (!first(fields, "message-id")) added.push(newField("Message-ID", `<${id}>`));
  if (all(fields, "from").flatMap(mailboxes).length > 1) added.push(newField("Sender", `${name}-owner@${domain}`));
  return added;
}

/** The fields that every copy of a post (or of a digest, which has no number) has from its group; List-Unsubscribe is personal and not among them. */
export function listFields(names: ListNames, number?: number): HeaderField[] {
  const { name, domain } = names;
  const web = webOf(names);
  return [
    newField("List-Id", fold(listId(names), 9)),
    newField("List-Post", `<mailto:${name}@${domain}>`),
    newField("List-Help", `<mailto:${name}+help@${domain}>`),
    newField("List-Subscribe", `<${web}>,\r\n <mailto:${name}+subscribe@${domain}>`),
    newField("List-Owner", `<mailto:${name}-owner@${domain}>`),
    newField("List-Archive", `<${web}>`),
    ...(number === undefined ? [] : [newField("Archived-At", `<${web}/${number}>`)]),
    newField("Precedence", "list"),
  ];
}

/** The fields of a letter that concerns a group, unfolded. Members hear how to leave; nobody else has what to leave. */
export function letterFields(names: ListNames, isForMembers: boolean): Record<string, string> {
  const { name, domain } = names;
  const leaving = `<${webOf(names)}/leave>, <mailto:${name}+unsubscribe@${domain}>`;
  return {
    "List-Id": listId(names),
    "List-Help": `<mailto:${name}+help@${domain}>`,
    "List-Owner": `<mailto:${name}-owner@${domain}>`,
    ...(isForMembers && { "List-Unsubscribe": leaving }),
  };
}

const webOf = ({ name, url }: ListNames): string => `${url}/g/${encodeURIComponent(name)}`;

function listId({ name, title, domain, listId: id = name }: ListNames): string {
  const described = encodePhrase(oneLine(title).slice(0, 100).toWellFormed());
  return `${described === "" ? "" : `${described} `}<${id}.${domain}>`;
}
