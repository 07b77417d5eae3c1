/**
 * Mailman 3 as a peer: an instance of its own in a temporary directory, Debian's package with SQLite, as user `list`.
 *
 * It hands its mails straight to the sink, where in life a Postfix stands: what is measured is Mailman alone. No archive, no
 * digests, no DKIM. With `verp` every member gets a copy with a return path of their own.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./port.ts";

const run = promisify(execFile);

export type Mailman = { lmtpPort: number; stop(): Promise<void> };

const PROGRAM = "/usr/lib/mailman3/bin/mailman";
const PASSWORD = "bench";

/** Starts it with these lists; undefined when Mailman is not installed or we are not root. */
export async function startMailman(options: {
  sinkPort: number;
  lists: Record<string, string[]>;
  verp: boolean;
}): Promise<Mailman | undefined> {
  if (!existsSync(PROGRAM) || process.getuid?.() !== 0) return undefined;
  const { stdout } = await run("id", ["-u", "list"]);
  const uid = Number(stdout);
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-mailman-"));
  await chmod(folder, 0o755);
  const file = join(folder, "mailman.cfg");
  const [lmtpPort, webPort] = [await freePort(), await freePort()];
  await writeFile(file, settings(folder, { ...options, lmtpPort, webPort }));
  await chown(folder, uid, uid);
  const env = { PATH: "/usr/bin:/bin", HOME: folder, LC_ALL: "C.UTF-8" };
  const command = (...words: string[]) =>
    run(PROGRAM, ["-C", file, ...words], { uid, gid: uid, env, cwd: folder, maxBuffer: 1 << 26 });
  for (const [address, members] of Object.entries(options.lists)) {
    await command("create", "--quiet", address);
    const names = join(folder, `${address}.txt`);
    await writeFile(names, members.map((one) => `${one}\n`).join(""));
    await command("addmembers", "--no-welcome-msg", names, address);
  }
  const master = spawn("/usr/lib/mailman3/bin/master", ["-C", file], {
    uid,
    gid: uid,
    env,
    cwd: folder,
    stdio: "ignore",
  });
  const stop = async (): Promise<void> => {
    await end(master);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const port of [webPort, lmtpPort]) await untilListening(port);
    for (const address of Object.keys(options.lists)) await openToAll(webPort, address);
  } catch (error) {
    await stop();
    throw error;
  }
  return { lmtpPort, stop };
}

function settings(
  folder: string,
  ports: { sinkPort: number; lmtpPort: number; webPort: number; verp: boolean },
): string {
  const idle = ["archive", "bad", "bounces", "command", "digest", "nntp", "retry", "virgin", "shunt", "task"];
  return [
    "[mailman]",
    "layout: bench",
    "site_owner: owner@groups.test",
    "[paths.bench]",
    `var_dir: ${folder}`,
    "bin_dir: /usr/lib/mailman3/bin",
    "[mta]",
    "incoming: mailman.mta.null.NullMTA",
    "smtp_host: 127.0.0.1",
    `smtp_port: ${ports.sinkPort}`,
    "lmtp_host: 127.0.0.1",
    `lmtp_port: ${ports.lmtpPort}`,
    `verp_delivery_interval: ${ports.verp ? 1 : 0}`,
    "[webservice]",
    "hostname: 127.0.0.1",
    `port: ${ports.webPort}`,
    "admin_user: bench",
    `admin_pass: ${PASSWORD}`,
    ...idle.flatMap((name) => [`[runner.${name}]`, "start: no"]),
    "",
  ].join("\n");
}

/** Lets anybody post, and turns off what would happen beside sending. */
async function openToAll(port: number, address: string): Promise<void> {
  const changes = { default_nonmember_action: "accept", archive_policy: "never", digests_enabled: "false" };
  const answer = await fetch(`http://127.0.0.1:${port}/3.1/lists/${address}/config`, {
    method: "PATCH",
    headers: { authorization: `Basic ${Buffer.from(`bench:${PASSWORD}`).toString("base64")}` },
    body: new URLSearchParams(changes),
  });
  if (!answer.ok) throw new Error(`Mailman refused its settings: ${answer.status} ${await answer.text()}`);
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await pause(100);
  }
  throw new Error("Mailman did not start");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}
