/**
 * The bytes of a post as they came, as plain text. Strangers get it with the far ends of addresses cut.
 *
 * A post that came through another group of ours, or was passed on by a member, holds that member's own leave link: whoever
 * has such a token may use it, so nobody is shown one.
 */
import * as archive from "../../archive/archive.ts";
import { unpack } from "../bytes.ts";
import type { Page } from "../house.ts";
import { groupFor, NotHere } from "../rights.ts";

/** GET /g/:name/:number/raw */
export async function text(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const { group, hidesAddresses } = await groupFor(c, "reader");
  const post = await archive.postNumbered(pool, group.id, Number(c.req.param("number")));
  const packed = post && (await archive.rawPost(pool, group.id, post.id));
  if (!packed) throw new NotHere();
  const bytes = unpack(packed);
  c.header("content-security-policy", "default-src 'none'; sandbox");
  c.header("vary", "Cookie");
  return c.body(Buffer.from(withoutTokens(hidesAddresses ? cut(bytes) : bytes)), 200, {
    "content-type": "text/plain; charset=utf-8",
  });
}

const cut = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes.toString("latin1").replace(/([\w.+=-]{1,64})@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g, "$1@\xe2\x80\xa6"),
    "latin1",
  );

const withoutTokens = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString("latin1")
      .replace(/(\/(?:leave|join|sign-in)\/|\b(?:leave|join|bounce)\+)[\w-]{16,200}/gi, "$1\xe2\x80\xa6"),
    "latin1",
  );
