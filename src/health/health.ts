/**
 * Health: what came back about a member's address, kept until it is weighed.
 *
 * A return becomes a row here in the transaction that files its mail, one a recipient; the mail itself is not kept. Who
 * it is about was sealed into the return path (mail/copy.ts), so a row never rests on what a stranger claims.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

export * from "./enquiries.ts";
export * from "./erase.ts";
export * from "./outage.ts";
export * from "./outages.ts";
export * from "./pauses.ts";
export * from "./score.ts";
export * from "./troubles.ts";
export * from "./weighing.ts";

export type Return = {
  /** The mail that came back. */
  mailId: string;
  groupId: string | null;
  membershipId: string | null;
  letterId: string | null;
  /** The post or letter that came back; null where it is not known. */
  itemId: string | null;
  /** Whom we had written to. */
  address: string;
  kind: "bounce" | "complaint";
  /** "" for a complaint. */
  class: "permanent" | "temporary" | "";
  /** RFC 3463: "5.1.1"; "" where nobody said. */
  status: string;
  /** What the refusal means (mail/sense.ts); "" for a complaint. */
  sense: string;
  /** In plain words, for the owner and the member. */
  reason: string;
  /** In the far side's own words. */
  said: string;
};

/** Keeps what came back. Said again of the same mail and recipient, it is kept once. */
export async function noteReturns(sql: Sql, returns: Return[], clock: Clock): Promise<void> {
  if (returns.length === 0) return;
  const rows = returns.map((one) => ({
    id: newId(clock),
    at: clock.now(),
    mail_id: one.mailId,
    group_id: one.groupId,
    membership_id: one.membershipId,
    letter_id: one.letterId,
    item_id: one.itemId,
    address: one.address,
    kind: one.kind,
    class: one.class,
    status: one.status,
    sense: one.sense,
    reason: one.reason,
    said: one.said,
  }));
  await sql`insert into returns ${sql(rows)} on conflict do nothing`;
}
