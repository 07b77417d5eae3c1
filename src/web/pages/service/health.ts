/** For machines that look after us: alive (the process answers), ready (the database answers), and the counters. */
import { reasonOf } from "../../../kit/errors.ts";
import type { Page } from "../../house.ts";

/** GET /healthz */
export const alive = (c: Page): Response => c.text("alive\n");

/** GET /readyz */
export async function ready(c: Page): Promise<Response> {
  try {
    await c.var.house.pool`select 1`;
    return c.text("ready\n");
  } catch (error) {
    return c.text(`not ready: ${reasonOf(error)}\n`, 503);
  }
}

/** GET /metrics, in the form Prometheus reads */
export async function metrics(c: Page): Promise<Response> {
  const { registry } = c.var.house;
  if (!registry) return c.notFound();
  return c.body(await registry.metrics(), 200, { "content-type": registry.contentType });
}
