/** `member health`: whose mail comes back or is stopped, and why. */
import { readConfig } from "../config.ts";
import * as health from "../health/health.ts";
import * as returns from "../returns/returns.ts";
import { withDatabase } from "./database.ts";
import { groupCalled } from "./group-called.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

export async function memberHealth(name: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const members = await returns.groupHealth(pool, group.id, clock.now());
    const outages = await health.openOutages(pool);
    if (options.json) {
      printJson({ members: members.map(returns.healthAsJson), outages: outages.map(returns.outageAsJson) });
      return;
    }
    for (const one of outages) print(clean(returns.outageInWords(one)));
    const rows = members.map((one) => [
      one.member.address,
      one.word,
      one.score,
      one.since ? stamp(one.since) : "",
      one.reason,
      one.said.slice(0, 120),
    ]);
    printTable(["address", "health", "score", "since", "reason", "they said"], rows, "Every member's mail arrives.");
  });
}
