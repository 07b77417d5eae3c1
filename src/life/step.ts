/** What a step in a group's life needs; who takes it is a `Doer`, as the group's activity log has it. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import * as moderation from "../moderation/moderation.ts";

export type Means = { domain: string; url: string; clock: Clock };

/** Notes a step in the group's log. */
export const note = (sql: Sql, means: Means, groupId: string, by: moderation.Doer, what: string): Promise<void> =>
  moderation.record(sql, { groupId, by, kind: "settings", what }, means.clock);
