/** The bytes of a held mail and its attachments, for who decides about it. Nothing of it is shown by the browser but plain pictures. */

import * as archive from "../../../archive/archive.ts";
import { attachmentContent } from "../../../mail/read.ts";
import * as moderation from "../../../moderation/moderation.ts";
import { unpack } from "../../bytes.ts";
import { heldFor, rawOf } from "../../desk.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { sourceFor } from "../../source.ts";
import { isPicture } from "../../views/post.ts";
import { disposition } from "../archive/part.ts";

/** GET /g/:name/held/:id/raw */
export async function text(c: Page): Promise<Response> {
  const { post } = await heldFor(c);
  return plainText(c, await rawOf(c.var.house, post));
}

/** GET /g/:name/held/:id/part/:index */
export async function part(c: Page): Promise<Response> {
  const { post } = await heldFor(c);
  const raw = await rawOf(c.var.house, post);
  const found = raw && attachmentContent(raw, Number(c.req.param("index")));
  if (!found) throw new NotHere();
  const shows = isPicture(found.type);
  c.header("content-security-policy", "default-src 'none'; sandbox");
  c.header("content-disposition", disposition(shows ? "inline" : "attachment", found.filename ?? "part"));
  c.header("cache-control", "private, no-store");
  return c.body(Buffer.from(found.content), 200, { "content-type": shows ? found.type : "application/octet-stream" });
}

/** GET /g/:name/:number/original: what the author of an edited post had sent, for them and the moderators. */
export async function original(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "poster");
  const post = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  const isOwn =
    post &&
    [seen.visitor?.address, seen.membership?.address].some(
      (one) => one?.toLowerCase() === post.authorAddress.toLowerCase(),
    );
  if (!post || post.deletedAt || !(isOwn || (seen.membership?.role ?? "member") !== "member")) throw new NotHere();
  const packed = await moderation.originalOf(pool, seen.group.id, post.id);
  return plainText(c, packed && unpack(packed));
}

function plainText(c: Page, raw: Buffer | undefined): Response {
  if (!raw) throw new NotHere();
  c.header("content-security-policy", "default-src 'none'; sandbox");
  c.header("cache-control", "private, no-store");
  return c.body(Buffer.from(sourceFor(raw, false)), 200, { "content-type": "text/plain; charset=utf-8" });
}
