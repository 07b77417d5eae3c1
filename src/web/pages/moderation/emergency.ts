/** POST /g/:name/emergency: everything waits for a moderator, from one press to the next; for who decides about posts. */
import { transact } from "../../../db/sql.ts";
import * as life from "../../../life/life.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor } from "../../rights.ts";
import { textOf } from "../../views/forms.ts";

export async function turn(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "approve");
  const { group } = seen;
  const form = await c.req.parseBody();
  const emergency = textOf(form, "emergency") === "on" ? "on" : "off";
  await transact(pool, (sql) => life.set(sql, clock, group, { emergency }, doerOf(seen)));
  const back = textOf(form, "back");
  return c.redirect(`/g/${group.name}/${back === "settings" ? "settings" : "held"}`, 303);
}
