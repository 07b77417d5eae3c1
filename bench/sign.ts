/**
 * How many personal, signed copies one core makes, beside what RSA-2048 alone costs in the same run.
 *
 * A copy cannot be cheaper than its signatures; the ratio says what everything around them adds. DESIGN section 7.
 */
import { createPrivateKey, sign as signBytes } from "node:crypto";
import { elapsed, nodeClock } from "../src/kit/clock.ts";
import { newId } from "../src/kit/id.ts";
import { personalCopy, prepareCopies, sharedCopy } from "../src/mail/copy.ts";
import { type DkimKey, dkimKey, generateKeys } from "../src/mail/dkim.ts";

const ROUNDS = 5;
const COUNT = 600;
const POST_BYTES = 4096;

export async function run(): Promise<void> {
  const clock = nodeClock();
  const generated = generateKeys();
  const rsa = dkimKey(generated.rsa.privateKey, "r1", "groups.test");
  const ed25519 = dkimKey(generated.ed25519.privateKey, "e1", "groups.test");
  const bare = createPrivateKey(generated.rsa.privateKey);
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
  const prepare = (keys: readonly DkimKey[]) => prepareCopies(post, group, service, keys, clock);
  const [both, onlyRsa, unsigned] = [prepare([rsa, ed25519]), prepare([rsa]), prepare([])];
  const digestInput = Buffer.alloc(64, 1);

  const measured: [string, () => void][] = [
    ["RSA-2048 alone", () => void signBytes("sha256", digestInput, bare)],
    ["personal copy, RSA", once(members, (member) => personalCopy(onlyRsa, member, secret, clock))],
    ["personal copy, RSA and Ed25519", once(members, (member) => personalCopy(both, member, secret, clock))],
    ["personal copy, unsigned", once(members, (member) => personalCopy(unsigned, member, secret, clock))],
    ["shared copy, RSA and Ed25519", () => void sharedCopy(both, secret, clock)],
    ["preparing a post, RSA and Ed25519", () => void prepare([rsa, ed25519])],
  ];
  // Rounds in turn, so that what else the machine does falls on all alike; the median of each counts
  const times = measured.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [i, [, work]] of measured.entries()) times[i]!.push(timeOf(work));
  const medians = times.map((list) => list.toSorted((a, b) => a - b)[ROUNDS >> 1]!);
  console.log(`sign: one core, a post of ${POST_BYTES} bytes, ${ROUNDS} rounds of ${COUNT}`);
  for (const [i, [name]] of measured.entries()) {
    const us = medians[i]! * 1000;
    const ratio = (medians[i]! / medians[0]!).toFixed(2);
    console.log(
      `  ${name.padEnd(36)}${us.toFixed(1).padStart(8)} µs ${Math.round(1e6 / us)
        .toString()
        .padStart(8)}/s  ${ratio} × RSA alone`,
    );
  }
}

function once<T>(list: readonly T[], work: (item: T) => unknown): () => void {
  let i = 0;
  return () => void work(list[i++ % list.length]!);
}

function timeOf(work: () => void): number {
  const start = elapsed();
  for (let i = 0; i < COUNT; i += 1) work();
  return (elapsed() - start) / COUNT;
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
