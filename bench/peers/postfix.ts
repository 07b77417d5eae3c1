/**
 * Postfix as a peer: an instance of its own in a temporary directory, with virtual aliases as its groups.
 *
 * Debian's package, no TLS, no DKIM, no archive. `isHolding` keeps what it takes, so that only accepting is measured.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./port.ts";

const run = promisify(execFile);

export type Postfix = { smtpPort: number; stop(): Promise<void> };

export type PostfixOptions = {
  sinkPort: number;
  aliases: Record<string, string[]>;
  isHolding?: boolean;
  recipientsPerTransaction?: number;
};

/** Starts it; undefined when Postfix is not installed or we are not root. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix | undefined> {
  if (!existsSync("/usr/sbin/postfix") || process.getuid?.() !== 0) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-postfix-"));
  const at = (name: string): string => join(folder, name);
  for (const name of ["etc", "spool", "data"]) await mkdir(at(name));
  await run("chmod", ["755", folder]);
  await run("chown", ["postfix", at("data")]);
  const smtpPort = await freePort();
  const main = {
    compatibility_level: "3.6",
    queue_directory: at("spool"),
    data_directory: at("data"),
    myhostname: "peer.test",
    mydestination: "",
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    mynetworks: "127.0.0.0/8",
    virtual_alias_domains: "groups.test",
    virtual_alias_maps: `texthash:${at("etc/virtual")}`,
    virtual_alias_expansion_limit: "100000",
    default_transport: `smtp:[127.0.0.1]:${options.sinkPort}`,
    smtp_destination_recipient_limit: String(options.recipientsPerTransaction ?? 50),
    smtp_destination_concurrency_limit: "50",
    default_process_limit: "100",
    // Who says XVERP gets a transaction and a return path for each recipient.
    smtpd_authorized_verp_clients: "127.0.0.1",
    maillog_file: at("log"),
    maillog_file_prefixes: folder,
    ...(options.isHolding && { defer_transports: "smtp" }),
  };
  await writeFile(
    at("etc/main.cf"),
    Object.entries(main)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(""),
  );
  const master = await readFile("/usr/share/postfix/master.cf.dist", "utf8").catch(() =>
    readFile("/etc/postfix/master.cf", "utf8"),
  );
  await writeFile(
    at("etc/master.cf"),
    master
      .replace(/^smtp(\s+inet\s+n\s+-\s+)\S(\s.*)$/m, `127.0.0.1:${smtpPort}$1n$2`)
      .replace(/^(\w\S*\s+unix\s+\S\s+\S\s+)y/gm, "$1n"),
  );
  await writeFile(
    at("etc/virtual"),
    Object.entries(options.aliases)
      .map(([name, to]) => `${name} ${to.join(",")}\n`)
      .join(""),
  );
  await run("postfix", ["-c", at("etc"), "start"]);
  return {
    smtpPort,
    stop: async () => {
      await run("postfix", ["-c", at("etc"), "stop"]).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
