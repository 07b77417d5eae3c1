import assert from "node:assert/strict";
import { test } from "node:test";
import { together } from "./together.ts";

test("what is asked in one turn, or while a question is under way, is asked together, and each gets its own answer", async () => {
  const asked: number[][] = [];
  const answers: (() => void)[] = [];
  const double = together<number, number>(async (questions) => {
    asked.push(questions);
    await new Promise<void>((resolve) => answers.push(resolve));
    return questions.map((one) => 2 * one);
  }, 3);
  const first = [double(1), double(2)];
  await new Promise(setImmediate);
  const second = [double(3), double(4), double(5), double(6)];
  await new Promise(setImmediate);
  assert.deepEqual(asked, [[1, 2]]);
  for (const expected of [2, 3]) {
    answers.at(-1)!();
    await new Promise(setImmediate);
    assert.equal(asked.length, expected);
  }
  answers.at(-1)!();
  assert.deepEqual(await Promise.all([...first, ...second]), [2, 4, 6, 8, 10, 12]);
  assert.deepEqual(asked, [[1, 2], [3, 4, 5], [6]]);
});

test("a question that fails does so for all who asked it, and the next ones are asked again", async () => {
  let isDown = true;
  const ask = together<string, string>(async (questions) => {
    if (isDown) throw new Error("away");
    return questions;
  }, 10);
  const results = await Promise.allSettled([ask("a"), ask("b")]);
  assert.deepEqual(
    results.map((one) => one.status),
    ["rejected", "rejected"],
  );
  isDown = false;
  assert.equal(await ask("c"), "c");
});
