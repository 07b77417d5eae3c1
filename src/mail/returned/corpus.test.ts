/** The reader held against returned mail of the real world: 541 mails whose truth others stated (shared/corpora/README.md). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { corpus, without } from "../../../test/support/corpora.ts";
import { readReturnedFile } from "./file.ts";

type Stated = {
  address: string;
  alias?: string | string[];
  class: "permanent" | "temporary" | "none" | null;
  scoreClass?: boolean;
  gaveUp?: boolean;
};
type Truth = { kind: string; confidence: "high" | "medium"; recipients: Stated[]; recipientsUnstated?: boolean };

/**
 * Two that the truth calls no bounce, one by the folder it lies in, one by its file name, and that say themselves that a
 * mail was rejected ("reject reason: Mailbox full"; "mailbox unavailable"). We take them for what they say.
 */
const DISPUTED = ["sisimai/not-rb-issue-368-bug.eml", "cws/fbl_hotmail_002.eml"];

class Score {
  mails = 0;
  found = 0;
  exact = 0;
  classes = 0;
  classesRight = 0;
  missed: string[] = [];

  add(file: string, truth: Truth, read: Awaited<ReturnType<typeof readReturnedFile>>): void {
    const names = (one: Stated): string[] => [one.address, ...[one.alias ?? []].flat()];
    const readOf = (one: Stated) => read.recipients.find(({ address }) => names(one).includes(address));
    const isFound = truth.recipients.every((one) => readOf(one));
    this.mails += 1;
    if (isFound) this.found += 1;
    else this.missed.push(file);
    if (isFound && read.recipients.length === truth.recipients.length) this.exact += 1;
    for (const one of truth.recipients) {
      const told = readOf(one);
      if (!told || one.scoreClass === false || one.class === null || one.class === "none") continue;
      this.classes += 1;
      if (told.class === one.class || one.gaveUp) this.classesRight += 1;
    }
  }

  get recipients(): number {
    return this.found / this.mails;
  }

  get class(): number {
    return this.classesRight / this.classes;
  }

  toString(): string {
    const share = (part: number, of: number): string => `${part} of ${of} (${((100 * part) / of).toFixed(1)} %)`;
    return `recipients ${share(this.found, this.mails)}, those alone ${share(this.exact, this.mails)}, class ${share(this.classesRight, this.classes)}`;
  }
}

test("bounces of the real world name their recipients and class, and nothing else is taken for one", {
  skip: without("bounces/dev"),
}, async (t) => {
  const folder = corpus("bounces/dev")!;
  const truths = JSON.parse(readFileSync(join(folder, "truth.json"), "utf8")) as Record<string, Truth>;
  const scores = { all: new Score(), high: new Score(), medium: new Score() };
  const alarms: string[] = [];
  let others = 0;
  for (const [file, truth] of Object.entries(truths)) {
    if (truth.kind === "not-recognised" || truth.recipientsUnstated) continue;
    const read = await readReturnedFile(readFileSync(join(folder, file)));
    if (truth.kind === "bounce") {
      scores.all.add(file, truth, read);
      scores[truth.confidence].add(file, truth, read);
      continue;
    }
    others += 1;
    if (read.kind === "bounce" || read.recipients.length > 0) alarms.push(file);
  }
  t.diagnostic(`all: ${scores.all}`);
  t.diagnostic(`high confidence: ${scores.high}`);
  t.diagnostic(`medium confidence: ${scores.medium}`);
  t.diagnostic(`not found: ${scores.all.missed.join(", ")}`);
  t.diagnostic(`false alarms: ${alarms.length} of ${others}, ${alarms.join(", ")}`);
  t.diagnostic("for comparison, flufl.bounce 4.0: recipients 89 %, class 92 %, false alarms 2 of 59");
  assert.ok(scores.all.recipients >= 0.99);
  assert.ok(scores.all.class >= 0.97);
  assert.deepEqual(
    alarms.filter((file) => !DISPUTED.includes(file)),
    [],
  );
});

/** The same bounces as a system would have written them that knows no report: only the prose is left to read. */
test("the prose of a report alone names nearly as many", { skip: without("bounces/dev") }, async (t) => {
  const folder = corpus("bounces/dev")!;
  const truths = JSON.parse(readFileSync(join(folder, "truth.json"), "utf8")) as Record<string, Truth>;
  const score = new Score();
  for (const [file, truth] of Object.entries(truths)) {
    const written = readFileSync(join(folder, file), "latin1");
    if (truth.kind !== "bounce" || truth.recipientsUnstated || !/^(?:final|original)-recipient:/im.test(written))
      continue;
    const bare = written
      .replace(/message\/(?:global-)?delivery-status/gi, "application/x-nothing")
      .replace(/^(?:final|original)-recipient:/gim, "X-Nothing:");
    score.add(file, truth, await readReturnedFile(Buffer.from(bare, "latin1")));
  }
  t.diagnostic(`prose alone: ${score}`);
  assert.ok(score.recipients >= 0.95);
  assert.ok(score.class >= 0.95);
});
