/** `queue list`, `hold` and `release`: deliveries on their way out. */
import type { Config } from "../config.ts";
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import * as queue from "../queue/queue.ts";
import { withDatabase } from "./database.ts";
import { groupCalled } from "./group-called.ts";
import { counted, print, printJson, printTable, stamp } from "./terminal.ts";

export async function list(config: Config, options: { json?: boolean; limit: string }): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000)
    throw new Refusal(`--limit must be a whole number from 1 to 100000, and not "${options.limit}".`);
  await withDatabase(config, async ({ pool }) => {
    const rows = await queue.deliveries(pool, limit);
    const ids = [...new Set(rows.flatMap((row) => row.groupId ?? []))];
    const names = new Map((await directory.groupsById(pool, ids)).map((group) => [group.id, group.name]));
    const shown = rows.map(({ groupId, ...row }) => ({
      ...row,
      group: groupId === null ? null : (names.get(groupId) ?? groupId),
    }));
    if (options.json) {
      printJson(shown);
      return;
    }
    printTable(
      ["due", "state", "provider", "recipients", "group", "carries", "tries", "trouble"],
      shown.map((row) => [
        stamp(row.dueAt),
        row.state,
        row.provider,
        row.recipients,
        row.group ?? "–",
        row.carries,
        row.attempts,
        row.problem,
      ]),
      "Nothing waits to be sent.",
    );
  });
}

type Scope = { group?: string; provider?: string };

export async function hold(config: Config, scope: Scope): Promise<void> {
  await withDatabase(config, async ({ pool, clock }) => {
    const what = await holdOf(pool, scope);
    const stopped = await transact(pool, (sql) => queue.hold(sql, what, clock.now()));
    print(`${called(scope)} held; ${counted(stopped, "delivery", "deliveries")} stopped`);
  });
}

export async function release(config: Config, scope: Scope): Promise<void> {
  await withDatabase(config, async ({ pool, clock }) => {
    const what = await holdOf(pool, scope);
    const isHeld = (await queue.holds(pool)).some((one) => one.scope === what.scope && one.key === what.key);
    if (!isHeld) throw new Refusal(`${called(scope)} is not held: smartgroups status names what is.`);
    const freed = await transact(pool, (sql) => queue.release(sql, what, clock.now()));
    print(`${called(scope)} released; ${counted(freed, "delivery goes", "deliveries go")} on`);
  });
}

async function holdOf(pool: Pool, scope: Scope): Promise<queue.Hold> {
  if (scope.group !== undefined && scope.provider !== undefined)
    throw new Refusal("Give --group or --provider, one at a time.");
  if (scope.group !== undefined) return { scope: "group", key: (await groupCalled(pool, scope.group)).id };
  if (scope.provider !== undefined) return { scope: "provider", key: scope.provider };
  return { scope: "all", key: "" };
}

function called({ group, provider }: Scope): string {
  if (group !== undefined) return `group ${group}`;
  return provider !== undefined ? `provider ${provider}` : "everything";
}
