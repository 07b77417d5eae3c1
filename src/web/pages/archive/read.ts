/** Mark all read, and the way to the first new post of a topic. */
import * as archive from "../../../archive/archive.ts";
import { isId } from "../../../kit/id.ts";
import type { Page } from "../../house.ts";
import { markedReader } from "../../reading-marks.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { textOf } from "../../views/forms.ts";
import { isNewTo, orderOf, placeOf } from "./topic.ts";

/** POST /g/:name/read `upto`: the newest number the reader saw, so that what came since stays new. */
export async function all(c: Page): Promise<Response> {
  const seen = await groupFor(c, "poster");
  const reader = markedReader(seen);
  const upTo = Number(textOf(await c.req.parseBody(), "upto"));
  if (reader && Number.isInteger(upTo) && upTo > 0 && upTo < 1e9) await archive.readAll(c.var.house.pool, reader, upTo);
  return c.redirect(`/g/${seen.group.name}`, 303);
}

/** GET /g/:name/topic/:id/new */
export async function firstNew(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "reader");
  const id = c.req.param("id") ?? "";
  const order = isId(id) ? await orderOf(c, seen, id) : [];
  if (order.length === 0) throw new NotHere();
  const reader = markedReader(seen);
  const visit = reader && (await archive.visitTo(pool, reader, id, clock.now()));
  const first = visit && order.findIndex(({ post }) => isNewTo(visit, post));
  const here = `/g/${seen.group.name}/topic/${id}`;
  return c.redirect(first === undefined || first < 0 ? here : placeOf(here, order, first), 303);
}
