/**
 * Identifiers: UUIDv7 (RFC 9562 5.7), made by us, so that rows sort by the time they were made and no node asks another.
 *
 * The 74 random bits make an id unguessable, which is why a tracking id may open its own page.
 */
import { createHash, randomFillSync } from "node:crypto";
import type { Clock } from "./clock.ts";

const pool = Buffer.alloc(16 * 256);
let used = pool.length;

export function newId(clock: Clock): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
  bytes.writeUIntBE(clock.now().getTime(), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return idFromBytes(bytes);
}

/** The one id that belongs to `id` and `other` together, whoever makes it and however often; as old as `id`. */
export function idOfBoth(id: string, other: string): string {
  const bytes = createHash("sha256").update(`${id} ${other}`).digest().subarray(0, 16);
  idToBytes(id).copy(bytes, 0, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return idFromBytes(bytes);
}

/** 16 bytes as the usual text with hyphens. */
export function idFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const idToBytes = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex");

export const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** When an id of ours was made. */
export const timeOfId = (id: string): Date => new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));
