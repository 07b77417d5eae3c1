/**
 * Fan-out: posts of 4 KB to 1,000 members over 50 domains (personal signed copies, and shared ones), one post on an idle
 * node, and posts to 5 members end to end. Injector and sink run on the same machine; Postfix is the peer when installed.
 *
 * Deliveries a second are counted from the first 250 of the posts to the last copy in the sink.
 */
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "./accept-load.ts";
import { startPostfix } from "./peers/postfix.ts";
import { benchPost } from "./post.ts";
import { type Service, type Sink, startService, startSink } from "./service.ts";
import { benchNow } from "./time.ts";

const MEMBERS = 1000;
const DOMAINS = 50;
const POSTS = Number(process.argv[3] ?? 100);
const SMALL_POSTS = Number(process.argv[4] ?? 2000);

type Row = Record<string, string | number>;

const memberAddresses = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `member${i}@d${i % Math.min(count, DOMAINS)}.test`);

export async function run(): Promise<void> {
  const rows: Row[] = [];
  const sink = await startSink();
  const service = await startService(sink.port);
  try {
    await prepare(service);
    await measure(service, sink, "warm", 3, MEMBERS, "big");
    rows.push(await measure(service, sink, "personal, signed: 1 post, idle node", 1, MEMBERS, "big"));
    rows.push(await measure(service, sink, `personal, signed: ${POSTS} posts to ${MEMBERS}`, POSTS, MEMBERS, "big"));
    rows.push(await measure(service, sink, `shared copies: ${POSTS} posts to ${MEMBERS}`, POSTS, MEMBERS, "shared"));
    rows.push(await measure(service, sink, `personal, signed: ${SMALL_POSTS} posts to 5`, SMALL_POSTS, 5, "small"));
  } finally {
    await service.stop();
  }
  const small = memberAddresses(5);
  const big = memberAddresses(MEMBERS);
  const postfix = await startPostfix({
    sinkPort: sink.port,
    aliases: { "big@groups.test": big, "small@groups.test": small },
    recipientsPerTransaction: 1,
  });
  if (postfix) {
    try {
      const load = { host: "127.0.0.1", port: postfix.smtpPort, sink };
      rows.push(
        await drive(
          load,
          `Postfix, one transaction a member: ${POSTS / 4} posts to ${MEMBERS}`,
          POSTS / 4,
          MEMBERS,
          "big",
        ),
      );
      rows.push(
        await drive(
          load,
          `Postfix, one transaction a member: ${SMALL_POSTS / 4} posts to 5`,
          SMALL_POSTS / 4,
          5,
          "small",
        ),
      );
    } finally {
      await postfix.stop();
    }
  }
  sink.stop();
  console.table(rows);
  if (!postfix) console.log("Postfix is not installed: no peer in this run.");
}

async function prepare(service: Service): Promise<void> {
  for (const [name, count] of [
    ["big", MEMBERS],
    ["shared", MEMBERS],
    ["small", 5],
  ] as const) {
    const settings = name === "shared" ? ["copies=shared"] : [];
    await service.command(["group", "add", name, ...settings]);
    const lines = [...memberAddresses(count), "load@load.test"].map((address) => `${address},\n`).join("");
    await service.command(["member", "add", name, "-"], lines);
    await service.command(["member", "set", name, "load@load.test", "mode=none"]);
  }
}

async function measure(
  service: Service,
  sink: Sink,
  what: string,
  posts: number,
  members: number,
  group: string,
): Promise<Row> {
  const before = await service.cost();
  const row = await drive({ host: "127.0.0.1", port: service.smtpPort, sink }, what, posts, members, group);
  const after = await service.cost();
  return { ...row, "CPU s": (after.cpuSeconds - before.cpuSeconds).toFixed(1), "memory MB": after.megabytes };
}

type Target = { host: string; port: number; sink: Sink };

async function drive(target: Target, what: string, posts: number, members: number, group: string): Promise<Row> {
  const { sink } = target;
  await sink.reset();
  const start = benchNow();
  await inject({
    ...target,
    connections: Math.min(16, posts),
    mails: posts,
    bytes: 4096,
    rcpt: () => `${group}@groups.test`,
    message: () => benchPost(),
  });
  const wanted = posts * members;
  let stats = await sink.stats();
  for (let waited = 0; stats.recipients < wanted && waited < 600; waited += 1) {
    await pause(100);
    const later = await sink.stats();
    if (later.recipients !== stats.recipients) waited = 0;
    stats = later;
  }
  const seconds = ((stats.lastAt ?? start) - start) / 1000;
  return {
    what,
    "deliveries/s": Math.round(stats.recipients / seconds),
    "posts/s": (posts / seconds).toFixed(1),
    "to the last, s": seconds.toFixed(2),
    "median post ms": stats.latency ? Math.round(stats.latency.median) : "",
    "p99 ms": stats.latency ? Math.round(stats.latency.p99) : "",
    missing: wanted - stats.recipients,
  };
}
