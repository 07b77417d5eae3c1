import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startFarSide } from "../support/far-side.ts";
import { write } from "../support/node.ts";
import { sendMail } from "../support/send.ts";

const BIN = "/usr/lib/postgresql/15/bin";
const skip = existsSync(`${BIN}/postgres`) ? false : "Debian's postgresql 15 is not installed";

test("the whole way works on a PostgreSQL 15 of the system's, named by DATABASE_URL", { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "smartgroups-pg15-"));
  const user = process.getuid?.() === 0 ? account("postgres") : undefined;
  if (user) chownSync(folder, user.uid, user.gid);
  const as = user ?? {};
  execFileSync(
    `${BIN}/initdb`,
    ["-D", join(folder, "data"), "-U", "groups", "-A", "trust", "-E", "UTF8", "--no-locale"],
    { ...as, stdio: "ignore", cwd: folder },
  );
  const port = 20_000 + (process.pid % 20_000);
  const server = spawn(
    `${BIN}/postgres`,
    [
      "-D",
      join(folder, "data"),
      "-k",
      folder,
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "fsync=off",
    ],
    { ...as, stdio: "ignore", cwd: folder },
  );
  const farSide = await startFarSide();
  t.after(async () => {
    await farSide.close();
    const gone = once(server, "exit");
    server.kill("SIGINT");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  const env = {
    ...process.env,
    DATABASE_URL: `postgres://groups@127.0.0.1:${port}/postgres`,
    SMARTGROUPS_DOMAIN: "groups.test",
    SMARTGROUPS_SMTP: "127.0.0.1:0",
    SMARTGROUPS_WEB: "127.0.0.1:0",
    SMARTGROUPS_OUTBOUND: `smtp://127.0.0.1:${farSide.port}`,
    SMARTGROUPS_WORKERS: "1",
    SMARTGROUPS_LOG: "error",
  };
  const command = (words: string[], input = ""): string =>
    execFileSync(process.execPath, ["src/main.ts", ...words], { env, input, encoding: "utf8" });
  for (let tries = 0; tries < 50 && !existsSync(join(folder, `.s.PGSQL.${port}`)); tries += 1) await pause(100);
  command(["group", "add", "readers"]);
  command(["member", "add", "readers", "-"], "ana@far.test,Ana\nben@far.test,Ben\n");
  const service = spawn(process.execPath, ["src/main.ts", "start"], { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [said] = await once(service.stdout!, "data");
    const smtp = Number(/smtp=[^ ]*:(\d+)/.exec(String(said))?.[1]);
    const sent = await sendMail(
      smtp,
      { from: "ana@far.test", to: ["readers@groups.test"] },
      write({ from: "ana@far.test" }, { name: "readers" }, { domain: "groups.test" }),
    );
    assert.equal(sent.code, 250);
    await farSide.waitFor(2);
    assert.deepEqual(farSide.mails.flatMap((mail) => mail.to).sort(), ["ana@far.test", "ben@far.test"]);
  } finally {
    const gone = once(service, "exit");
    service.kill("SIGTERM");
    assert.deepEqual((await gone)[0], 0, "it stops cleanly");
  }
});

function account(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
