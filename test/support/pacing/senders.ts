/**
 * Two senders for `drive`: ours, which is the real pace, and one that does what Postfix's documents say of its queue
 * manager with the settings it comes with.
 */
import { MINUTE, SECOND } from "../../../src/kit/clock.ts";
import { type Sense, senseOf } from "../../../src/mail/sense.ts";
import { allowance, began, type Heard, heard, newPace } from "../../../src/outbound/pace.ts";
import type { Reply } from "../../../src/outbound/reply.ts";
import { firstPause, pauseAfter } from "../../../src/outbound/retry.ts";
import type { Limits } from "../../../src/providers/providers.ts";
import type { Sender } from "./drive.ts";

export function ours(limits: Limits): Sender {
  let pace = newPace(limits, 0);
  return {
    allowance: (now) => allowance(pace, limits, now),
    began: (now) => {
      pace = began(pace, limits, now);
    },
    heard: (reply, now) => {
      pace = heard(pace, limits, heardIn(reply), now);
    },
    pauseAfter: (reply, attempts) => pauseAfter(firstPause(reply), attempts, 0.5),
  };
}

function heardIn(reply: Reply): Heard {
  if (reply.kind === "sent") return { kind: "sent" };
  const sense = known.get(reply.text) ?? senseOf(reply);
  known.set(reply.text, sense);
  return { kind: "refused", sense, scope: reply.scope, isSilence: reply.code === 0 };
}

/** Pretend providers say few things, a million times. */
const known = new Map<string, Sense>();

/**
 * Postfix (SCHEDULER_README, postconf(5)): five deliveries at once to begin with and at most 20; one more after each that
 * got past the handshake, one less after each that did not; when as many in a row failed as were allowed at once, the
 * destination is dead for five minutes. What is refused after the handshake is that mail's own matter.
 */
export function postfixLike(limits: Limits): Sender {
  const FIRST = 5;
  let window = FIRST;
  let failed = 0;
  let deadUntil = 0;
  return {
    allowance: (now) => ({
      connections: Math.max(1, Math.floor(window)),
      nextMailAt: Math.max(now, deadUntil),
      mailsPerConnection: 100,
      recipients: 50,
      isProbing: false,
    }),
    began: () => undefined,
    heard: (reply, now) => {
      if (now < deadUntil) return;
      if (reply.kind === "sent" || reply.scope !== "site") {
        failed = 0;
        window = Math.min(limits.connections, window + 1);
        return;
      }
      failed += 1 / Math.max(1, window);
      window -= 1;
      if (window >= 1 && failed < 1) return;
      deadUntil = now + 300 * SECOND;
      window = FIRST;
      failed = 0;
    },
    pauseAfter: (_reply, attempts) => Math.min(4000 * SECOND, 5 * MINUTE * 2 ** (attempts - 1)),
  };
}
