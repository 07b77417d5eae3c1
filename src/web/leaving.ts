/** Leaving on the web, by a link or signed in: the membership ends and a goodbye letter goes out, together. */
import { transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { HOUR } from "../kit/clock.ts";
import { idToBytes } from "../kit/id.ts";
import { sealToken } from "../mail/token.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import type { House } from "./house.ts";

/** Goodbyes to one address in an hour: who leaves and comes back in turn fills nobody's box. */
const GOODBYES = 5;

export const leaveTokenOf = async (house: House, membershipId: string): Promise<string> =>
  sealToken(await house.tokenSecret(), "leave", idToBytes(membershipId));

/** Answers what came of it; undefined when there was nothing left to end. Pressed twice, it happens and is told once. */
export async function leaveAndTell(
  house: House,
  membership: directory.Membership,
  group: directory.Group,
  cause: string,
): Promise<directory.Leaving | undefined> {
  const { pool, config, clock } = house;
  const token = await leaveTokenOf(house, membership.id);
  return transact(pool, async (sql) => {
    const left = await directory.leave(sql, membership, cause, clock.now());
    if (!left) return undefined;
    const since = new Date(clock.now().getTime() - HOUR);
    const kind = left === "left" ? "goodbye" : "mail-stopped";
    if ((await notices.sentTo(sql, kind, membership.address, since)) >= GOODBYES) return left;
    const writer = { domain: config.domain, url: config.url, clock };
    const write = left === "left" ? notices.goodbyeLetter : notices.mailStoppedLetter;
    const letter = write(writer, { to: membership.address, group }, token);
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
    return left;
  });
}
