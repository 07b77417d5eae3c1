/**
 * What signed copies cost: in CPU, on the thread that speaks SMTP, and how many a second all cores make.
 *
 * A copy cannot be cheaper than its signatures; the ratio to bare RSA-2048 says what everything around them adds. The
 * shorter keys are here for docs/decisions/0011-signatures.md: a copy signed by one of them is what a copy would cost
 * if RSA-2048 signed once a post, and only the personal fields each time.
 */
import { generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { cpuUsage, threadCpuUsage } from "node:process";
import { elapsed, nodeClock } from "../src/kit/clock.ts";
import { newId } from "../src/kit/id.ts";
import { personalCopy, prepareCopies, sharedCopy } from "../src/mail/copy.ts";
import { type DkimKey, dkimKey } from "../src/mail/dkim.ts";

const ROUNDS = 5;
const COUNT = 600;
/** Copies that a busy lane has under way. */
const IN_FLIGHT = 64;
const POST_BYTES = 4096;

type Cost = { wall: number; cpu: number; here: number };

export async function run(): Promise<void> {
  const clock = nodeClock();
  const rsa = (bits: number): KeyObject => generateKeyPairSync("rsa", { modulusLength: bits }).privateKey;
  const [rsa1024, rsa1536, rsa2048, ed25519] = [
    rsa(1024),
    rsa(1536),
    rsa(2048),
    generateKeyPairSync("ed25519").privateKey,
  ];
  const secret = Buffer.from("a secret of this node, 32 bytes.");
  const members = Array.from({ length: COUNT }, () => ({ membershipId: newId(clock) }));
  const group = {
    id: newId(clock),
    name: "readers",
    title: "Readers",
    subjectTag: "[readers]",
    footer: "Readers",
    from: "rewrite-when-needed",
    reply: "untouched",
  } as const;
  const service = { domain: "groups.test", url: "https://groups.test", authservId: "groups.test" };
  const post = {
    raw: samplePost(),
    number: 1,
    receivedAt: clock.now(),
    authResults: "spf=pass; dkim=pass",
    chain: "none",
    policy: undefined,
  } as const;
  const prepare = (...keys: KeyObject[]) => prepareCopies(post, group, service, keys.map(asDkimKey), clock);
  const bare = (key: KeyObject) => async () =>
    void signBytes(key === ed25519 ? null : "sha256", Buffer.alloc(64, 1), key);
  const personal = (...keys: KeyObject[]) => {
    const prepared = prepare(...keys);
    let i = 0;
    return async () => personalCopy(await prepared, members[i++ % COUNT]!, secret, clock);
  };
  const both = await prepare(rsa2048, ed25519);

  const measured: [name: string, work: () => Promise<unknown>][] = [
    ["RSA-2048 alone", bare(rsa2048)],
    ["RSA-1536 alone", bare(rsa1536)],
    ["RSA-1024 alone", bare(rsa1024)],
    ["Ed25519 alone", bare(ed25519)],
    ["personal copy, RSA-2048", personal(rsa2048)],
    ["personal copy, RSA-2048 and Ed25519", personal(rsa2048, ed25519)],
    ["personal copy, RSA-1536", personal(rsa1536)],
    ["personal copy, RSA-1024", personal(rsa1024)],
    ["personal copy, Ed25519", personal(ed25519)],
    ["personal copy, unsigned", personal()],
    ["shared copy, RSA-2048", () => sharedCopy(both, secret, clock)],
    ["preparing a post, ARC set included", () => prepare(rsa2048)],
  ];
  // Rounds in turn, so that what else the machine does falls on all alike; the median of each counts
  const costs = measured.map((): Cost[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [i, [, work]] of measured.entries()) costs[i]!.push(await costOf(work));
  const median = (i: number, part: keyof Cost): number =>
    costs[i]!.map((cost) => cost[part]).toSorted((a, b) => a - b)[ROUNDS >> 1]!;
  console.log(
    `sign: a post of ${POST_BYTES} bytes, ${ROUNDS} rounds of ${COUNT}, ${IN_FLIGHT} under way, ${availableParallelism()} cores`,
  );
  console.table(
    measured.map(([what], i) => ({
      what,
      "CPU µs": median(i, "cpu").toFixed(0),
      "on the SMTP thread": median(i, "here").toFixed(0),
      "× RSA-2048": (median(i, "cpu") / median(0, "cpu")).toFixed(2),
      "per second and core": Math.round(1e6 / median(i, "cpu")),
      "per second, measured": Math.round(1e6 / median(i, "wall")),
    })),
  );
}

const asDkimKey = (key: KeyObject): DkimKey =>
  dkimKey(key.export({ type: "pkcs8", format: "pem" }).toString(), "s1", "groups.test");

/** Microseconds for each of COUNT pieces of work. */
async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = { wall: elapsed(), cpu: cpuUsage(), here: threadCpuUsage() };
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < COUNT) {
      begun += 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const cpu = cpuUsage(before.cpu);
  const here = threadCpuUsage(before.here);
  return {
    wall: ((elapsed() - before.wall) * 1000) / COUNT,
    cpu: (cpu.user + cpu.system) / COUNT,
    here: (here.user + here.system) / COUNT,
  };
}

function samplePost(): Buffer {
  const head = [
    "Received: from far.test by groups.test with ESMTPS id 1; Mon, 23 Nov 2026 12:00:00 +0000",
    `DKIM-Signature: v=1; a=rsa-sha256; d=far.test; s=x; h=from:to:subject; bh=; b=${"A".repeat(344)}`,
    "From: Ana Lopez <ana@far.test>",
    "To: readers@groups.test",
    "Subject: Chapter two, and what the harbour master said about it",
    "Date: Mon, 23 Nov 2026 12:00:00 +0000",
    "Message-ID: <two@far.test>",
    "References: <zero@far.test> <one@far.test>",
    "In-Reply-To: <one@far.test>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "",
  ].join("\r\n");
  const line = "It was late when we came to the harbour, and nobody was there to meet us.\r\n";
  return Buffer.from(head + line.repeat(Math.ceil((POST_BYTES - head.length) / line.length)));
}
