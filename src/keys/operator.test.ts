import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { HOUR, MINUTE } from "../kit/clock.ts";
import { sealToken } from "../mail/token.ts";
import { isOperatorPass, operatorPass } from "./operator.ts";

const secret = randomBytes(32);
const now = new Date("2026-03-01T10:00:00Z");
const later = (ms: number): Date => new Date(now.getTime() + ms);

test("an operator's link is good for a quarter of an hour, the cookie for half a day, and neither for the other", () => {
  const link = operatorPass(secret, "link", now);
  const cookie = operatorPass(secret, "cookie", now);
  assert.ok(isOperatorPass(secret, "link", link, later(14 * MINUTE)));
  assert.ok(!isOperatorPass(secret, "link", link, later(15 * MINUTE)));
  assert.ok(!isOperatorPass(secret, "cookie", link, now), "a link that was seen somewhere is no session");
  assert.ok(isOperatorPass(secret, "cookie", cookie, later(11 * HOUR)));
  assert.ok(!isOperatorPass(secret, "cookie", cookie, later(12 * HOUR)));
});

test("no other token of ours, and nobody else's, is a pass", () => {
  const payload = Buffer.alloc(7, 0xff);
  payload.write("C");
  assert.ok(!isOperatorPass(secret, "cookie", sealToken(secret, "leave", payload), now));
  assert.ok(!isOperatorPass(secret, "cookie", operatorPass(randomBytes(32), "cookie", now), now));
  for (const pass of ["", "a", operatorPass(secret, "cookie", now).slice(1), "z".repeat(500)])
    assert.ok(!isOperatorPass(secret, "cookie", pass, now));
});
