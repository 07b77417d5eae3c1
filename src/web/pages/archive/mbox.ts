/**
 * A topic, a month or the whole archive as an mbox file, written as it is fetched: a few posts are in memory at a time,
 * and who reads slowly waits on nobody's connection to the database.
 *
 * Who may read a topic or a month may have it, strangers with addresses cut as on the pages: so a polite robot needs a
 * request a month instead of one a post. The whole archive is for the group's members.
 */
import * as archive from "../../../archive/archive.ts";
import { isId } from "../../../kit/id.ts";
import { t } from "../../../language/language.ts";
import { mboxEntry } from "../../../mail/mbox-write.ts";
import { unpack } from "../../bytes.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotAllowed, NotHere, type Seen } from "../../rights.ts";
import { sourceFor } from "../../source.ts";
import { timesOf } from "./month.ts";
import { disposition } from "./part.ts";

/** Posts fetched at once: a post may be as large as a mail may be. */
const AT_ONCE = 10;
const LONGEST = 20_000;

type Listed = Pick<archive.Post, "id" | "number" | "sentAt">;

/** GET /g/:name/topic/:id/mbox */
export async function topic(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "reader");
  const id = c.req.param("id") ?? "";
  const found = isId(id) ? await archive.outlineOfTopic(pool, seen.group.id, id, LONGEST) : [];
  if (found.length === 0) throw new NotHere();
  return file(
    c,
    seen,
    `${found[0]!.number}`,
    (async function* () {
      for (let from = 0; from < found.length; from += AT_ONCE) yield found.slice(from, from + AT_ONCE);
    })(),
  );
}

/** GET /g/:name/2026-03/mbox */
export async function month(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "reader");
  const wanted = c.req.param("month") ?? "";
  const months = await archive.months(pool, seen.group.id);
  if (!months.some((one) => one.month === wanted)) throw new NotHere();
  const { begins, ends } = timesOf(wanted);
  return file(
    c,
    seen,
    wanted,
    following({ sentAt: begins, number: 0 }, (after) => archive.postsByDate(pool, seen.group.id, after, ends, AT_ONCE)),
  );
}

/** GET /g/:name/mbox */
export async function group(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "poster");
  if (!seen.membership)
    throw new NotAllowed(
      t`The whole archive is for members of the group: anybody who may read it has it month by month.`,
    );
  return file(
    c,
    seen,
    "",
    following({ sentAt: new Date(0), number: 0 }, (after) =>
      archive.postsAfter(pool, seen.group.id, after.number, AT_ONCE),
    ),
  );
}

/** Batches, each beginning after the last post of the one before. */
async function* following<T extends Listed>(
  start: archive.DatePlace,
  next: (after: archive.DatePlace) => Promise<T[]>,
): AsyncGenerator<T[]> {
  for (let posts = await next(start); posts.length > 0; posts = await next(posts.at(-1)!)) yield posts;
}

function file(c: Page, seen: Seen, part: string, batches: AsyncGenerator<Listed[]>): Response {
  const { pool } = c.var.house;
  const name = [seen.group.name, part].filter(Boolean).join("-");
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value: posts, done } = await batches.next();
      if (done) return controller.close();
      const raws = await archive.rawPosts(
        pool,
        seen.group.id,
        posts.map((post) => post.id),
      );
      for (const { id, sentAt } of posts) {
        const packed = raws.get(id);
        if (packed) controller.enqueue(mboxEntry(sourceFor(unpack(packed), seen.hidesAddresses), sentAt));
      }
    },
    async cancel() {
      await batches.return(undefined);
    },
  });
  c.header("content-disposition", disposition("attachment", `${name}.mbox`));
  c.header("content-security-policy", "default-src 'none'; sandbox");
  c.header("x-robots-tag", "noindex");
  if (seen.group.archive === "public" && !seen.visitor) c.header("cache-control", "public, max-age=3600");
  c.header("vary", "Cookie");
  return c.body(stream, 200, { "content-type": "application/mbox" });
}
