/**
 * `doctor`: whether this installation can do its work: the database, the disk, the clock, the ports, and the domain's
 * DNS with the records to paste. Ends with exit code 1 when something stops mail.
 */
import { Resolver } from "node:dns/promises";
import { readFile, statfs } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { Command } from "commander";
import { type Config, type Listen, readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import { serviceKeys, tlsCertificate } from "../keys/keys.ts";
import { type Clock, nodeClock, SECOND } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { dnsRecord } from "../mail/dkim.ts";
import { withDatabase } from "./database.ts";
import { type Check, checkDns } from "./doctor-dns.ts";
import { checkTls } from "./doctor-tls.ts";
import { clean, counted, print, printJson, span } from "./terminal.ts";

const GIGABYTE = 1024 ** 3;

export function define(command: Command): void {
  command
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit code 1 means that something stops mail.")
    .allowExcessArguments(false)
    .action(async (options: { json?: boolean }) => {
      const config = readConfig();
      const checks = await withDatabase(config, ({ pool, clock }) => examine(config, pool, clock));
      const stopping = checks.filter((check) => check.stopsMail);
      if (options.json) printJson({ ok: stopping.length === 0, checks });
      else printChecks(checks);
      if (stopping.length > 0)
        throw new Refusal(
          `Mail is stopped by ${stopping.map((check) => check.what).join(", ")}: see above what to do.`,
        );
    });
}

async function examine(config: Config, pool: Pool, clock: Clock): Promise<Check[]> {
  return [
    ...(await checkDatabase(pool, clock)),
    await checkDisk(config.data),
    ...(await Promise.all(config.smtp.map((listen) => checkPort("SMTP", listen)))),
    ...(await Promise.all(config.web.map((listen) => checkPort("web", listen)))),
    checkDomain(config),
    ...(await checkPublished(config, pool, clock)),
  ];
}

async function checkDatabase(pool: Pool, clock: Clock): Promise<Check[]> {
  const [row] = await pool<{ version: string; fsync: string; commit: string }[]>`
    select current_setting('server_version') as version, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit`;
  const isSafe = row!.fsync === "on" && row!.commit !== "off";
  const off = nodeClock().now().getTime() - clock.now().getTime();
  const isSteady = Math.abs(off) < 2 * SECOND;
  return [
    { what: "database", verdict: "ok", detail: `PostgreSQL ${row!.version}`, stopsMail: false },
    {
      what: "durability",
      verdict: isSafe ? "ok" : "wrong",
      detail: isSafe
        ? "fsync is on"
        : `fsync is ${row!.fsync} and synchronous_commit ${row!.commit}: a power cut would lose mail that was acknowledged; set both to on`,
      stopsMail: false,
    },
    {
      what: "clock",
      verdict: isSteady ? "ok" : "wrong",
      detail: isSteady
        ? "agrees with the database's"
        : `${span(Math.abs(off))} ${off > 0 ? "ahead of" : "behind"} the database's: keep both by NTP`,
      stopsMail: false,
    },
  ];
}

async function checkDisk(directory: string): Promise<Check> {
  const found = await statfs(directory).catch(() => statfs(dirname(directory)).catch(() => undefined));
  if (!found) return { what: "disk", verdict: "unknown", detail: `${directory} is not there yet`, stopsMail: false };
  const free = found.bavail * found.bsize;
  const detail = `${(free / GIGABYTE).toFixed(1)} GB free for ${directory}`;
  if (free > GIGABYTE) return { what: "disk", verdict: "ok", detail, stopsMail: false };
  return { what: "disk", verdict: "wrong", detail: `${detail}: make room`, stopsMail: free < GIGABYTE / 10 };
}

/** Whether something hears on a port we are to serve: a node, when it runs. */
async function checkPort(name: string, { host, port }: Listen): Promise<Check> {
  const what = `${name} at ${host}:${port}`;
  const isHeard = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host, port });
    const answer = (heard: boolean) => () => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(2 * SECOND, answer(false));
    socket.once("connect", answer(true)).once("error", answer(false));
  });
  const detail = isHeard ? "something answers" : "nothing answers: smartgroups start";
  return { what, verdict: isHeard ? "ok" : "missing", detail, stopsMail: false };
}

function checkDomain({ domain, outbound }: Config): Check {
  if (domain !== "localhost.test") return { what: "domain", verdict: "ok", detail: domain, stopsMail: false };
  const detail = `not set${outbound.kind === "capture" ? ", so outgoing mail is kept in the local mailbox" : ""}: set SMARTGROUPS_DOMAIN`;
  return { what: "domain", verdict: "missing", detail, stopsMail: false };
}

async function checkPublished(config: Config, pool: Pool, clock: Clock): Promise<Check[]> {
  const { domain, hostname, resolver } = config;
  if (domain === "localhost.test") return [];
  const { cert } = config.tlsCert
    ? { cert: await readFile(config.tlsCert, "utf8") }
    : await tlsCertificate(pool, hostname, clock);
  const keys = await serviceKeys(pool, domain, clock, config);
  const dkim = keys.published.map(({ selector, publicKey }) => dnsRecord(selector, domain, publicKey));
  const dns = new Resolver({ timeout: 2 * SECOND, tries: 2 });
  const [records, tls] = await Promise.all([
    checkDns(dns, { domain, hostname, dkim }),
    checkTls({ resolver, hostname, cert }),
  ]);
  return [...records, ...tls];
}

function printChecks(checks: Check[]): void {
  const width = Math.max(...checks.map((check) => check.what.length));
  for (const { what, verdict, detail } of checks)
    print(`${verdict.padEnd(8)} ${clean(what).padEnd(width)}  ${clean(detail)}`.trimEnd());
  const records = checks.flatMap((check) => check.record ?? []);
  if (records.length === 0) return;
  print(`\nDNS: ${counted(records.length, "record")} to publish\n`);
  for (const record of records) print(record);
}
