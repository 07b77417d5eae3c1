/**
 * Debian's rspamd as a process of its own: its real rules on a loopback port, with a folder of its own, no redis and no DNS.
 * Answers undefined where the package is not installed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

const PROGRAM = "/usr/bin/rspamd";
/** What would ask the network, or redis. */
const OFF = [
  "rbl",
  "surbl",
  "fuzzy_check",
  "asn",
  "greylist",
  "ratelimit",
  "history_redis",
  "neural",
  "reputation",
].concat(["replies", "dmarc", "mx_check", "phishing", "bimi", "hfilter"]);

export async function startRspamd(t: TestContext): Promise<string | undefined> {
  if (!existsSync(PROGRAM)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-rspamd-"));
  const port = await freePort();
  for (const one of ["override.d", "local.d", "db", "log", "run"]) await mkdir(join(folder, one));
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, "override.d", name), `${text}\n`);
  await write("worker-normal.inc", `bind_socket = "127.0.0.1:${port}"; count = 1;`);
  for (const worker of ["controller", "proxy", "fuzzy"])
    await write(`worker-${worker}.inc`, "enabled = false; count = 0;");
  await write(
    "options.inc",
    'dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; } disable_monitoring = true; disable_hyperscan = true; gtube_patterns = "all"; enable_test_patterns = true; explicit_modules = [];',
  );
  await write("logging.inc", 'type = "console"; level = "error";');
  for (const one of OFF) await write(`${one}.conf`, "enabled = false;");
  const places = { DBDIR: "db", LOGDIR: "log", RUNDIR: "run" };
  const variables = Object.entries(places).map(([name, place]) => `--var=${name}=${join(folder, place)}`);
  const child = spawn(
    PROGRAM,
    ["-f", "-i", "-c", "/etc/rspamd/rspamd.conf", `--var=LOCAL_CONFDIR=${folder}`, ...variables],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk).slice(-2000);
    });
  t.after(async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 300; i += 1) {
    if (child.exitCode !== null) throw new Error(`rspamd ended: ${said}`);
    const isUp = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return url;
    await pause(200);
  }
  throw new Error(`rspamd did not come up within a minute: ${said}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
