import assert from "node:assert/strict";
import { test } from "node:test";
import { BUCKET, drive } from "../../test/support/pacing/drive.ts";
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
} from "../../test/support/pacing/providers.ts";
import { ours } from "../../test/support/pacing/senders.ts";
import { MINUTE, SECOND } from "../kit/clock.ts";

/** Twenty minutes of an endless backlog in virtual time. */
function sendTo(provider: Provider) {
  const limits = {
    connections: provider.connections,
    mailsPerConnection: 100,
    perMinute: Number.POSITIVE_INFINITY,
    recipients: 100,
  };
  const { taken, refused, mostOpen } = drive(provider, () => ours(limits), 20 * MINUTE);
  const sum = (counts: number[]): number => counts.reduce((total, one) => total + one, 0);
  const could = sum(taken.map((_, i) => (provider.wouldTake(i * BUCKET) * BUCKET) / MINUTE));
  const fromRecovery = taken.slice((provider.recoversAt ?? 0) / BUCKET);
  const full = 0.9 * ((provider.wouldTake(20 * MINUTE) * BUCKET) / MINUTE);
  return {
    share: sum(taken) / could,
    refused: sum(refused),
    mostOpen,
    fullAfterMs: fromRecovery.findIndex((count) => count >= full) * BUCKET,
  };
}

test("a steady provider gets all it takes, at once", () => {
  const { share, refused, fullAfterMs } = sendTo(steady());
  assert.ok(
    share > 0.97 && refused === 0 && fullAfterMs <= 10 * SECOND,
    JSON.stringify({ share, refused, fullAfterMs }),
  );
});

test("a limit on the rate is found and kept just below", () => {
  for (const provider of [rateLimited(600), rateLimited(60), throttling(240)]) {
    const { share, refused } = sendTo(provider);
    assert.ok(share > 0.85 && refused < 100, JSON.stringify({ name: provider.name, share, refused }));
  }
});

test("a limit on the connections is found and kept", () => {
  for (const connections of [1, 2, 8]) {
    const { share, refused } = sendTo(connectionLimited(connections));
    assert.ok(share > 0.93 && refused < 30, JSON.stringify({ connections, share, refused }));
  }
});

test("greylisting slows nothing but its own mails", () => {
  const { share, mostOpen } = sendTo(greylisting());
  assert.ok(share > 0.9 && mostOpen === 20, JSON.stringify({ share, mostOpen }));
});

test("a tarpit gets as many mails as fit into its connections", () => {
  const { share, refused } = sendTo(tarpitting());
  assert.ok(share > 0.9 && refused === 0, JSON.stringify({ share, refused }));
});

test("a provider that comes and goes gets most of what it takes while it is there", () => {
  const { share, refused } = sendTo(flapping());
  assert.ok(share > 0.8 && refused < 200, JSON.stringify({ share, refused }));
});

test("after twelve minutes of refusing everything, full speed is back within a minute", () => {
  for (const provider of [outage(), outage(true), blockingOne()]) {
    const { share, refused, fullAfterMs } = sendTo(provider);
    assert.ok(share > 0.9 && refused < 60, JSON.stringify({ name: provider.name, share, refused }));
    assert.ok(
      fullAfterMs >= 0 && fullAfterMs <= MINUTE,
      `${provider.name}: full speed after ${fullAfterMs / SECOND} s`,
    );
  }
});
