/** What may befall the embedded database: kills of every kind, full disks, closed directories, damaged files. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type EmbeddedServer, startEmbedded } from "../../src/db/embedded.ts";
import { accountFor } from "../../src/db/embedded-account.ts";
import { superviseEmbedded } from "../../src/db/embedded-keep.ts";
import { Refusal } from "../../src/kit/errors.ts";
import { silent } from "../../src/kit/log.ts";
import { ask, dataDirectory, endServer, spawnKeeper } from "../support/embedded.ts";

const isRoot = process.getuid?.() === 0;
const asRoot = { skip: isRoot ? false : "needs root" };
const withMounts = { skip: isRoot && process.platform === "linux" && mayMount() ? false : "needs the right to mount" };

function mayMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A file system of its own; after the test its server is ended and it is gone. */
async function smallDisk(t: TestContext, megabytes: number): Promise<string> {
  const mount = await mkdtemp(join(tmpdir(), "sg-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "none", mount]);
  t.after(async () => {
    await endServer(join(mount, "data"));
    execFileSync("umount", [mount]);
    await rm(mount, { recursive: true });
  });
  return join(mount, "data");
}

/** Takes all the room there is left; the answer gives it back. */
async function fill(directory: string): Promise<() => Promise<void>> {
  const ballast = join(directory, "ballast");
  const { bavail, bsize } = await statfs(directory);
  await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => undefined);
  return () => rm(ballast);
}

/** Asks until it is answered; the test's own time limit ends a wait in vain. */
async function askUntilAnswered(connection: Parameters<typeof ask>[0], statement: string): Promise<unknown> {
  for (;;) {
    try {
      return await ask(connection, statement);
    } catch {
      await pause(100);
    }
  }
}

test("of twenty kills of the keeper and the server at once, none loses what was committed", async (t) => {
  const directory = await dataDirectory(t);
  for (let round = 1; round <= 20; round++) {
    const keeper = await spawnKeeper(t, directory);
    const connection = keeper.said["connection"] as Parameters<typeof ask>[0];
    await ask(connection, "create table if not exists kept (round int)");
    await ask(connection, `insert into kept values (${round})`);
    const ended = [keeper.kill("SIGKILL"), endServer(directory, "SIGKILL")];
    await Promise.all(ended);
  }
  const server = await startEmbedded({ directory, log: silent });
  assert.deepEqual(await ask(server.connection, "select count(*)::int as count from kept"), [{ count: 20 }]);
});

test("a server that is killed while it works is started again by its keeper, and again", {
  timeout: 60_000,
}, async (t) => {
  const directory = await dataDirectory(t);
  const kept = await superviseEmbedded({ directory, log: silent });
  try {
    await ask(kept.connection, "create table kept (word text)");
    for (const word of ["one", "two"]) {
      await ask(kept.connection, `insert into kept values ('${word}')`);
      const sleeping = assert.rejects(ask(kept.connection, "select pg_sleep(600)"));
      await endServer(directory, "SIGKILL");
      await sleeping;
      await askUntilAnswered(kept.connection, "select 1");
    }
    assert.deepEqual(await ask(kept.connection, "select word from kept"), [{ word: "one" }, { word: "two" }]);
  } finally {
    await kept.stop();
  }
});

test("a start waits for the backends of a killed server that are still at work", { timeout: 60_000 }, async (t) => {
  const directory = await dataDirectory(t);
  const first = await startEmbedded({ directory, log: silent });
  const busy = ask(first.connection, "select count(*) from generate_series(1, 15000000)").catch(() => undefined);
  await pause(300);
  await endServer(directory, "SIGKILL");
  await first.stop();
  const second = await startEmbedded({ directory, log: silent });
  await busy;
  assert.deepEqual(await ask(second.connection, "select 1 as one"), [{ one: 1 }]);
});

test("two first starts at the same time make one database, and the other is refused", async (t) => {
  const directory = await dataDirectory(t);
  const keepers = await Promise.all([spawnKeeper(t, directory), spawnKeeper(t, directory)]);
  const refusals = keepers.map(({ said }) => said["refusal"]).filter((refusal) => refusal !== undefined);
  assert.equal(refusals.length, 1);
  assert.match(String(refusals[0]), /^Another Smartgroups/);
});

test("a first start that was killed half way is begun anew", async (t) => {
  const directory = await dataDirectory(t);
  await mkdir(join(directory, "pgdata.new", "base"), { recursive: true });
  await writeFile(join(directory, "pgdata.new", "PG_VERSION"), "18\n");
  const server = await startEmbedded({ directory, log: silent });
  assert.deepEqual(await ask(server.connection, "select 1 as one"), [{ one: 1 }]);
});

test("a directory too deep for a socket serves all the same", async (t) => {
  const directory = join(await dataDirectory(t), "deep-".repeat(20), "data");
  const server = await startEmbedded({ directory, log: silent });
  t.after(() => rm(server.connection.host, { recursive: true }));
  try {
    assert.deepEqual(await ask(server.connection, "select 1 as one"), [{ one: 1 }]);
  } finally {
    await server.stop();
  }
});

test("a damaged control file is named as damage, with a backup as the way out", async (t) => {
  const directory = await dataDirectory(t);
  await (await startEmbedded({ directory, log: silent })).stop();
  await writeFile(join(directory, "pgdata", "global", "pg_control"), Buffer.alloc(8192, 7));
  await assert.rejects(startEmbedded({ directory, log: silent }), /damaged.*move it aside and restore a backup/);
});

test("an ordinary user runs it, and is told of a directory that is not theirs", asRoot, async (t) => {
  const { uid, gid } = await accountFor("/nowhere");
  assert.ok(uid !== undefined && gid !== undefined);
  const theirs = await dataDirectory(t);
  await chown(theirs, uid, gid);
  const keeper = await spawnKeeper(t, theirs, { uid, gid });
  const connection = keeper.said["connection"] as Parameters<typeof ask>[0];
  assert.deepEqual(await ask(connection, "select 1 as one"), [{ one: 1 }]);
  const others = await dataDirectory(t);
  const refused = await spawnKeeper(t, others, { uid, gid });
  assert.match(String(refused.said["refusal"]), /not writable: .*SMARTGROUPS_DATA|make its directory writable/);
});

test("below a directory closed to others it runs, or names the directory to open", asRoot, async (t) => {
  const closed = await dataDirectory(t);
  await chmod(closed, 0o700);
  const directory = join(closed, "inner", "data");
  try {
    const server = await startEmbedded({ directory, log: silent });
    assert.deepEqual(await ask(server.connection, "select 1 as one"), [{ one: 1 }]);
    await server.stop();
  } catch (error) {
    assert.ok(error instanceof Refusal);
    assert.match(error.message, new RegExp(`chmod o\\+x ${closed}$`));
  }
});

test("a disk too small for a database is said, and nothing half made stays", withMounts, async (t) => {
  const directory = await smallDisk(t, 20);
  await assert.rejects(startEmbedded({ directory, log: silent }), /^Error: The disk that holds .* is full: make room/);
  const { blocks, bfree } = await statfs(directory);
  assert.ok(bfree > blocks * 0.9, "the room is free again");
});

test("a disk that is full at the start is said, and the start succeeds when there is room", withMounts, async (t) => {
  const directory = await smallDisk(t, 150);
  await (await startEmbedded({ directory, log: silent })).stop();
  const free = await fill(directory);
  const outcome = await startEmbedded({ directory, log: silent }).catch((error: unknown) => error);
  if (outcome instanceof Error) assert.match(outcome.message, /is full: make room/);
  else await (outcome as EmbeddedServer).stop(); // PostgreSQL found the little it needs
  await free();
  const server = await startEmbedded({ directory, log: silent });
  try {
    assert.deepEqual(await ask(server.connection, "select 1 as one"), [{ one: 1 }]);
  } finally {
    await server.stop();
  }
});

test("a disk that fills while it works fails statements, and it goes on by itself when there is room", {
  ...withMounts,
  timeout: 120_000,
}, async (t) => {
  const directory = await smallDisk(t, 200);
  const kept = await superviseEmbedded({ directory, log: silent });
  try {
    await ask(kept.connection, "create table kept (number int, filling text)");
    await ask(kept.connection, "insert into kept values (0, 'committed before')");
    const free = await fill(directory);
    const codes = new Set<unknown>();
    for (let number = 1; number <= 40; number++)
      await ask(
        kept.connection,
        `insert into kept select ${number}, string_agg(md5(random()::text), '') from generate_series(1, 100000)`,
      ).catch((error: unknown) => codes.add((error as { code?: unknown }).code));
    assert.ok(codes.size > 0, "the disk did fill");
    t.diagnostic(`codes seen: ${[...codes].join(" ")}`);
    await free();
    await askUntilAnswered(kept.connection, "insert into kept values (-1, 'after')");
    const rows = await ask(kept.connection, "select number from kept where number <= 0 order by number desc");
    assert.deepEqual(rows, [{ number: 0 }, { number: -1 }]);
  } finally {
    await kept.stop();
  }
});
