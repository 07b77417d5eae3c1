/** A post by its Message-ID, as other archives and mail programs know it: leads to its number. */
import * as archive from "../../../archive/archive.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";

/** GET /g/:name/by-id/:id */
export async function post(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "reader");
  const id = (c.req.param("id") ?? "").replace(/^<|>$/g, "").toWellFormed();
  const found = id ? await archive.postWithMessageId(c.var.house.pool, group.id, id) : undefined;
  if (!found) throw new NotHere();
  return c.redirect(`/g/${group.name}/${found.number}`, 302);
}
