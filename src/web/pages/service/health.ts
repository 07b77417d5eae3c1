/** For machines that look after us: alive (the process answers), ready (the database answers), and the counters. */
import { setTimeout as pause } from "node:timers/promises";
import { elapsed, SECOND } from "../../../kit/clock.ts";
import { reasonOf } from "../../../kit/errors.ts";
import type { Page } from "../../house.ts";

/** GET /healthz */
export const alive = (c: Page): Response => c.text("alive\n");

/** Longer than a healthy database takes for nothing; and than whoever asks us wants to wait. */
const SLOW = SECOND;
const TOO_SLOW = 5 * SECOND;

/** GET /readyz: ready, slow and what is waited for, or (503) not ready and why. */
export async function ready(c: Page): Promise<Response> {
  const { pool, lease } = c.var.house;
  const askedAt = elapsed();
  const giveUp = new AbortController();
  try {
    const answer = pool`select 1`.then(() => "answered");
    answer.catch(() => undefined);
    const none = pause(TOO_SLOW, "none", { signal: giveUp.signal });
    none.catch(() => undefined);
    if ((await Promise.race([answer, none])) === "none")
      return c.text(`not ready: the database has not answered for ${TOO_SLOW / SECOND} s\n`, 503);
  } catch (error) {
    return c.text(`not ready: ${reasonOf(error)}\n`, 503);
  } finally {
    giveUp.abort();
  }
  const took = elapsed() - askedAt;
  if (took > SLOW) return c.text(`slow: the database took ${(took / SECOND).toFixed(1)} s to answer\n`);
  if (lease && !lease.isHeld)
    return c.text("slow: no mail goes out until the database has confirmed that this worker is alive\n");
  return c.text("ready\n");
}

/** GET /metrics, in the form Prometheus reads */
export async function metrics(c: Page): Promise<Response> {
  const { registry } = c.var.house;
  if (!registry) return c.notFound();
  return c.body(await registry.metrics(), 200, { "content-type": registry.contentType });
}
