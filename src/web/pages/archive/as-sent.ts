/**
 * An HTML mail as it was formatted: cleaned, and in a sandbox of its own.
 *
 * It needs inline styles, which no page of ours allows. Here they are allowed and nothing else is: no scripts, no forms,
 * no origin, and no picture from elsewhere unless it was asked for. Pictures of the mail itself are written into the page,
 * because a sandbox without an origin sends no cookies and could not fetch those of a members-only archive.
 */

import { html, raw } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { localeNow, t } from "../../../language/language.ts";
import { safeHtml } from "../../../mail/html.ts";
import { attachmentContent, readMail } from "../../../mail/read.ts";
import { unpack } from "../../bytes.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { shown } from "../../views/names.ts";
import { isPicture } from "../../views/post.ts";

const MOST_PICTURES = 4_000_000;

/** GET /g/:name/:number/html?images=shown */
export async function page(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const { group } = await groupFor(c, "reader");
  const post = await archive.postNumbered(pool, group.id, Number(c.req.param("number")));
  const packed = post && (await archive.rawPost(pool, group.id, post.id));
  if (!packed) throw new NotHere();
  return sandboxed(c, unpack(packed));
}

/** The page of a mail; 404 when it has none. */
export function sandboxed(c: Page, bytes: Buffer): Response | Promise<Response> {
  const mail = readMail(bytes);
  if (mail.html === null) throw new NotHere();
  const images = c.req.query("images") === "shown" ? "shown" : "blocked";
  const clean = safeHtml(mail.html, { images, cid: ownPictures(bytes, mail.attachments) });
  const pictures = images === "shown" ? "data: https: http:" : "data:";
  c.header(
    "content-security-policy",
    `default-src 'none'; style-src 'unsafe-inline'; img-src ${pictures}; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`,
  );
  c.header("x-frame-options", "SAMEORIGIN");
  c.header("referrer-policy", "no-referrer");
  return c.html(html`<!doctype html><html lang="${localeNow()}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${shown(mail.subject)}</title>
<style>:root{color-scheme:light}body{margin:1rem;background:#fff;color:#1d1c1a;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}a{color:#8a1d12}blockquote{margin:0 0 0 .5rem;padding-left:.75rem;border-left:2px solid #ccc}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.left-out-image{color:#6b6862;font-size:.85em}</style></head>
<body><main><h1 class="unseen">${shown(mail.subject) || t`(no subject)`}</h1>${raw(clean.html)}</main></body></html>`);
}

function ownPictures(bytes: Buffer, attachments: ReturnType<typeof readMail>["attachments"]) {
  let held = 0;
  return (contentId: string): string | undefined => {
    const found = attachments.find((one) => one.contentId === contentId && isPicture(one.type));
    held += found?.size ?? 0;
    if (!found || held > MOST_PICTURES) return undefined;
    const part = attachmentContent(bytes, found.index);
    return part && `data:${part.type};base64,${part.content.toString("base64")}`;
  };
}
