/**
 * Latency beside a giant: posts to 20 members while a post to 100,000 is going out, all of it to one provider, which is
 * the worst case: one worker, one lane, one order of mails.
 *
 *     npm run bench latency [-- MEMBERS POSTS]
 *
 * A latency is from the first word of the post's transmission to the last dot of each copy in the sink.
 */
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "./accept-load.ts";
import { benchPost } from "./post.ts";
import { type Service, type Sink, startService, startSink } from "./service.ts";
import { benchNow } from "./time.ts";

const MANY = Number(process.argv[3] ?? 100_000);
const POSTS = Number(process.argv[4] ?? 60);
const FEW = 20;
const EVERY = 200;

export async function run(): Promise<void> {
  const sink = await startSink();
  const service = await startService(sink.port);
  try {
    await addGroup(service, "many", MANY);
    await addGroup(service, "few", FEW);
    await post(service, "few", true);
    await until(sink, FEW);
    const idle = await beside(service, sink, 0);
    await sink.reset();
    const start = benchNow();
    await post(service, "many", false);
    await until(sink, 1);
    const busy = await beside(service, sink, 1);
    await until(sink, MANY + FEW * POSTS);
    const stats = await sink.stats();
    const seconds = ((stats.lastAt ?? start) - start) / 1000;
    console.table([
      { beside: "nothing", ...idle },
      { beside: `a post to ${MANY}`, ...busy },
    ]);
    console.log(
      `The post to ${MANY} and ${POSTS} posts to ${FEW}: ${seconds.toFixed(1)} s, ` +
        `${Math.round(stats.recipients / seconds)} deliveries/s, ${MANY + FEW * POSTS - stats.recipients} missing.`,
    );
  } finally {
    await service.stop();
    sink.stop();
  }
}

/** Sends the small posts one by one and waits for their copies; answers how long these took. */
async function beside(service: Service, sink: Sink, giants: number) {
  if (giants === 0) await sink.reset();
  for (let i = 0; i < POSTS; i += 1) {
    await post(service, "few", true);
    await pause(EVERY);
  }
  let latency = (await sink.stats()).latency;
  for (let waited = 0; (latency?.count ?? 0) < FEW * POSTS && waited < 600; waited += 1) {
    await pause(100);
    latency = (await sink.stats()).latency;
  }
  const { recipients } = await sink.stats();
  return {
    copies: latency?.count ?? 0,
    "median ms": Math.round(latency?.median ?? Number.NaN),
    "p99 ms": Math.round(latency?.p99 ?? Number.NaN),
    "longest ms": Math.round(latency?.max ?? Number.NaN),
    // Latencies count only as long as the giant was not through.
    "giant done": giants > 0 ? `${Math.round((100 * (recipients - FEW * POSTS)) / MANY)} %` : "",
  };
}

const post = (service: Service, group: string, timed: boolean) =>
  inject({
    host: "127.0.0.1",
    port: service.smtpPort,
    connections: 1,
    mails: 1,
    bytes: 4096,
    rcpt: () => `${group}@groups.test`,
    message: () => benchPost({ timed }),
  });

async function addGroup(service: Service, name: string, members: number): Promise<void> {
  await service.command(["group", "add", name]);
  const lines = Array.from({ length: members }, (_, i) => `${name}${i}@d${i % 50}.test,\n`);
  await service.command(["member", "add", name, "-"], `${lines.join("")}load@load.test,\n`);
  await service.command(["member", "set", name, "load@load.test", "mode=none"]);
}

/** Waits for so many recipients, as long as some arrive. */
async function until(sink: Sink, recipients: number): Promise<void> {
  let seen = 0;
  for (let still = 0; still < 300; still += 1) {
    const stats = await sink.stats();
    if (stats.recipients >= recipients) return;
    if (stats.recipients !== seen) still = 0;
    seen = stats.recipients;
    await pause(100);
  }
}
