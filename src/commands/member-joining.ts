/** `member requests`, `approve`, `decline`, `invite`: who comes into a group by asking or invited. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as joining from "../joining/joining.ts";
import * as keys from "../keys/keys.ts";
import { Refusal } from "../kit/errors.ts";
import * as moderation from "../moderation/moderation.ts";
import { withDatabase } from "./database.ts";
import { groupCalled } from "./group.ts";
import { openInput } from "./input.ts";
import { readMembers } from "./member-lines.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

export function defineJoining(command: Command): void {
  command
    .command("requests")
    .description("who asks to join a group and waits for a moderator")
    .argument("<GROUP>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(requests);
  command
    .command("approve")
    .description("let in who asks to join")
    .argument("<GROUP>")
    .argument("<ADDRESS...>")
    .action((name: string, addresses: string[]) => decide(name, addresses, "approve", ""));
  command
    .command("decline")
    .description("decline who asks to join; they are told")
    .argument("<GROUP>")
    .argument("<ADDRESS...>")
    .option("--reason <TEXT>", "what they are told")
    .action((name: string, addresses: string[], options: { reason?: string }) =>
      decide(name, addresses, "decline", options.reason ?? ""),
    );
  command
    .command("invite")
    .description("invite people from a file, each with a letter")
    .argument("<GROUP>")
    .argument("<FILE.csv>", "lines of address,name; - is standard input")
    .option("--message <TEXT>", "a line that stands in the letter")
    .option("--json", "print [{address, state}]")
    .allowExcessArguments(false)
    .action(invite);
}

async function requests(name: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const all = await directory.waitingRequests(pool, (await groupCalled(pool, name)).id);
    if (options.json)
      return printJson(
        all.map(({ address, name, words, answer, confirmedAt }) => ({
          address,
          name,
          words,
          answer,
          since: confirmedAt,
        })),
      );
    const rows = all.map((one) => [one.address, one.name, stamp(one.confirmedAt), one.words].map(clean));
    printTable(["address", "name", "since", "words"], rows, `Nobody asks to join ${name}.`);
  });
}

async function decide(name: string, addresses: string[], decision: joining.Decision, reason: string): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const { token } = await keys.serviceKeys(pool, config.domain, clock);
    const means = { domain: config.domain, url: config.url, clock, tokenSecret: token };
    const by = moderation.OPERATOR;
    for (const address of addresses) {
      const request = await directory.waitingRequestOf(pool, group.id, address);
      const decided =
        request &&
        (await transact(pool, (sql) => joining.decide(sql, means, group, request.id, { decision, reason, by })));
      if (!decided)
        throw new Refusal(`${address} does not ask to join ${group.name}: smartgroups member requests ${name}`);
      print(`${address}: ${decision === "approve" ? "let in" : "declined"}`);
    }
  });
}

async function invite(name: string, file: string, options: { message?: string; json?: boolean }): Promise<void> {
  const input = await openInput(file);
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const { token } = await keys.serviceKeys(pool, config.domain, clock);
    const means = { domain: config.domain, url: config.url, clock, tokenSecret: token };
    const by = { membershipId: null, name: "", isModerator: true };
    const report: { address: string; state: string }[] = [];
    for await (const line of readMembers(input)) {
      if (line.kind === "wrong") {
        report.push({ address: line.text, state: "wrong" });
        continue;
      }
      const wanted = { addresses: [line.address], words: options.message ?? "" };
      report.push(
        ...(await transact(pool, (sql) => joining.inviteAll(sql, means, group, wanted, by, moderation.OPERATOR))),
      );
    }
    if (options.json) return printJson(report);
    for (const one of report) print(clean(`${one.address}: ${one.state}`));
  });
}
