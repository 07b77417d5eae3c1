/** A group's own rules, as its owners see and change them, in the words of `rule add`. */
import { transact } from "../../db/sql.ts";
import * as moderation from "../../moderation/moderation.ts";
import type { Page } from "../house.ts";
import { doerOf, groupFor, NotHere } from "../rights.ts";
import { pairsFrom } from "./answer.ts";

/** GET groups/:name/rules */
export async function list(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "settings");
  return tell(c, group.id);
}

/** POST groups/:name/rules : `{"action": "hold", "field": "subject", "words": "win now"}`. */
export async function add(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "settings");
  const rule = moderation.ruleFrom(await pairsFrom(c, '{"action": "hold", "field": "subject", "words": "win now"}'));
  await transact(pool, (sql) => moderation.addRule(sql, seen.group.id, rule, doerOf(seen, "api"), clock));
  return tell(c, seen.group.id);
}

/** DELETE groups/:name/rules/:id */
export async function remove(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "settings");
  const id = c.req.param("id")!.toLowerCase();
  const gone = await transact(pool, (sql) => moderation.removeRule(sql, seen.group.id, id, doerOf(seen, "api"), clock));
  if (!gone) throw new NotHere();
  return tell(c, seen.group.id);
}

async function tell(c: Page, groupId: string): Promise<Response> {
  c.header("cache-control", "no-store");
  return c.json((await moderation.rulesOf(c.var.house.pool, [groupId])).map(moderation.ruleTold));
}
