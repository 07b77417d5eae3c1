/** What is new to a member on the pages of a group, and noting that they have seen it (docs/decisions/0031-reading-marks.md). */
import * as archive from "../archive/archive.ts";
import { isPassing, transact } from "../db/sql.ts";
import type { Page } from "./house.ts";
import type { Seen } from "./rights.ts";

/** Whose marks count on this page; nobody's for who is not a member. */
export const markedReader = ({ group, membership }: Seen): archive.ReaderId | undefined =>
  membership && { groupId: group.id, membershipId: membership.id };

/** Is a person looking? Not what is fetched ahead, or as a part of another page. */
const isLooking = (c: Page): boolean =>
  c.req.method === "GET" &&
  (c.req.header("sec-fetch-dest") ?? "document") === "document" &&
  !/prefetch|prerender|preview/i.test(
    `${c.req.header("sec-purpose")} ${c.req.header("purpose")} ${c.req.header("x-moz")}`,
  );

/** These posts of a topic were shown. The page is worth more than its mark: trouble with the database passes in silence. */
export async function noteShown(
  c: Page,
  reader: archive.ReaderId,
  topicId: string,
  visit: archive.TopicVisit,
  upTo: number,
): Promise<void> {
  if (!isLooking(c) || (upTo <= visit.upTo && !visit.isFirst)) return;
  await quietly(c, async (sql) => {
    if (visit.isFirst) await archive.beginReading(sql, reader);
    if (upTo > visit.upTo) await archive.noteRead(sql, reader, topicId, visit, upTo);
  });
}

/** The first visit to a group begins its marks. */
export async function noteVisit(c: Page, reader: archive.ReaderId): Promise<void> {
  if (isLooking(c)) await quietly(c, (sql) => archive.beginReading(sql, reader));
}

type Work = Parameters<typeof transact<void>>[1];

async function quietly(c: Page, work: Work): Promise<void> {
  try {
    await transact(c.var.house.pool, work, 2);
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}
