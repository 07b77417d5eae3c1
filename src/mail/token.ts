/**
 * Signed tokens: what stands behind the "+" of a return path and at the end of an unsubscribe link.
 *
 * A token is kind + payload + the first 8 bytes of an HMAC-SHA256 over both, in lower-case base32 (RFC 4648 6, without
 * padding): far sides change the case of local parts, so case must not count. The kind is signed too, so that a return
 * path can never be read as a leave link. 64 bits suffice, as every guess costs its maker a connection to us.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const KINDS = {
  return: 1,
  leave: 2,
  join: 3,
  confirm: 4,
  moderate: 5,
  shared: 6,
  letter: 7,
  back: 8,
  answer: 9,
  request: 40,
  invite: 41,
  operator: 20,
  setting: 75,
  feed: 31,
  author: 61,
  writer: 62,
  erase: 70,
} as const;
export type TokenKind = keyof typeof KINDS;

const SEAL_BYTES = 8;
const LONGEST = 200;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The token of a payload (at most 100 bytes); only who has `secret` can make or open it. */
export function sealToken(secret: Buffer, kind: TokenKind, payload: Buffer): string {
  const open = Buffer.allocUnsafe(1 + payload.length + SEAL_BYTES);
  open[0] = KINDS[kind];
  payload.copy(open, 1);
  seal(secret, open.subarray(0, 1 + payload.length)).copy(open, 1 + payload.length, 0, SEAL_BYTES);
  return toBase32(open);
}

/** The payload of a token we made of this kind; undefined for anything else. Upper and lower case are the same. */
export function openToken(secret: Buffer, kind: TokenKind, token: string): Buffer | undefined {
  const bytes = token.length <= LONGEST ? fromBase32(token.toLowerCase()) : undefined;
  if (!bytes || bytes.length < 1 + SEAL_BYTES || bytes[0] !== KINDS[kind]) return undefined;
  const signed = bytes.subarray(0, bytes.length - SEAL_BYTES);
  if (!timingSafeEqual(seal(secret, signed).subarray(0, SEAL_BYTES), bytes.subarray(signed.length))) return undefined;
  return signed.subarray(1);
}

const seal = (secret: Buffer, signed: Buffer): Buffer => createHmac("sha256", secret).update(signed).digest();

function toBase32(bytes: Buffer): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}

/** undefined where a character is foreign or the left-over bits are not zero: one payload has one token. */
function fromBase32(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return undefined;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) return undefined;
  return bytes;
}
