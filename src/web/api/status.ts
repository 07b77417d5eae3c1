/**
 * The queue in counts, as a public status page may show it: `status --json` without what is the operator's own.
 *
 * Everybody may ask, and the figures are sums over the whole queue: so they are made anew every few seconds at most.
 * A provider that few wait for may be somebody's own mail server, and is summed up with the others.
 */
import { SECOND } from "../../kit/clock.ts";
import * as queue from "../../queue/queue.ts";
import type { House, Page } from "../house.ts";

const KEPT = 5 * SECOND;
const WINDOW_SECONDS = 300;
const FEW = 5;

/** GET status */
export function newStatus(house: House): (c: Page) => Promise<Response> {
  let made: { at: number; status: ReturnType<typeof statusOf> } | undefined;
  return async (c) => {
    const now = house.clock.now();
    if (!made || Math.abs(now.getTime() - made.at) > KEPT) {
      const fresh = { at: now.getTime(), status: statusOf(house, now) };
      made = fresh;
      fresh.status.catch(() => {
        if (made === fresh) made = undefined;
      });
    }
    c.header("cache-control", "public, max-age=5");
    return c.json(await made.status);
  };
}

async function statusOf({ pool }: House, now: Date) {
  const { mails, providers, rates } = await queue.outlook(pool, now);
  const perSecond = (kind: string): number =>
    (rates.find((rate) => rate.kind === kind)?.recipients ?? 0) / WINDOW_SECONDS;
  const sum = (rows: queue.ProviderOutlook[]): number => rows.reduce((all, row) => all + row.recipients, 0);
  const isHeld = (row: queue.ProviderOutlook): boolean => row.state === "held";
  const waiting = providers.filter((row) => !isHeld(row));
  const times = [...mails.flatMap((one) => one.oldest ?? []), ...waiting.map((one) => one.oldest)];
  return {
    at: now,
    mails,
    deliveries: {
      waiting: sum(waiting),
      held: sum(providers.filter(isHeld)),
      providers: withoutSmall(providers),
    },
    perSecond: { sent: perSecond("sent"), later: perSecond("later"), never: perSecond("never") },
    oldestWaiting: earliest(times),
  };
}

function withoutSmall(rows: queue.ProviderOutlook[]) {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(row.provider, (totals.get(row.provider) ?? 0) + row.recipients);
  const isSmall = (row: queue.ProviderOutlook): boolean => (totals.get(row.provider) ?? 0) < FEW;
  const others = [...Map.groupBy(rows.filter(isSmall), (row) => row.state)].map(([state, some]) => ({
    provider: "others",
    state,
    deliveries: some.reduce((all, row) => all + row.deliveries, 0),
    recipients: some.reduce((all, row) => all + row.recipients, 0),
    oldest: earliest(some.map((row) => row.oldest)),
    nextDue: earliest(some.map((row) => row.nextDue)),
  }));
  const large = rows
    .filter((row) => !isSmall(row))
    .map(({ provider, state, deliveries, recipients, oldest, nextDue }) => ({
      provider,
      state,
      deliveries,
      recipients,
      oldest,
      nextDue,
    }));
  return [...large, ...others];
}

const earliest = (times: Date[]): Date | null =>
  times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())));
