/** Members' health, as `member health` prints it: all of it for moderators, for a member their own. */
import * as directory from "../../directory/directory.ts";
import * as health from "../../health/health.ts";
import * as returns from "../../returns/returns.ts";
import type { Page } from "../house.ts";
import { groupFor, NotAllowed } from "../rights.ts";

/** GET groups/:name/health */
export async function list(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "poster");
  if (!seen.membership) throw new NotAllowed("Only members of a group see this.");
  const isRunning = directory.may(seen.membership, "members");
  const now = clock.now();
  const members = isRunning
    ? await returns.groupHealth(pool, seen.group.id, now)
    : [await returns.memberHealth(pool, seen.membership, now)];
  const outages = isRunning ? await health.openOutages(pool) : [];
  return c.json({ members: members.map(returns.healthAsJson), outages: outages.map(returns.outageAsJson) });
}
