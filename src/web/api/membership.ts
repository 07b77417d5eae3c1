/** A membership as its member sees and changes it, in the words of `member set`. */
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import type { Page } from "../house.ts";
import { groupFor, NotAllowed, NotHere } from "../rights.ts";
import { pairsFrom } from "./answer.ts";

/** GET groups/:name/membership : one's own. */
export async function own(c: Page): Promise<Response> {
  return tell(c, await mine(c));
}

/** POST groups/:name/membership : `{"mode": "none", "holiday": "2026-08-01"}`. */
export async function change(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const member = await mine(c);
  const pairs = await pairsFrom(c, '{"mode": "each", "holiday": "none"}');
  const foreign = Object.keys(pairs).find((key) => directory.OWNER_SETTINGS.has(key));
  if (foreign) throw new NotAllowed(`"${foreign}" is not for members to set: an owner of the group can.`);
  await transact(pool, (sql) => directory.setMembership(sql, member, pairs, "the member, by the API", clock.now()));
  return tell(c, await mine(c));
}

async function mine(c: Page): Promise<directory.Membership> {
  const { membership } = await groupFor(c, "poster");
  if (!membership) throw new NotHere();
  return membership;
}

const SHOWN = [
  "address",
  "name",
  "role",
  "mode",
  "ownPosts",
  "secondCopy",
  "reminders",
  "heldLetters",
  "holidayUntil",
  "digestHour",
  "digestForm",
  "digestDueAt",
  "privateMail",
  "zone",
  "joinedAt",
  "pausedAt",
] as const;

function tell(c: Page, member: directory.Membership): Response {
  c.header("cache-control", "no-store");
  const shown = Object.fromEntries(SHOWN.map((key) => [key, member[key]]));
  const isDaily = member.mode === "digest" || member.mode === "summary";
  return c.json({ ...shown, digestDueAt: isDaily ? member.digestDueAt : null });
}
