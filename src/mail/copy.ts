/**
 * From an archived post to the copies that members get.
 *
 * `prepareCopies` does once what all copies share: bytes fit for the wire, footer, subject tag, From, the list's fields,
 * the ARC set, the body hash and the greater part of each signature. `personalCopy` then makes the few lines that are
 * one member's own (return path, List-Unsubscribe, the signatures over it) and sets them before the shared bytes, which
 * are never copied. Why From changes: from.ts; where the footer goes: footer.ts; what is sealed and signed: arc.ts, dkim.ts.
 */
import { isAscii } from "node:buffer";
import type { Clock } from "../kit/clock.ts";
import { idFromBytes, idToBytes } from "../kit/id.ts";
import { type ChainState, sealArc } from "./arc.ts";
import { asciiFields, needsUtf8 } from "./ascii-header.ts";
import { bodyHash } from "./canonical.ts";
import { type DkimKey, prepareSigning, type SharedSigning, sign } from "./dkim.ts";
import { fold, newField } from "./encode.ts";
import { addFooter, type FooterPlace } from "./footer.ts";
import { type AuthorPolicy, type FromMode, type ReplyMode, rewriteFrom } from "./from.ts";
import { type HeaderField, readHeader, splitMessage } from "./header.ts";
import { keptFields, listFields, missingFields, withoutLocalParts, withoutTraces } from "./list-header.ts";
import { tagSubject } from "./tag.ts";
import { openToken, sealToken } from "./token.ts";
import { toWire } from "./wire.ts";

export type Post = {
  /** As received, with our own Received field. */
  raw: Buffer;
  number: number;
  /** As archived; for a mail that has none of its own. */
  messageId?: string;
  receivedAt: Date;
  /** What stands in our Authentication-Results after our name: "spf=pass smtp.mailfrom=…; dkim=…". */
  authResults: string;
  chain: ChainState;
  /** The DMARC policy of the author's domain. */
  policy: AuthorPolicy;
  /** Where the author can be written to, when the group hides their address (private.ts). */
  alias?: string | undefined;
};

export type CopyGroup = {
  id: string;
  name: string;
  title: string;
  /** What List-Id is made of, where that is not the name. */
  listId?: string;
  subjectTag?: string;
  footer?: string;
  from: FromMode;
  reply: ReplyMode;
};

/** `url` has no slash at its end. */
export type CopyService = { domain: string; url: string; authservId: string };

export type PreparedCopies = {
  /** Header, blank line and body that every copy ends with. */
  shared: Buffer;
  signing: SharedSigning;
  group: CopyGroup;
  service: CopyService;
  number: number;
  needs8bit: boolean;
  needsUtf8: boolean;
  rewritten: boolean;
  footer: FooterPlace;
  /** Repairs that were needed before the post could go over the wire. */
  notes: string[];
};

/** `message` is to be sent piece by piece; the last piece is the same memory for all copies of a post. */
export type Copy = { envelopeFrom: string; message: Buffer[] };

/**
 * Prepares the copies of a post. `keys` sign in the order given; the first that is RSA seals the ARC set as well.
 * `lesser` is the post as `lesserForm` made it for far sides that do not take it as it is: the copies have an ASCII header.
 */
export async function prepareCopies(
  post: Post,
  group: CopyGroup,
  service: CopyService,
  keys: readonly DkimKey[],
  clock: Clock,
  lesser?: Buffer,
): Promise<PreparedCopies> {
  const wire = toWire(post.raw);
  const names = { ...group, ...service };
  const address = `${group.name}@${service.domain}`;
  const kept = keptFields(headerOf(wire.message), service.authservId);
  const fieldsNow = post.alias === undefined ? kept : withoutTraces(kept);
  const from = rewriteFrom({
    fields: fieldsNow,
    mode: lesser ? lesserMode(group.from, fieldsNow) : group.from,
    reply: group.reply,
    authorPolicy: post.policy,
    group: { address, title: group.title },
    domain: service.domain,
    alias: post.alias,
  });
  // Where From stays the author's against a strict policy, only the author's own signature lets the copy in: hands off.
  const hands = from.unaligned ? { ...group, footer: "", subjectTag: "" } : group;
  const footed = addFooter(lesser ?? wire.message, hands.footer ?? "");
  const content = contentOf(lesser ? asciiFields(from.fields) : from.fields, footed.message);
  const fields = withTag([...content, ...missingFields(content, names, post)], hands.subjectTag);
  fields.push(...listFields(names, post.number));
  const { body } = splitMessage(footed.message);
  const hash = bodyHash(body);
  const results = headerSafe(post.alias === undefined ? post.authResults : withoutLocalParts(post.authResults));
  const sealing = keys.find((key) => key.algorithm === "rsa-sha256") ?? keys[0];
  const found = {
    chain: post.alias === undefined ? post.chain : ("none" as const),
    authservId: service.authservId,
    results,
  };
  const arcSet = sealing ? await sealArc(sealing, { fields, bodyHash: hash }, found, clock.now()) : [];
  const ours = newField("Authentication-Results", `${service.authservId};\r\n\t${results}`);
  const head = Buffer.concat([...arcSet, ours, ...fields].map((field) => field.raw));
  return {
    shared: Buffer.concat([head, CRLF, body]),
    signing: prepareSigning(keys, fields, hash, ["list-unsubscribe", "list-unsubscribe-post"]),
    group,
    service,
    number: post.number,
    needs8bit: !isAscii(head) || !isAscii(body),
    needsUtf8: needsUtf8(fields),
    rewritten: from.rewritten,
    footer: footed.place,
    notes: wire.notes,
  };
}

/** Prepares the copies of a digest of ours: it is signed as posts are, and each has a way out of its own. */
export function prepareDigest(
  raw: Buffer,
  group: CopyGroup,
  service: CopyService,
  keys: readonly DkimKey[],
): PreparedCopies {
  const { head, body } = splitMessage(raw);
  const fields = [...readHeader(head), ...listFields({ ...group, ...service })];
  return {
    ...{ group, service, number: 0, rewritten: false, footer: "left out", notes: [] },
    shared: Buffer.concat([...fields.map((field) => field.raw), CRLF, body]),
    signing: prepareSigning(keys, fields, bodyHash(body), ["list-unsubscribe", "list-unsubscribe-post"]),
    needs8bit: false,
    needsUtf8: false,
  };
}

/** One member's copy: a return path and a way out of the group that are theirs alone, signed. */
export async function personalCopy(
  prepared: PreparedCopies,
  recipient: { membershipId: string },
  secret: Buffer,
  clock: Clock,
): Promise<Copy> {
  const { domain, url } = prepared.service;
  const member = idToBytes(recipient.membershipId);
  const leave = sealToken(secret, "leave", member);
  const head = await signedHead(prepared, `<${url}/leave/${leave}>,\r\n <mailto:leave+${leave}@${domain}>`, clock);
  const path = sealToken(secret, "return", withNumber(member, prepared.number));
  return { envelopeFrom: `bounce+${path}@${domain}`, message: [head, prepared.shared] };
}

/** The copy that many members share: one return path, and a way out that asks who they are. */
export async function sharedCopy(prepared: PreparedCopies, secret: Buffer, clock: Clock): Promise<Copy> {
  const { group, service } = prepared;
  const way = `<mailto:${group.name}+unsubscribe@${service.domain}>,\r\n <${service.url}/g/${encodeURIComponent(group.name)}/leave>`;
  const path = sealToken(secret, "shared", withNumber(idToBytes(group.id), prepared.number));
  return {
    envelopeFrom: `bounce+${path}@${service.domain}`,
    message: [await signedHead(prepared, way, clock, "shared"), prepared.shared],
  };
}

/** The return path of a letter whose coming back has to be known. */
export const letterReturnPath = (secret: Buffer, letterId: string, domain: string): string =>
  `bounce+${sealToken(secret, "letter", idToBytes(letterId))}@${domain}`;

/** Whose return path of ours this local part is, and for which post (0 for a letter); undefined for any other, or a forged one. */
export function openReturnPath(
  secret: Buffer,
  local: string,
): { of: "membership" | "group" | "letter"; id: string; number: number } | undefined {
  if (!/^bounce\+/i.test(local)) return undefined;
  const token = local.slice("bounce+".length);
  const letter = openToken(secret, "letter", token);
  if (letter?.length === 16) return { of: "letter", id: idFromBytes(letter), number: 0 };
  const personal = openToken(secret, "return", token);
  const payload = personal ?? openToken(secret, "shared", token);
  if (payload?.length !== 20) return undefined;
  const id = idFromBytes(payload.subarray(0, 16));
  return { of: personal ? "membership" : "group", id, number: payload.readUInt32BE(16) };
}

/** The membership that a leave link's token, or the local part "leave+TOKEN", is for. */
export function openLeave(secret: Buffer, tokenOrLocal: string): string | undefined {
  const payload = openToken(secret, "leave", tokenOrLocal.replace(/^leave\+/i, ""));
  return payload?.length === 16 ? idFromBytes(payload) : undefined;
}

// RFC 8058: One-Click is promised only where the link alone says who leaves
const ONE_CLICK = newField("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");

async function signedHead(
  prepared: PreparedCopies,
  way: string,
  clock: Clock,
  kind: "personal" | "shared" = "personal",
): Promise<Buffer> {
  const unsubscribe = newField("List-Unsubscribe", way);
  const own: HeaderField[] = kind === "personal" ? [unsubscribe, ONE_CLICK] : [unsubscribe];
  const signatures = Buffer.from(await sign(prepared.signing, own, clock.now()), "latin1");
  return Buffer.concat([signatures, ...own.map((field) => field.raw)]);
}

function withNumber(id: Buffer, number: number): Buffer {
  const payload = Buffer.allocUnsafe(20);
  id.copy(payload, 0, 0, 16);
  payload.writeUInt32BE(number >>> 0, 16);
  return payload;
}

const CRLF = Buffer.from("\r\n");

const headerOf = (message: Buffer): HeaderField[] => readHeader(splitMessage(message).head);

const isContent = (field: HeaderField): boolean => field.name.startsWith("content-") || field.name === "mime-version";

/** The fields, with those of the content as the footer left them. */
function contentOf(fields: readonly HeaderField[], footed: Buffer): HeaderField[] {
  const content = headerOf(footed).filter((field) => isContent(field) && field.name !== "content-length");
  const before = fields.filter(isContent);
  if (content.length === before.length && content.every((field, i) => field.raw.equals(before[i]!.raw)))
    return [...fields];
  return [...fields.filter((field) => !isContent(field)), ...content];
}

function withTag(fields: readonly HeaderField[], tag: string | undefined): HeaderField[] {
  if (!tag) return [...fields];
  const at = fields.findIndex((field) => field.name === "subject");
  const subject = tagSubject(fields[at], tag);
  return at < 0 ? [...fields, subject] : fields.with(at, subject);
}

/** Results are ours, but quote what strangers wrote. */
const headerSafe = (text: string): string =>
  fold(
    text
      .replace(/[^\x20-\x7e]+/g, " ")
      .trim()
      .replace(/[^ ]{900}/g, "$& "),
    8,
  );

/** The author's signature does not survive the conversion, and From names nobody whom ASCII cannot name. */
const lesserMode = (mode: FromMode, fields: readonly HeaderField[]): FromMode =>
  needsUtf8(fields.filter((field) => field.name === "from"))
    ? "always"
    : mode === "untouched"
      ? "rewrite-when-needed"
      : mode;
