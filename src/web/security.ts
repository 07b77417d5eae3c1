/**
 * What guards every answer: headers that let a page load nothing but our own files, and the rule that a form posted to us
 * comes from a page of ours.
 *
 * No page has inline scripts or styles, so whatever slips through the cleaning of a mail runs nowhere. Only the page that
 * shows an HTML mail as it was sent (pages/archive/as-sent.ts) allows inline styles, and is a sandbox without scripts instead.
 */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { html } from "hono/html";
import { t } from "../language/language.ts";
import { roomFor } from "./attaching.ts";
import { sayPage } from "./errors.ts";
import type { Environment, House, Page } from "./house.ts";

/** Half a million characters of text, as a form writes them. */
const LARGEST_POST = 6 * 1024 * 1024;
/** What has no text to send is small. */
const LARGEST_FORM = 64 * 1024;

const POLICY = [
  "default-src 'none'",
  "img-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

export function securityHeaders(house: House): MiddlewareHandler<Environment> {
  const isHttps = house.config.url.startsWith("https:");
  return async (c, next) => {
    await next();
    const set = (name: string, value: string): void => {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "same-origin");
    set("x-frame-options", "DENY");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()");
    set("cache-control", "private, no-cache");
    if (isHttps) set("strict-transport-security", "max-age=31536000");
  };
}

/** Forms from elsewhere are refused, except where the token is the right: at /leave/, where mail programs post too, and at /back/. */
export function ownForms(house: House): MiddlewareHandler<Environment> {
  const own = new URL(house.config.url).origin;
  const guard = csrf({ origin: (origin, c) => origin === own || origin === new URL(c.req.url).origin });
  return (c, next) => (/^\/(?:leave|back)\//.test(c.req.path) ? next() : guard(c, next));
}

/** No address of ours holds a NUL, and no database takes one: there is nothing at such an address. */
export const withoutNul: MiddlewareHandler<Environment> = (c, next) =>
  /%00/.test(c.req.url) ? Promise.resolve(c.notFound()) : next();

/** A body is read into memory whole, so it ends somewhere; strangers may post to several addresses. */
export function boundedForms(house: House): MiddlewareHandler<Environment> {
  const onError = (c: Page): Promise<Response> =>
    sayPage(
      c,
      413,
      t`This is too large to take`,
      html`<p>${t`Nothing was changed. Go back, make it shorter, and send it again.`}</p>`,
    );
  const post = bodyLimit({ maxSize: LARGEST_POST, onError });
  const other = bodyLimit({ maxSize: LARGEST_FORM, onError });
  const withFiles = uploads(house, onError);
  return (c, next) => {
    if (!/^\/g\/[^/]+\/(?:new|\d+\/(?:reply|write))$/.test(c.req.path)) return other(c, next);
    const isLarge = Number(c.req.header("content-length") ?? 0) > LARGEST_POST;
    const mayHaveFiles = /^multipart\/form-data\b/i.test(c.req.header("content-type") ?? "");
    return isLarge && mayHaveFiles && !c.req.path.endsWith("/write") ? withFiles(c, next) : post(c, next);
  };
}

/** Bytes of forms with files that are read at the same time: they are in memory until they are kept. */
const MOST_UNDER_WAY = 200 * 1000 * 1000;

/** A post with files, for who is signed in: refused before it is read where it is too large, or where too much comes at once. */
function uploads(house: House, tooLarge: (c: Page) => Promise<Response>): MiddlewareHandler<Environment> {
  let underWay = 0;
  return async (c, next) => {
    const size = Number(c.req.header("content-length"));
    if (!(size <= roomFor(house) + LARGEST_POST)) return tooLarge(c);
    if (!(await c.var.visitor()))
      return sayPage(
        c,
        403,
        t`You are not signed in any more`,
        html`<p>${t`Nothing was sent. Sign in in another tab, go back to this form, and send it again.`}</p>`,
      );
    if (underWay + size > MOST_UNDER_WAY) {
      c.header("retry-after", "20");
      return sayPage(c, 503, t`Too many files come at once`, html`<p>${t`Go back and send it again in a moment.`}</p>`);
    }
    underWay += size;
    try {
      await next();
    } finally {
      underWay -= size;
    }
    return undefined;
  };
}
