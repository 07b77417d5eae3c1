/**
 * Fan-out: posts of 4 KB to 1,000 members over 50 domains (personal signed copies, and shared ones), one post on an idle
 * node, and posts to 5 members end to end. Injector and sink run on the same machine; Postfix and Mailman 3 are the peers,
 * as far as they are installed (`apt-get install postfix mailman3`); neither signs.
 *
 *     npm run bench fanout [-- POSTS SMALL_POSTS]
 *
 * Deliveries a second are counted from the first 250 of the posts to the last copy in the sink.
 */
import { setTimeout as pause } from "node:timers/promises";
import { inject, type Load } from "./accept-load.ts";
import { startMailman } from "./peers/mailman.ts";
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
  const sink = await startSink();
  const rows = await ours(sink);
  const missing: string[] = [];
  for (const peer of PEERS) {
    const found = await peer.measure(sink);
    if (found) rows.push(...found);
    else missing.push(peer.name);
  }
  sink.stop();
  console.table(rows);
  for (const name of missing) console.log(`${name} is not installed (or we are not root): not in this run.`);
}

async function ours(sink: Sink): Promise<Row[]> {
  const rows: Row[] = [];
  const service = await startService(sink.port);
  try {
    await prepare(service);
    await measure(service, sink, "warm", 3, MEMBERS, "big");
    const lone: Row[] = [];
    for (let i = 0; i < 5; i += 1)
      lone.push(await measure(service, sink, "personal, signed: 1 post, idle node, median of 5", 1, MEMBERS, "big"));
    rows.push(lone.sort((x, y) => Number(x["to the last, s"]) - Number(y["to the last, s"]))[2]!);
    rows.push(await measure(service, sink, `personal, signed: ${POSTS} posts to ${MEMBERS}`, POSTS, MEMBERS, "big"));
    rows.push(await measure(service, sink, `shared copies: ${POSTS} posts to ${MEMBERS}`, POSTS, MEMBERS, "shared"));
    await measure(service, sink, "warm", 200, 5, "small");
    rows.push(await measure(service, sink, `personal, signed: ${SMALL_POSTS} posts to 5`, SMALL_POSTS, 5, "small"));
  } finally {
    await service.stop();
  }
  return rows;
}

const small = memberAddresses(5);
const big = memberAddresses(MEMBERS);

/** Each answers its rows, or undefined when it is not installed. */
const PEERS: { name: string; measure(sink: Sink): Promise<Row[] | undefined> }[] = [
  { name: "Postfix", measure: (sink) => postfix(sink, "Postfix, 50 recipients a copy", 50, "") },
  { name: "Postfix", measure: (sink) => postfix(sink, "Postfix, one transaction a member", 1, "") },
  { name: "Postfix", measure: (sink) => postfix(sink, "Postfix with VERP", 50, " XVERP") },
  { name: "Mailman 3", measure: (sink) => mailman(sink, "Mailman 3, shared copies", false) },
  { name: "Mailman 3", measure: (sink) => mailman(sink, "Mailman 3 with VERP", true) },
];

async function postfix(
  sink: Sink,
  name: string,
  recipientsPerTransaction: number,
  parameters: string,
): Promise<Row[] | undefined> {
  const aliases = { "big@groups.test": big, "small@groups.test": small };
  const peer = await startPostfix({ sinkPort: sink.port, aliases, recipientsPerTransaction });
  if (!peer) return undefined;
  try {
    const load = { host: "127.0.0.1", port: peer.smtpPort, parameters, sink };
    const [many, few] = [Math.ceil(POSTS / 4), Math.ceil(SMALL_POSTS / 4)];
    return [
      await drive(load, `${name}: ${many} posts to ${MEMBERS}`, many, MEMBERS, "big"),
      await drive(load, `${name}: ${few} posts to 5`, few, 5, "small"),
    ];
  } finally {
    await peer.stop();
  }
}

/** Few posts: it takes its time. */
async function mailman(sink: Sink, name: string, verp: boolean): Promise<Row[] | undefined> {
  const lists = { "big@groups.test": big, "small@groups.test": small };
  const peer = await startMailman({ sinkPort: sink.port, lists, verp });
  if (!peer) return undefined;
  try {
    const load = { host: "127.0.0.1", port: peer.lmtpPort, hello: "LHLO", pipelining: false, sink };
    await drive(load, "warm", 2, 5, "small");
    return [
      await drive(load, `${name}: 2 posts to ${MEMBERS}`, 2, MEMBERS, "big"),
      await drive(load, `${name}: 40 posts to 5`, 40, 5, "small"),
    ];
  } finally {
    await peer.stop();
  }
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
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    ...row,
    "CPU µs a delivery": Math.round((1e6 * cpuSeconds) / (posts * members)),
    "memory MB": after.megabytes,
  };
}

type Target = Pick<Load, "host" | "port" | "hello" | "parameters" | "pipelining"> & { sink: Sink };

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
