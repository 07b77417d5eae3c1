/**
 * `tls`: how our connections to other domains were protected, day by day, as it is counted for reports (RFC 8460).
 *
 * `list` shows whose hosts did not show what was asked of them; `report` prints what a domain would be told.
 */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Clock } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { parseAddress } from "../mail/address.ts";
import * as transport from "../transport/transport.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { clean, counted, print, printJson, printTable } from "./terminal.ts";

const LISTED = 100;
const DAY_HELP = "a day of UTC, such as 2026-11-24 (today)";

export function define(command: Command): void {
  noun(command);
  command
    .command("list")
    .description("domains with the sessions of a day, failures first")
    .option("--day <DAY>", DAY_HELP)
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("report")
    .description("what a domain would be told about a day (RFC 8460)")
    .argument("<DOMAIN>", "the domain that the mail was for")
    .option("--day <DAY>", DAY_HELP)
    .option("--json", "print the report itself")
    .allowExcessArguments(false)
    .action(report);
}

type Options = { day?: string; json?: boolean };

async function list(options: Options): Promise<void> {
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const sums = await transport.sumsOf(pool, dayOf(options, clock), LISTED);
    if (options.json) {
      printJson(sums);
      return;
    }
    const rows = sums.map(({ domain, policy, sessions, failed }) => [domain, policy, sessions, failed]);
    printTable(["domain", "policy", "sessions", "failed"], rows, "No session was counted on that day.");
  });
}

async function report(asked: string, options: Options): Promise<void> {
  const config = readConfig();
  const domain = domainIn(asked);
  await withDatabase(config, async ({ pool, clock }) => {
    const day = dayOf(options, clock);
    const counts = await transport.countsFor(pool, domain, day);
    if (counts.length === 0)
      throw new Refusal(`No session with ${domain} was counted on ${day}: see smartgroups tls list.`);
    const made = transport.tlsReport({ domain, day, ourDomain: config.domain }, counts);
    if (options.json) printJson(made);
    else printReport(made);
  });
}

function printReport({ policies }: transport.TlsReport): void {
  for (const { policy, summary, "failure-details": failures = [] } of policies) {
    const good = summary["total-successful-session-count"];
    const bad = summary["total-failure-session-count"];
    print(
      `${policy["policy-type"]} of ${clean(policy["policy-domain"])}: ${counted(good, "good session")}, ${bad} failed`,
    );
    for (const line of policy["policy-string"] ?? []) print(`    ${clean(line)}`);
    for (const one of failures) {
      const where = one["receiving-mx-hostname"] ?? "";
      const why = one["failure-reason-code"] ?? "";
      print(clean(`  ${one["failed-session-count"]} × ${one["result-type"]} ${where} ${why}`).trimEnd());
    }
  }
}

function domainIn(text: string): string {
  const parsed = parseAddress(`x@${text}`);
  if (parsed) return parsed.domain;
  throw new Refusal(`"${text}" is not a domain.`);
}

function dayOf({ day }: Options, clock: Clock): string {
  if (day === undefined) return clock.now().toISOString().slice(0, 10);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : undefined;
  if (time && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day)) return day;
  throw new Refusal(`"${day}" is not a day: write it as 2026-11-24.`);
}
