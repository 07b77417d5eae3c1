/**
 * Pacing: the real pace against pretend providers, half an hour of virtual time each, beside a sender that does what
 * Postfix's documents say. Prints what each got of what the provider would have taken and what it provoked, and draws
 * the courses into docs/pacing/. Nothing is measured in real time: every run prints the same.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MINUTE, SECOND } from "../src/kit/clock.ts";
import { BUCKET, type Course, drive } from "../test/support/pacing/drive.ts";
import {
  blockingOne,
  connectionLimited,
  flapping,
  greylisting,
  outage,
  type Provider,
  rateLimited,
  steady,
  tarpitting,
  throttling,
} from "../test/support/pacing/providers.ts";
import { ours, postfixLike } from "../test/support/pacing/senders.ts";
import { drawCourses } from "./pacing-curve.ts";

const LENGTH = 30 * MINUTE;

const PROVIDERS: { file: string; make: () => Provider }[] = [
  { file: "steady", make: steady },
  { file: "rate-limited", make: rateLimited },
  { file: "throttling", make: throttling },
  { file: "connection-limited", make: connectionLimited },
  { file: "greylisting", make: greylisting },
  { file: "tarpitting", make: tarpitting },
  { file: "flapping", make: flapping },
  { file: "down", make: () => outage() },
  { file: "silent", make: () => outage(true) },
  { file: "blocking-one", make: blockingOne },
];

export async function run(): Promise<void> {
  const folder = fileURLToPath(new URL("../docs/pacing/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  console.log("| provider | ours: got | had to refuse | back after | Postfix-like: got | had to refuse | back after |");
  console.log("|---|---|---|---|---|---|---|");
  for (const { file, make } of PROVIDERS) {
    const { connections, name } = make();
    const limits = { connections, mailsPerConnection: 100, perMinute: Number.POSITIVE_INFINITY, recipients: 100 };
    const [us, peer] = [ours, postfixLike].map((sender) => drive(make(), () => sender(limits), LENGTH));
    const could = us!.taken.map((_, i) => make().wouldTake(i * BUCKET));
    console.log(`| ${name} | ${cells(us!, could, make())} | ${cells(peer!, could, make())} |`);
    writeFileSync(`${folder}${file}.svg`, drawCourses(name, could, us!, peer!));
  }
  console.log(`curves: ${folder}`);
}

const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0);

function cells(course: Course, could: readonly number[], { recoversAt }: Provider): string {
  const share = sum(course.taken) / ((sum(could) * BUCKET) / MINUTE);
  const back = recoversAt === undefined ? "" : backAfter(course, could, recoversAt);
  return `${Math.round(share * 100)} % | ${sum(course.refused).toLocaleString("en")} | ${back}`;
}

/** Until nine tenths of what the provider takes are sent. */
function backAfter({ taken }: Course, could: readonly number[], recoversAt: number): string {
  const from = recoversAt / BUCKET;
  const after = taken.slice(from).findIndex((count, i) => count >= (0.9 * could[from + i]! * BUCKET) / MINUTE);
  return after < 0 ? "never" : `≤ ${((after + 1) * BUCKET) / SECOND} s`;
}
