/** Caching of archive pages: a page whose bytes have not changed since the browser last had it is not sent again. */
import { createHash } from "node:crypto";
import type { Page } from "./house.ts";
import type { Seen } from "./rights.ts";
import type { Html } from "./views/layout.ts";

/**
 * An archive page with its ETag. Strangers' views of a public group may be kept by any cache for a moment; a member's
 * only by their own browser, which asks each time.
 */
export function publicPage(c: Page, seen: Seen, page: Awaited<Html>): Response | Promise<Response> {
  const text = String(page);
  return isKept(c, seen, text) ? c.body(null, 304) : c.html(text);
}

/** Sets the ETag and who may keep this answer; says whether the asker has it already. */
export function isKept(c: Page, seen: Seen, text: string): boolean {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const isOpen = seen.group.archive === "public" && !seen.visitor;
  c.header("cache-control", isOpen ? "public, max-age=10" : "private, no-cache");
  c.header("vary", "Accept-Language, Cookie");
  c.header("etag", etag);
  return c.req.header("if-none-match")?.includes(etag) ?? false;
}
