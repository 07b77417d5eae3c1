/** `status`: what waits where, how fast it goes, who works, and when the queue will be empty. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import * as queue from "../queue/queue.ts";
import * as returns from "../returns/returns.ts";
import { withDatabase } from "./database.ts";
import { type Forecast, forecast } from "./forecast.ts";
import { clean, counted, print, printJson, printTable, span, stamp } from "./terminal.ts";

const WINDOW_SECONDS = 300;

export function define(command: Command): void {
  command
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(async (options: { json?: boolean }) => {
      await withDatabase(readConfig(), async ({ pool, clock }) => {
        const now = clock.now();
        const status = await statusOf(pool, now);
        if (options.json) printJson(status);
        else printStatus(status, now);
      });
    });
}

type Status = Awaited<ReturnType<typeof statusOf>>;

async function statusOf(pool: Pool, now: Date) {
  const [database] = await pool<{ version: string; sizeBytes: number }[]>`
    select current_setting('server_version') as version, pg_database_size(current_database())::float8 as "sizeBytes"`;
  const { mails, providers, rates } = await queue.outlook(pool, now);
  const entered = await queue.workers(pool);
  const workers = entered.filter((one) => now.getTime() - one.seenAt.getTime() < queue.LEASE);
  const perSecond = (kind: string): number =>
    (rates.find((rate) => rate.kind === kind)?.recipients ?? 0) / WINDOW_SECONDS;
  const sum = (rows: queue.ProviderOutlook[]): number => rows.reduce((all, row) => all + row.recipients, 0);
  const held = providers.filter((row) => row.state === "held");
  const waiting = providers.filter((row) => row.state !== "held");
  const putOff = waiting.filter((row) => row.nextDue > now).map((row) => row.nextDue.getTime());
  return {
    at: now,
    database: { ok: true, ...database! },
    nodes: [...new Set(workers.map((one) => one.node))].length,
    workers: workers.length,
    slow: entered.flatMap((one) => {
      const slow = queue.slowness(one, now);
      return slow ? [{ node: one.node, pid: one.pid, ...slow }] : [];
    }),
    mails,
    deliveries: { waiting: sum(waiting), held: sum(held), providers },
    perSecond: { sent: perSecond("sent"), later: perSecond("later"), never: perSecond("never") },
    holds: await holdsByName(pool),
    outages: (await health.openOutages(pool)).map(returns.outageAsJson),
    oldestWaiting: oldest([...mails.map((one) => one.oldest), ...waiting.map((one) => one.oldest)]),
    forecast: forecast(
      {
        waiting: sum(waiting),
        held: sum(held),
        lastDue: putOff.length > 0 ? new Date(Math.max(...putOff)) : null,
        sentPerSecond: perSecond("sent"),
        workers: workers.length,
      },
      now,
    ),
  };
}

async function holdsByName(pool: Pool): Promise<(queue.Hold & { heldAt: Date })[]> {
  const holds = await queue.holds(pool);
  const ids = holds.filter((hold) => hold.scope === "group").map((hold) => hold.key);
  const names = new Map((await directory.groupsById(pool, ids)).map((group) => [group.id, group.name]));
  return holds.map((hold) => ({ ...hold, key: names.get(hold.key) ?? hold.key }));
}

const oldest = (times: (Date | null)[]): Date | null =>
  times.reduce((first, time) => (first === null || (time !== null && time < first) ? time : first), null);

function printStatus(status: Status, now: Date): void {
  const { database, perSecond, deliveries } = status;
  print(`database   ok, PostgreSQL ${database.version}, ${Math.round(database.sizeBytes / 1024 / 1024)} MB`);
  print(`at work    ${counted(status.workers, "worker")} on ${counted(status.nodes, "node")}`);
  for (const slow of status.slow) print(clean(`slow       ${slowInWords(slow)}`));
  const stages = status.mails.map((one) => `${one.count} ${one.state}`).join(", ");
  print(`mails      ${stages || "none in the queue"}`);
  print(`deliveries ${counted(deliveries.waiting, "recipient")} waiting, ${deliveries.held} held`);
  const rate = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)}/s`;
  print(
    `rates      ${rate(perSecond.sent)} sent, ${rate(perSecond.later)} put off, ${rate(perSecond.never)} refused (last five minutes)`,
  );
  if (status.oldestWaiting)
    print(`oldest     ${stamp(status.oldestWaiting)}, ${span(now.getTime() - status.oldestWaiting.getTime())} ago`);
  for (const hold of status.holds) print(clean(`held       ${hold.scope} ${hold.key} since ${stamp(hold.heldAt)}`));
  for (const outage of status.outages) print(clean(`outage     ${returns.outageInWords(outage)}`));
  print(`forecast   ${sayForecast(status.forecast, now)}`);
  if (deliveries.providers.length === 0) return;
  print("");
  const rows = deliveries.providers.map((row) => [
    row.provider,
    row.state,
    row.recipients,
    stamp(row.oldest),
    stamp(row.nextDue),
    row.problem,
  ]);
  printTable(["provider", "state", "recipients", "oldest", "next try", "trouble"], rows, "");
}

function slowInWords({ node, pid, what, ms }: Status["slow"][number]): string {
  if (what === "worker")
    return `worker ${pid} of node ${node} has said nothing for ${span(ms)}; what it holds waits for it, or for its end`;
  return `node ${node} (worker ${pid}) was last seen ${span(ms)} ago; what it holds waits for it, or for another node to take over`;
}

function sayForecast(what: Forecast, now: Date): string {
  switch (what.kind) {
    case "empty":
      return "nothing waits to be sent";
    case "unknown":
      return `unknown, because ${what.because}`;
    case "range":
      return `empty in ${span(what.from.getTime() - now.getTime())} to ${span(what.to.getTime() - now.getTime())}`;
  }
}
