/** `member`: add, list, health, set, remove. Nobody gets a mail about it: the cause stands in each member's history. */
import { basename } from "node:path";
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { Clock } from "../kit/clock.ts";
import { csvCell } from "../kit/csv.ts";
import { Refusal } from "../kit/errors.ts";
import { addressKey } from "../mail/address.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { readPairs } from "./group.ts";
import { groupCalled } from "./group-called.ts";
import { openInput } from "./input.ts";
import { memberHealth } from "./member-health.ts";
import { defineJoining } from "./member-joining.ts";
import { type MemberLine, readMembers } from "./member-lines.ts";
import { clean, counted, print, printJson, printTable, warn } from "./terminal.ts";

const BATCH = 5000;
const CAUSE = "added by the operator";
const SETTINGS = `
  role=member|moderator|owner
  permissions=approve,posts,members,settings
                           what a moderator may do; none, or role for what the role gives
  moderation=default|moderated|trusted
                           what becomes of their posts: as the group's rules say, held, or let through
  mode=each|digest|summary|notices|none
                           each post, a daily digest, its subjects and links, special notices only,
                           or none (reads on the web)
  digest-hour=0…23         when a digest or summary comes, in their time zone
  digest-form=html|mime    one mail to read, or the posts as mails within one
  holiday=YYYY-MM-DD|none  no mail until that day begins in their time zone
  private-mail=anyone|members|nobody
                           who may write to them alone, by the alias of a post
  own-posts=yes|no         whether a copy of their own posts comes back to them
  reminders=yes|no         whether the group's monthly letter comes
  held-letters=yes|no      whether a moderator is asked by letter to decide about held posts
  second-copy=yes|no       whether the group's copy comes when a post names them in To or Cc
  replies=all|own          all, or new topics and what answers their posts
  mute-tags=tea,cake|none  no topics with these hashtags
  only-tags=tea,cake|none  only topics with these hashtags
  listed=yes|no, about=…   whether other members see them, and a line about them
  zone=Europe/Berlin       what their days are meant in
  name=…, address=…        another address that is shown to be theirs`;

export function define(command: Command): void {
  noun(command);
  command
    .command("add")
    .description("add members from a file, without writing to them")
    .argument("<GROUP>")
    .argument("<FILE.csv>", "lines of address,name; - is standard input")
    .option("--json", "print {added, already, refused: [{line, text, reason}]}")
    .addHelpText(
      "after",
      "\nA wrong line is reported with its number, and the rest goes in. Run again, it adds nothing.",
    )
    .allowExcessArguments(false)
    .action(add);
  defineJoining(command);
  command
    .command("list")
    .description("the members of a group")
    .argument("<GROUP>")
    .option("--json", "print JSON")
    .option("--csv", "print address,name lines, as member add reads them")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("health")
    .description("whose mail comes back or is stopped, and why")
    .argument("<GROUP>")
    .option("--json", "print {members: […], outages: […]}")
    .allowExcessArguments(false)
    .action(memberHealth);
  command
    .command("set")
    .description("change a member: role, mode, holiday, digest-hour, own-posts … (see --help)")
    .argument("<GROUP>")
    .argument("<ADDRESS>")
    .argument("<key=value...>")
    .addHelpText("after", SETTINGS)
    .action(set);
  command
    .command("remove")
    .description("end memberships; their history stays")
    .argument("<GROUP>")
    .argument("<ADDRESS...>")
    .action(remove);
}

type Report = { added: number; already: number; refused: { line: number; text: string; reason: string }[] };

async function add(name: string, file: string, options: { json?: boolean }): Promise<void> {
  const input = await openInput(file);
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const report = await addAll(
      pool,
      config,
      group,
      readMembers(input),
      clock,
      file === "-" ? "standard input" : basename(file),
    );
    if (options.json) {
      printJson(report);
      return;
    }
    for (const { line, reason } of report.refused) warn(clean(`line ${line}: ${reason}`));
    print(`added ${report.added}, already there ${report.already}, refused ${report.refused.length}`);
  });
}

async function addAll(
  pool: Pool,
  config: Config,
  group: directory.Group,
  lines: AsyncIterable<MemberLine>,
  clock: Clock,
  file: string,
): Promise<Report> {
  const report: Report = { added: 0, already: 0, refused: [] };
  const own = `${group.name}@${config.domain}`;
  let batch = new Map<string, directory.NewMember>();
  const lineOf = new Map<string, number>();
  const enter = async (): Promise<void> => {
    const banned = await directory.bannedAmong(
      pool,
      [...batch.values()].map(({ address }) => ({ groupId: group.id, address })),
    );
    for (const [key, { address }] of batch) {
      if (!banned.has(`${group.id} ${key}`)) continue;
      report.refused.push({ line: lineOf.get(key)!, text: address, reason: "banned from this group" });
      batch.delete(key);
    }
    const added = await transact(pool, (sql) =>
      directory.addMembers(sql, group.id, [...batch.values()], CAUSE, clock, {
        how: "file",
        byWhom: "the operator",
        source: file,
      }),
    );
    report.added += added.length;
    report.already += batch.size - added.length;
    batch = new Map();
    lineOf.clear();
  };
  for await (const one of lines) {
    if (one.kind === "wrong") {
      report.refused.push({ line: one.line, text: one.text, reason: one.reason });
    } else if (addressKey(one.address) === own) {
      report.refused.push({ line: one.line, text: one.address, reason: "this is the group's own address" });
    } else if (batch.has(addressKey(one.address))) {
      report.already += 1;
    } else {
      lineOf.set(addressKey(one.address), one.line);
      batch.set(addressKey(one.address), { address: one.address, name: one.name });
      if (batch.size === BATCH) await enter();
    }
  }
  if (batch.size > 0) await enter();
  return report;
}

async function list(name: string, options: { json?: boolean; csv?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const members = await directory.members(pool, (await groupCalled(pool, name)).id);
    if (options.json) {
      return printJson(
        members.map(({ address, name, role, mode, joinedAt }) => ({ address, name, role, mode, joinedAt })),
      );
    }
    if (options.csv) {
      print(["address,name", ...members.map((one) => `${csvCell(one.address)},${csvCell(one.name)}`)].join("\n"));
      return;
    }
    const rows = members.map((one) => [one.address, one.name, one.role, one.mode]);
    printTable(
      ["address", "name", "role", "mode"],
      rows,
      `${name} has no members yet: smartgroups member add ${name} FILE.csv`,
    );
  });
}

async function set(name: string, address: string, words: string[]): Promise<void> {
  const pairs = readPairs(words);
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const member = await directory.membershipOf(pool, group.id, address);
    const changed =
      member &&
      (await transact(pool, (sql) =>
        directory.setMembership(sql, member, pairs, "changed by the operator", clock.now()),
      ));
    if (!changed)
      throw new Refusal(`${address} is not a member of ${group.name}: smartgroups member list ${group.name}`);
    print(`${address}: ${Object.keys(pairs).join(", ")} set`);
  });
}

async function remove(name: string, addresses: string[]): Promise<void> {
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const present = await directory.membershipsOf(pool, [group.id], addresses);
    const ids = present.map((one) => one.id);
    const ended = await transact(pool, (sql) =>
      directory.endMemberships(sql, ids, "removed by the operator", clock.now()),
    );
    if (ended.length > 0) print(`${counted(ended.length, "member")} removed from ${group.name}`);
    const known = new Set(present.map((one) => addressKey(one.address)));
    const strangers = addresses.filter((address) => !known.has(addressKey(address)));
    if (strangers.length > 0) throw new Refusal(`Not members of ${group.name}: ${strangers.slice(0, 20).join(", ")}.`);
  });
}
