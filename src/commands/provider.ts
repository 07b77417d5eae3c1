/** `provider`: those who keep mail for many domains. How each takes our addresses, its limits, and what to ask of it. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { transact } from "../db/sql.ts";
import * as keys from "../keys/keys.ts";
import { Refusal } from "../kit/errors.ts";
import * as providers from "../providers/providers.ts";
import * as queue from "../queue/queue.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { readPairs } from "./group.ts";
import { clean, print, printJson, printTable, stamp, warn } from "./terminal.ts";

const SETTINGS = `
Settings are key=value; key=default takes one back:
  standing=approved|warming|closed   how it takes our addresses
  address=ADDRESS                    which one standing and budget are meant for (all)
  budget=MAILS                       today's, while warming; it grows by itself
  connections=N                      open at a time, from each address
  mails-per-connection=N
  per-minute=N                       mails a minute; none for no limit
  recipients=N                       in one transaction`;

export function define(command: Command): void {
  noun(command);
  command
    .command("list")
    .description("providers with their standing, budget, limits and what waits for them")
    .option("--all", "all that we have facts of, not only those met so far")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("show")
    .description("what is known of a provider, what to ask of it and where, and its standing's history")
    .argument("<NAME>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(show);
  command
    .command("set")
    .description("change how a provider takes our addresses, or its limits")
    .argument("<NAME>")
    .argument("<key=value...>")
    .addHelpText("after", SETTINGS)
    .action(set);
  command
    .command("page")
    .description("print a link that opens the providers' pages in a browser, good for 15 minutes")
    .allowExcessArguments(false)
    .action(page);
}

async function list(options: { json?: boolean; all?: boolean }): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const queued = await queue.queuedByProvider(pool);
    const sources = providers.sourcesOf(config.egress, config.node);
    const seen = await providers.overview(pool, sources, queued, clock.now(), options.all);
    if (options.json) {
      printJson(seen);
      return;
    }
    const rows = seen.flatMap((one) =>
      one.addresses.map((address, i) => [
        i === 0 ? one.provider : "",
        address.source,
        address.standing,
        budgetOf(address),
        ...(i === 0 ? [limitsInWords(one), String(one.waiting), one.problem] : ["", "", ""]),
      ]),
    );
    const heading = ["provider", "address", "standing", "sent today", "limits", "waiting", "problem"];
    printTable(heading, rows, "No provider has been met yet: smartgroups provider list --all names those we know.");
  });
}

async function show(name: string, options: { json?: boolean }): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const queued = await queue.queuedByProvider(pool);
    const sources = providers.sourcesOf(config.egress, config.node);
    const found = await providers.detail(pool, name, sources, queued, clock.now());
    if (!found)
      throw new Refusal(`There is no provider "${name}": smartgroups provider list --all names those we know.`);
    if (options.json) {
      printJson(found);
      return;
    }
    print(found.title);
    const fact = (label: string, text: string): void => print(clean(`${label.padEnd(12)} ${text}`));
    if (found.hosts.length > 0) fact("mail hosts", found.hosts.map((host) => `*.${host}`).join(", "));
    fact(
      "limits",
      `${limitsInWords(found)} for each address${found.set.length ? `; set here: ${found.set.join(", ")}` : ""}`,
    );
    fact("new address", ruleInWords(found.newcomer));
    fact("waiting", `${found.waiting}${found.held ? `, ${found.held} held` : ""}`);
    if (found.problem) fact("problem", found.problem);
    print("");
    const addresses = found.addresses.map((one) => [
      one.source,
      one.standing,
      one.isByRule ? "rule" : "set or earned",
      budgetOf(one),
      stamp(one.seenAt),
    ]);
    printTable(["address", "standing", "by", "sent today", "last asked for"], addresses, "");
    if (found.ask.length > 0) print("\nWhat to ask of it:");
    for (const { what, where } of found.ask) print(`  ${what}\n    ${where}`);
    if (found.history.length === 0) return;
    print("");
    const history = found.history.map((one) => [
      stamp(one.at),
      one.source,
      one.standing ?? "by rule",
      one.budget,
      one.cause,
    ]);
    printTable(["when", "address", "standing", "budget", "cause"], history, "");
  });
}

async function set(name: string, words: string[]): Promise<void> {
  const pairs = readPairs(words);
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const queued = await queue.queuedByProvider(pool);
    const sources = providers.sourcesOf(config.egress, config.node);
    const known = queued.map((one) => one.provider);
    const done = await transact(pool, (sql) => providers.change(sql, name, pairs, { sources, known }, clock.now()));
    print(`${name}: ${done.join(", ")} set`);
    const after = await providers.detail(pool, name, sources, queued, clock.now());
    if (after?.addresses.every((one) => one.standing === "closed"))
      warn(`No address of ours may send to ${name} now: its mail waits until one is approved or warming.`);
  });
}

async function page(): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const { token } = await keys.serviceKeys(pool, config.domain, clock);
    print(`${config.url}/operator/${keys.operatorPass(token, "link", clock.now())}`);
  });
}

const budgetOf = ({ budget, spentToday }: providers.AddressSeen): string =>
  budget === null ? String(spentToday) : `${spentToday} of ${budget}`;

function limitsInWords({ limits }: providers.ProviderSeen): string {
  const perMinute = limits.perMinute !== null ? `, ${limits.perMinute}/min` : "";
  return `${limits.connections} × ${limits.mailsPerConnection}${perMinute}, ${limits.recipients} at once`;
}

function ruleInWords({ standing, start, growth }: providers.ProviderDetail["newcomer"]): string {
  if (standing === "approved") return "approved at once";
  const warming = `warming: ${start} mails the first day, then up to ${growth} times what was used`;
  return standing === "warming" ? warming : `closed while another address is approved, else ${warming}`;
}
