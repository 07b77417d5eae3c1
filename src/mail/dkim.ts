/**
 * DKIM signatures (RFC 6376, RFC 8463), made for copies by the thousand.
 *
 * All copies of a post share their body and nearly all of their header. So the body hash, the canonical form of the
 * shared fields and the text of the signature up to its time are made once, by `prepareSigning`; `sign` adds the
 * personal fields of one copy and does what cannot be shared: one RSA and one Ed25519 operation.
 *
 * Fields are signed from the bottom up and From, Subject and their like once more than they occur (RFC 6376 8.15), so
 * that none can be added on the way.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { bodyHash, relaxedField } from "./canonical.ts";
import type { HeaderField } from "./header.ts";
import { type SigningKey, signSoon } from "./signing.ts";

export type DkimKey = SigningKey & { selector: string; domain: string };

/** What the signatures of all copies of one message have in common; `canonical` is in latin1. */
export type SharedSigning = { canonical: string; frames: SignatureFrame[]; personalNames: readonly string[] };
type SignatureFrame = { key: DkimKey; wire: string; canonical: string };

const SIGNED = new Set(
  "from sender reply-to to cc subject date message-id in-reply-to references mime-version archived-at".split(" "),
);
const SEALED_AGAINST_ADDING = new Set("from to cc subject date reply-to content-type".split(" "));

/** The fields that a signature of ours covers: who, what, when, the thread, the MIME form and all List-* fields. */
export const isSigned = (name: string): boolean =>
  SIGNED.has(name) || name.startsWith("content-") || name.startsWith("list-");

/** Prepares signing by all `keys` for copies with these fields, this body, and personal fields of `personalNames`. */
export function prepareSigning(
  keys: readonly DkimKey[],
  fields: readonly HeaderField[],
  bodyHash64: string,
  personalNames: readonly string[] = [],
): SharedSigning {
  const { names, canonical } = coveredFields(fields, isSigned);
  const sealed = [...new Set(names)].filter((name) => SEALED_AGAINST_ADDING.has(name));
  if (!names.includes("from")) sealed.unshift("from"); // RFC 6376 5.4: From is always signed
  const covered = [...names, ...sealed, ...personalNames];
  return { canonical, personalNames, frames: keys.map((key) => frameFor(key, covered, bodyHash64)) };
}

/**
 * The DKIM-Signature fields, one a key, for a copy with these personal fields (in the order of the names given when
 * preparing). To be put above them.
 */
export async function sign(shared: SharedSigning, personal: readonly HeaderField[], now: Date): Promise<string> {
  let canonical = shared.canonical;
  for (const name of shared.personalNames) {
    const field = personal.find((one) => one.name === name);
    if (field) canonical += relaxedField(field.raw);
  }
  const time = Math.floor(now.getTime() / 1000);
  const signatures = await Promise.all(
    shared.frames.map((frame) =>
      signSoon(frame.key, Buffer.from(`${canonical}${frame.canonical} t=${time}; b=`, "latin1")),
    ),
  );
  return shared.frames.map((frame, i) => `${frame.wire} t=${time};\r\n\tb=${foldBase64(signatures[i]!)}\r\n`).join("");
}

/** Signs a whole message of ours that has no personal part: its DKIM-Signature fields, to be put at the top. */
export const signWhole = (
  keys: readonly DkimKey[],
  fields: readonly HeaderField[],
  body: Buffer,
  now: Date,
): Promise<string> => sign(prepareSigning(keys, fields, bodyHash(body)), [], now);

/** The names for h= and the canonical text of the fields for which `isCovered`, the last of a name first (5.4.2). */
export function coveredFields(
  fields: readonly HeaderField[],
  isCovered: (name: string) => boolean,
): { names: string[]; canonical: string } {
  const names: string[] = [];
  let canonical = "";
  for (const field of fields.toReversed()) {
    if (!isCovered(field.name)) continue;
    names.push(field.name);
    canonical += relaxedField(field.raw);
  }
  return { names, canonical };
}

function frameFor(key: DkimKey, covered: readonly string[], bodyHash64: string): SignatureFrame {
  const { domain, selector, algorithm } = key;
  const wire =
    `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain}; s=${selector};` +
    `\r\n\th=${foldNames(covered)};\r\n\tbh=${bodyHash64};`;
  const canonical = relaxedField(Buffer.from(wire, "latin1")).slice(0, -2);
  return { key, wire, canonical };
}

/** A list for h=, folded before a name (FWS may stand around the colons). */
export function foldNames(names: readonly string[]): string {
  let text = "";
  let line = 10;
  names.forEach((name, i) => {
    const item = i === 0 ? name : `:${name}`;
    if (line + item.length > 76) {
      text += "\r\n\t";
      line = 8;
    }
    text += item;
    line += item.length;
  });
  return text;
}

/** A value for b=, folded: white space in it counts for nothing. */
export const foldBase64 = (value: string): string => (value.match(/.{1,70}/g) ?? []).join("\r\n\t ");

/** New keys of both kinds as PEM: PKCS #8 and SPKI. Some tens of milliseconds, seldom a second. */
export function generateKeys(): Record<"rsa" | "ed25519", { privateKey: string; publicKey: string }> {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync("ed25519");
  return { rsa: pemOf(rsa.privateKey), ed25519: pemOf(ed25519.privateKey) };
}

const pemOf = (key: KeyObject): { privateKey: string; publicKey: string } => ({
  privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
  publicKey: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
});

/** A key of a PEM, ready to sign; its algorithm is read from it. Throws when it is neither RSA nor Ed25519. */
export function dkimKey(pem: string, selector: string, domain: string): DkimKey {
  const privateKey = createPrivateKey(pem);
  const kind = privateKey.asymmetricKeyType;
  if (kind !== "rsa" && kind !== "ed25519") throw new Error(`A DKIM key is RSA or Ed25519, not ${kind}.`);
  return { selector, domain, privateKey, algorithm: `${kind}-sha256` };
}

/** The DNS record to publish, its value in strings of at most 255 octets (RFC 6376 3.6.2.2). `publicKey` is a PEM. */
export function dnsRecord(
  selector: string,
  domain: string,
  publicKey: string,
): { name: string; type: "TXT"; value: string[] } {
  const key = createPublicKey(publicKey);
  const spki = key.export({ type: "spki", format: "der" });
  const kind = key.asymmetricKeyType === "ed25519" ? "ed25519" : "rsa";
  // RFC 8463 4: the bare 32 bytes of an Ed25519 key, which end its SPKI
  const p = (kind === "ed25519" ? spki.subarray(-32) : spki).toString("base64");
  const text = `v=DKIM1; k=${kind}; p=${p}`;
  return { name: `${selector}._domainkey.${domain}`, type: "TXT", value: text.match(/.{1,255}/g) ?? [] };
}
