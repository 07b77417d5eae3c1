import assert from "node:assert/strict";
import { test } from "node:test";
import { heldClock } from "./clock.ts";
import { Memory } from "./memory.ts";

test("what is kept is believed for its time, and the least used is forgotten first", () => {
  const clock = heldClock(new Date(0));
  const memory = new Memory<string>(clock, 2);
  memory.keep("a", "A", 100);
  memory.keep("b", "B", 50);
  assert.equal(memory.get("a"), "A");
  memory.keep("c", "C", 100);
  assert.deepEqual(
    ["a", "b", "c"].map((key) => memory.get(key)),
    ["A", undefined, "C"],
  );
  clock.pass(100);
  assert.deepEqual(
    ["a", "c"].map((key) => memory.get(key)),
    [undefined, undefined],
  );
});
