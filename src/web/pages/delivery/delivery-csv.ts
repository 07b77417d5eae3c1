/** The recipients of a post as a CSV file, for moderators and owners; sent as it is read, however many they are. */
import { stream } from "hono/streaming";
import * as archive from "../../../archive/archive.ts";
import * as evidence from "../../../evidence/evidence.ts";
import { csvCell } from "../../../kit/csv.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { wordOf } from "../../views/copies.ts";
import { askedFor } from "./delivery.ts";

const HEADING = "address,name,state,at,next try,provider,host,from,tls,tries,copies,code,status,reply";

/** GET /g/:name/:number/delivery.csv?state=WORD */
export async function file(c: Page): Promise<Response> {
  const { pool, log } = c.var.house;
  const { group } = await groupFor(c, "members");
  const post = await archive.postNumbered(pool, group.id, Number(c.req.param("number")));
  if (!post) throw new NotHere();
  const { state } = askedFor(c);
  c.header("content-type", "text/csv; charset=utf-8");
  c.header("content-disposition", `attachment; filename="${group.name}-${post.number}-delivery.csv"`);
  return stream(
    c,
    async (out) => {
      await out.write(`${HEADING}\r\n`);
      for await (const some of evidence.eachRecipient(pool, post, state)) {
        if (out.aborted) return;
        await out.write(some.map(line).join(""));
      }
    },
    async (error, out) => {
      log.warn({ path: c.req.path, err: String(error) }, "a CSV file ended before its end");
      out.abort(); // a file cut off is seen to be cut off, and not taken for the whole
    },
  );
}

function line(one: evidence.NamedRecipient): string {
  const cells = [
    ...[one.address, one.name, wordOf(one.state), timeOf(one.at), timeOf(one.dueAt), one.provider, one.host],
    ...[one.source, one.tls, one.tries, one.copies, one.code || "", one.status, one.reply],
  ];
  return `${cells.map((cell) => csvCell(String(cell))).join(",")}\r\n`;
}

const timeOf = (time: Date | null): string => time?.toISOString() ?? "";
