import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { ask, dataDirectory, spawnKeeper } from "../../test/support/embedded.ts";
import { testServer } from "../../test/support/server.ts";
import { silent } from "../kit/log.ts";
import { startEmbedded } from "./embedded.ts";
import { layoutOf } from "./embedded-files.ts";
import { borrowEmbedded } from "./embedded-keep.ts";
import { mayPass, sentenceFor } from "./embedded-trouble.ts";

test("the embedded database is PostgreSQL 18 in UTF-8, sorting by code point, with page checksums", async () => {
  const [row] = await ask(
    testServer(),
    `select current_setting('server_version_num')::int / 10000 as major, current_setting('server_encoding') as encoding,
       current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
       'Z' < 'a' as "byCode", upper('ä') = 'Ä' as "knowsCase"`,
  );
  assert.deepEqual(
    { ...row },
    { major: 18, encoding: "UTF8", checksums: "on", addresses: "", byCode: true, knowsCase: true },
  );
});

test("what was committed is there after a stop and a start, and fsync is on unless asked otherwise", async (t) => {
  const directory = await dataDirectory(t);
  const first = await startEmbedded({ directory, log: silent });
  await ask(first.connection, "create table kept (word text); insert into kept values ('here')");
  await first.stop();
  assert.match(await first.died, /code 0/);
  const second = await startEmbedded({ directory, log: silent });
  assert.deepEqual(await ask(second.connection, "select word, current_setting('fsync') as fsync from kept"), [
    { word: "here", fsync: "on" },
  ]);
});

test("only the database's user and root reach the socket and the files", async (t) => {
  const directory = await dataDirectory(t);
  const server = await startEmbedded({ directory, log: silent });
  for (const path of [server.connection.host, join(directory, "pgdata")])
    assert.equal((await stat(path)).mode & 0o777, 0o700, path);
});

test("a server whose keeper was killed is taken over, with the connections it has", async (t) => {
  const directory = await dataDirectory(t);
  const keeper = await spawnKeeper(t, directory);
  await keeper.kill("SIGKILL");
  const server = await startEmbedded({ directory, log: silent });
  assert.equal(server.pid, keeper.said["pid"]);
  assert.deepEqual(await ask(server.connection, "select 1 as one"), [{ one: 1 }]);
  await server.stop();
  assert.equal(await server.died, "ended");
});

test("a second keeper is refused with the process id of the first, and the first goes on", async (t) => {
  const directory = await dataDirectory(t);
  const server = await startEmbedded({ directory, log: silent });
  const { said } = await spawnKeeper(t, directory);
  assert.match(
    String(said["refusal"]),
    new RegExp(`^Another Smartgroups \\(process ${process.pid}, a node\\).*stop it`),
  );
  assert.deepEqual(await ask(server.connection, "select 1 as one"), [{ one: 1 }]);
});

test("a command uses the database of the running node and leaves it running", async (t) => {
  const directory = await dataDirectory(t);
  const keeper = await spawnKeeper(t, directory);
  const borrowed = await borrowEmbedded({ directory, log: silent });
  assert.deepEqual(borrowed.connection, keeper.said["connection"]);
  await borrowed.stop();
  assert.deepEqual(await ask(borrowed.connection, "select 1 as one"), [{ one: 1 }]);
});

test("commands at the same time without a node each get the database, one after the other", async (t) => {
  const directory = await dataDirectory(t);
  const command = async (word: string): Promise<void> => {
    const { connection, stop } = await borrowEmbedded({ directory, log: silent });
    await ask(connection, `create table if not exists said (word text); insert into said values ('${word}')`);
    await stop();
  };
  await Promise.all([command("one"), command("two"), command("three")]);
  const { connection } = await borrowEmbedded({ directory, log: silent });
  assert.deepEqual(await ask(connection, "select count(*)::int as count from said"), [{ count: 3 }]);
});

test("a pid file left behind whose number now belongs to a stranger does not keep the database from starting", async (t) => {
  const directory = await dataDirectory(t);
  await (await startEmbedded({ directory, log: silent })).stop();
  const layout = layoutOf(directory);
  await writeFile(
    join(layout.pgdata, "postmaster.pid"),
    `${process.ppid}\n${layout.pgdata}\n1\n5432\n${layout.sockets}\n\n  1 1\nready   \n`,
  );
  const server = await startEmbedded({ directory, log: silent });
  assert.notEqual(server.pid, process.ppid);
});

test("files of another PostgreSQL version are refused with both versions, and left as they are", async (t) => {
  const directory = await dataDirectory(t);
  await (await startEmbedded({ directory, log: silent })).stop();
  const version = join(directory, "pgdata", "PG_VERSION");
  await writeFile(version, "17\n");
  await assert.rejects(startEmbedded({ directory, log: silent }), /made by PostgreSQL 17 and this is 18.*backup/);
  assert.equal(await readFile(version, "utf8"), "17\n");
});

test("each way PostgreSQL fails becomes a sentence that says what to do", () => {
  const layout = layoutOf("/data");
  for (const [said, sentence] of [
    [
      'initdb: error: could not write to file "x": No space left on device',
      /^The disk that holds \/data is full: make/,
    ],
    ["FATAL:  could not map anonymous shared memory: Cannot allocate memory", /not enough memory.*free some/],
    ["PANIC:  could not locate a valid checkpoint record at 0/1", /damaged.*restore a backup/],
    ['FATAL:  data directory "/data/pgdata" has wrong ownership', /may not use \/data\/pgdata: start as/],
    [
      'x LOG:  invalid value for parameter "a": "b"\nx FATAL:  configuration file "/c" contains errors',
      /"a": "b"; .* \/c$/,
    ],
    ["Error: spawn /x/initdb ENOENT", /does not run on this system.*DATABASE_URL/],
    ["FATAL:  something new", /^PostgreSQL did not start: something new \(\/data\/postgresql.log/],
  ] as const)
    assert.match(sentenceFor(said, layout, false), sentence);
  assert.match(sentenceFor("PANIC:  cannot abort transaction 1", layout, true), /^The disk .* is full/);
  assert.ok(mayPass("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use"));
  assert.ok(!mayPass("FATAL:  could not locate a valid checkpoint record"));
});

test("a data directory too deep for a socket keeps it in a short place of its own", () => {
  const deep = `/data/${"deep/".repeat(20)}`;
  assert.ok(layoutOf(deep).sockets.length < 90);
  assert.notEqual(layoutOf(deep).sockets, layoutOf(`${deep}er`).sockets);
  assert.equal(layoutOf("/data").sockets, "/data/run");
});
