import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { silent } from "../kit/log.ts";
import { type Batcher, startBatcher } from "./batch.ts";
import { intakeCounters } from "./counters.ts";

type Letter = { id: string; bytes: number };
const letter = (id: string, bytes = 1): Letter => ({ id, bytes });

/** A batcher whose `put` waits until `let` is called, with what it should do. */
function scripted(options: { maxMails?: number; maxBytes?: number; inFlight?: number } = {}): {
  batcher: Batcher<Letter>;
  batches: string[][];
  finish(error?: Error): Promise<void>;
} {
  const batches: string[][] = [];
  const open: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const batcher = startBatcher<Letter>({
    put: (mails) =>
      new Promise((resolve, reject) => {
        batches.push(mails.map((mail) => mail.id));
        open.push({ resolve, reject });
      }),
    bytesOf: (mail) => mail.bytes,
    maxMails: options.maxMails ?? 10,
    maxBytes: options.maxBytes ?? 100,
    inFlight: options.inFlight ?? 1,
    counters: intakeCounters(new Registry()),
    log: silent,
  });
  const finish = async (error?: Error): Promise<void> => {
    const first = open.shift();
    assert.ok(first, "nothing is being stored");
    if (error) first.reject(error);
    else first.resolve();
    await new Promise(setImmediate);
  };
  return { batcher, batches, finish };
}

const coded = (code: string): Error => Object.assign(new Error(code), { code });

test("a lone mail is stored at once, and those that come meanwhile together", async () => {
  const { batcher, batches, finish } = scripted();
  const fates = ["a", "b", "c"].map((id) => batcher.keep(letter(id)));
  assert.deepEqual(batches, [["a"]]);
  await finish();
  assert.deepEqual(batches, [["a"], ["b", "c"]]);
  await finish();
  await Promise.all(fates);
});

test("no mail is answered before its own commit", async () => {
  const { batcher, finish } = scripted();
  const answered: string[] = [];
  for (const id of ["a", "b"]) void batcher.keep(letter(id)).then(() => answered.push(id));
  await new Promise(setImmediate);
  assert.deepEqual(answered, []);
  await finish();
  assert.deepEqual(answered, ["a"]);
  await finish();
  assert.deepEqual(answered, ["a", "b"]);
});

test("a batch has so many mails and so many bytes, and a mail larger than that goes alone", async () => {
  const { batcher, batches, finish } = scripted({ maxMails: 3, maxBytes: 10 });
  const sizes = [1, 1, 1, 1, 8, 8, 50, 1];
  const fates = sizes.map((bytes, i) => batcher.keep(letter(String(i), bytes)));
  for (let i = 0; i < 6; i += 1) await finish();
  await Promise.all(fates);
  assert.deepEqual(batches, [["0"], ["1", "2", "3"], ["4"], ["5"], ["6"], ["7"]]);
});

test("when the database is away, all of the batch hear it and nothing is tried one by one", async () => {
  const { batcher, batches, finish } = scripted();
  const fates = Promise.allSettled(["a", "b", "c"].map((id) => batcher.keep(letter(id))));
  await finish();
  await finish(coded("57P01"));
  assert.deepEqual(
    (await fates).map((fate) => fate.status),
    ["fulfilled", "rejected", "rejected"],
  );
  assert.equal(batches.length, 2);
  const again = batcher.keep(letter("d"));
  await finish();
  await again;
});

test("a poisonous mail does not fail its neighbours", async () => {
  const { batcher, batches, finish } = scripted();
  const fates = Promise.allSettled(["a", "b", "poison", "c"].map((id) => batcher.keep(letter(id))));
  await finish();
  await finish(coded("22021"));
  await finish();
  await finish(coded("22021"));
  await finish();
  assert.deepEqual(
    (await fates).map((fate) => fate.status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(batches, [["a"], ["b", "poison", "c"], ["b"], ["poison"], ["c"]]);
});

test("several batches may be under way, and idle waits for all of them", async () => {
  const { batcher, batches, finish } = scripted({ inFlight: 2 });
  const fates = ["a", "b", "c", "d"].map((id) => batcher.keep(letter(id)));
  assert.deepEqual(batches, [["a"], ["b"]]);
  let isIdle = false;
  const idle = batcher.idle().then(() => {
    isIdle = true;
  });
  await finish();
  assert.deepEqual(batches[2], ["c", "d"]);
  await finish();
  assert.equal(isIdle, false);
  await finish();
  await Promise.all([...fates, idle]);
});
