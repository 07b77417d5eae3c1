/** Debian's unbound, on the loopback, validating zones that the test has signed. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { ask } from "../../src/transport/dns-client.ts";
import type { SignedZone } from "./signed-zone.ts";

const PROGRAM = ["/usr/sbin/unbound", "/usr/bin/unbound", "/usr/local/sbin/unbound"].find((path) => existsSync(path));

/** For `test(name, { skip: withoutUnbound }, …)`. */
export const withoutUnbound: string | false = PROGRAM ? false : "unbound is not installed";

/** A zone without a key is insecure: unbound takes its word and marks nothing. */
export type Served = { zone: string; text: string; anchor?: SignedZone["anchor"] };

export async function startUnbound(t: TestContext, zones: Served[]): Promise<{ host: string; port: number }> {
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-unbound-"));
  const port = await freePort();
  const lines = [
    "server:",
    `  interface: 127.0.0.1`,
    `  port: ${port}`,
    `  directory: "${folder}"`,
    '  username: ""',
    '  chroot: ""',
    '  pidfile: ""',
    "  use-syslog: no",
    '  logfile: ""',
    "  do-daemonize: no",
    "  num-threads: 1",
    '  module-config: "validator iterator"',
    '  local-zone: "test." nodefault',
    ...zones.map(({ zone, anchor }) => (anchor ? `  trust-anchor: "${anchor}"` : `  domain-insecure: "${zone}"`)),
    "remote-control:",
    "  control-enable: no",
  ];
  for (const { zone, text } of zones) {
    const file = join(folder, `${zone}.zone`);
    await writeFile(file, text);
    lines.push("auth-zone:", `  name: "${zone}"`, `  zonefile: "${file}"`);
    lines.push("  for-downstream: no", "  for-upstream: yes", "  fallback-enabled: no");
  }
  const conf = join(folder, "unbound.conf");
  await writeFile(conf, `${lines.join("\n")}\n`);
  const child = spawn(PROGRAM!, ["-d", "-c", conf], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  t.after(async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
    if (!t.passed) t.diagnostic(said.slice(0, 4000));
  });
  const server = { host: "127.0.0.1", port };
  for (let tries = 0; ; tries += 1) {
    const isUp = await ask(server, zones[0]!.zone, "SOA", 500).then(
      () => true,
      (error) => error.code !== "ECONNREFUSED" && error.code !== "ETIMEOUT",
    );
    if (isUp) return server;
    if (child.exitCode !== null || tries > 100) throw new Error(`unbound does not answer: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
