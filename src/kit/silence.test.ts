import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "./clock.ts";
import { Silence } from "./silence.ts";

test("who is silent is silent for as long as somebody looks", () => {
  const silence = new Silence();
  for (let now = 0; now <= 9 * SECOND; now += 500) assert.equal(silence.look(now), now);
  silence.heard();
  assert.equal(silence.look(9.5 * SECOND), 500);
});

test("a watcher that was frozen itself takes nobody for dead because of it", () => {
  const silence = new Silence();
  silence.look(0);
  assert.equal(silence.look(20 * MINUTE), SECOND);
});
