/** The bytes of a post as they came, as plain text. */
import * as archive from "../../../archive/archive.ts";
import { unpack } from "../../bytes.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { sourceFor } from "../../source.ts";

/** GET /g/:name/:number/raw */
export async function text(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const { group, hidesAddresses } = await groupFor(c, "reader");
  const post = await archive.postNumbered(pool, group.id, Number(c.req.param("number")));
  const packed = post && (await archive.rawPost(pool, group.id, post.id));
  if (!packed) throw new NotHere();
  c.header("content-security-policy", "default-src 'none'; sandbox");
  c.header("vary", "Cookie");
  return c.body(Buffer.from(sourceFor(unpack(packed), hidesAddresses)), 200, {
    "content-type": "text/plain; charset=utf-8",
  });
}
