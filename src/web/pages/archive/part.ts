/** An attachment. Only plain pictures are ever shown by the browser itself; everything else is a file to be saved. */
import * as archive from "../../../archive/archive.ts";
import { attachmentContent } from "../../../mail/read.ts";
import { unpack } from "../../bytes.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { isPicture } from "../../views/post.ts";

/** GET /g/:name/:number/part/:index */
export async function content(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "reader");
  const post = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  const packed = post && (await archive.rawPost(pool, seen.group.id, post.id));
  const part = packed && attachmentContent(unpack(packed), Number(c.req.param("index")));
  if (!part) throw new NotHere();
  const shows = isPicture(part.type);
  c.header("content-security-policy", "default-src 'none'; sandbox");
  c.header("content-disposition", disposition(shows ? "inline" : "attachment", part.filename ?? "part"));
  // A post never changes, and so neither does what is in it.
  c.header("cache-control", seen.group.archive === "public" ? "public, max-age=86400" : "private, max-age=3600");
  c.header("vary", "Cookie");
  return c.body(Buffer.from(part.content), 200, { "content-type": shows ? part.type : "application/octet-stream" });
}

/** RFC 6266: a plain name for old browsers, and the real one as RFC 8187 writes it. */
export function disposition(kind: "inline" | "attachment", filename: string): string {
  const name =
    filename
      .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069/\\]/g, "_")
      .toWellFormed()
      .slice(0, 150) || "part";
  const plain = name.replace(/[^\u0020-\u007e]|["%]/g, "_");
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${exact}`;
}
