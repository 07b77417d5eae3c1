/** Answers of the API: JSON with the caching of the pages, lists with the address of their next page, bad news in a sentence. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type * as archive from "../../archive/archive.ts";
import type { Page } from "../house.ts";
import { isKept } from "../kept.ts";
import { topicPlace } from "../places.ts";
import type { Seen } from "../rights.ts";

export const HERE = "/api/v1";
const MOST = 100;

/** What was asked can't be answered as it was asked: told to the asker as it is. */
export class BadRequest extends Error {
  readonly status: 400 | 413 | 415;
  constructor(message: string, status: 400 | 413 | 415 = 400) {
    super(message);
    this.status = status;
  }
}

/** Part of an archive, kept by caches as its pages are. */
export function kept(c: Page, seen: Seen, value: unknown): Response {
  const text = JSON.stringify(value);
  if (isKept(c, seen, text)) return c.body(null, 304);
  return c.body(text, 200, { "content-type": "application/json" });
}

/** `{error: {code, message}}`: a word for programs, a sentence for people. */
export function sayError(c: Page, status: ContentfulStatusCode, code: string, message: string): Response {
  c.header("cache-control", "no-store");
  return c.json({ error: { code, message } }, status);
}

/** `limit` from the address: 1 to 100. */
export function limitFrom(c: Page, usual: number): number {
  const text = c.req.query("limit");
  if (text === undefined) return usual;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST) throw new BadRequest(`limit must be a whole number from 1 to ${MOST}.`);
  return limit;
}

/** `before` from the address, as a place in the list of topics; null begins at the newest. */
export function topicBefore(c: Page): archive.TopicPlace | null {
  const text = c.req.query("before");
  if (text === undefined) return null;
  const place = topicPlace(text);
  if (!place)
    throw new BadRequest(
      "before must be a time such as 2026-03-01T09:00:00.000Z, or what the Link header has: take that one.",
    );
  return place;
}

/** `before` from the address, as the number of a post; undefined begins at the newest. */
export function numberBefore(c: Page): number | undefined {
  const text = c.req.query("before");
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BadRequest("before must be the number of a post.");
  return Number(text);
}

/** Names the next page in the Link header (RFC 8288), so that a list stays the plain array the command prints. */
export function linkNext(c: Page, query: Record<string, string | number>): void {
  const next = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  c.header("link", `<${c.req.path}?${next}>; rel="next"`);
}

/** What is to be set, sent as one JSON object of texts and numbers; `such` shows how. */
export async function pairsFrom(c: Page, such: string): Promise<Record<string, string>> {
  const given: unknown = await c.req.json().catch(() => undefined);
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new BadRequest(`Send one JSON object, such as ${such}.`);
  const pairs: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw new BadRequest(`"${key.slice(0, 40)}" must be a text, a number, or true or false.`);
    pairs[key] = typeof value === "boolean" ? (value ? "yes" : "no") : String(value).replaceAll("\0", "");
  }
  return pairs;
}
