/**
 * Outbound: takes deliveries that are due and brings each recipient's copy to the far side.
 *
 *     take a lane → take its deliveries → who gets them, and how (desk) → send (lane) → settle (hand, settler)
 *
 * One loop takes work for all lanes of this worker in one statement; everything after it goes on beside it, so that a
 * slow provider holds up nobody else. What the far sides said goes to the settler, which writes it many times a second.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Pool } from "../db/sql.ts";
import type { ServiceKeys } from "../keys/keys.ts";
import { type Clock, elapsed, SECOND } from "../kit/clock.ts";
import type { Lease } from "../kit/lease.ts";
import type { Log } from "../kit/log.ts";
import { startLoop } from "../kit/loop.ts";
import * as providers from "../providers/providers.ts";
import * as queue from "../queue/queue.ts";
import type { Protections } from "../transport/transport.ts";
import { capturing } from "./capture.ts";
import type { Guard } from "./client.ts";
import { desk } from "./desk.ts";
import { Hands } from "./hand.ts";
import { Lane } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import { hearsay, Lines } from "./lines.ts";
import { preparer } from "./prepare.ts";
import type { Resolver } from "./resolve.ts";
import { type Reach, router } from "./route.ts";
import { type NamedHost, readRoutes } from "./routes.ts";
import { Settler } from "./settler.ts";
import type { Timeouts } from "./timeouts.ts";

export type { Resolver } from "./resolve.ts";
export type { Timeouts } from "./timeouts.ts";

export type OutboundOptions = {
  pool: Pool;
  worker: string;
  node: string;
  domain: string;
  hostname: string;
  url: string;
  /** `capture` keeps mail in the local mailbox; `direct` asks DNS; a relay gets everything. */
  to: { kind: "capture" } | { kind: "direct" } | ({ kind: "relay" } & NamedHost);
  /** SMARTGROUPS_ROUTES, "" for none. */
  routesFile: string;
  egress: readonly string[];
  giveUpAfterMs: number;
  keys: ServiceKeys;
  clock: Clock;
  log: Log;
  /** While it is not held nothing is begun, and nothing ended with a dot: somebody else may have taken over. */
  lease: Lease;
  resolver?: Resolver;
  /** DANE and MTA-STS of the hosts that DNS names, and the count of what came of them. */
  protections?: Protections;
  guard?: Guard;
  reach?: Reach;
  timeouts?: Timeouts;
  everyMs?: number;
};

export type Outbound = {
  /** There is work for these providers, named with spaces between them; "" for whoever it may be. */
  wake(providers: string): void;
  /** An operator has stopped something. */
  hold(): void;
  stop(): Promise<void>;
};

/** Results waiting to be written before nothing more is begun. */
const BACKLOG = 4000;
/** Deferred deliveries that become due at one look, and providers looked for. */
const RIPE = 2000;
const LOOKED_FOR = 1000;

/** How long a stop waits for what is under way. */
const GRACE = 8 * SECOND;

export function startOutbound(options: OutboundOptions): Outbound {
  const { pool, worker, lease, clock, log, egress } = options;
  // After trouble deliveries may be in our name that we don't work on: the statement that took them lost its answer, or
  // they could not be put back. Counted, so that trouble during the freeing is not forgotten with the trouble before it.
  let troubles = 0;
  let freedUpTo = 0;
  const noteTrouble = (): void => {
    troubles += 1;
  };
  const pump = (): void => {
    for (const lane of lanes.all()) lane.pump();
  };
  const settler = new Settler({
    pool,
    worker,
    clock,
    log,
    gaveUp: noteTrouble,
    caughtUp: pump,
    lost: () => lease.lose(),
  });
  const heardFrom = hearsay(clock);
  const hands = new Hands({ settler, hearsay: heardFrom, clock, giveUpAfterMs: options.giveUpAfterMs });
  const isCapturing = options.to.kind === "capture" && options.routesFile === "";
  const opening = desk({
    pool,
    worker,
    clock,
    log,
    hands,
    noteTrouble,
    prepared: preparer({ pool, domain: options.domain, url: options.url, keys: options.keys, clock }),
    route: router({
      clock,
      hostnames: [options.hostname, options.domain],
      ...(options.routesFile && { routes: readRoutes(options.routesFile) }),
      ...(options.to.kind === "relay" && { relay: options.to }),
      ...(options.resolver && { resolver: options.resolver }),
      ...(options.protections && { protections: options.protections }),
      ...(options.reach && { reach: options.reach }),
    }),
    ...(isCapturing && { capture: capturing(pool, clock, hands) }),
  });

  let isStopped = false;
  const mayBegin = (): boolean => !isStopped && settler.backlog <= BACKLOG && !settler.isBehind && lease.isHeld;
  const lanes = new Lanes({
    pool,
    worker,
    node: options.node,
    sources: providers.sourcesOf(egress, options.node),
    clock,
    uncounted: (lane) => settler.uncounted(lane),
    newLane: (name, limits, pace) =>
      new Lane({
        name,
        limits,
        pace,
        hands,
        settler,
        clock,
        mayBegin,
        wake: () => loop.wake(),
        lines: new Lines({
          source: egress.includes(name.source) ? name.source : undefined,
          egress,
          helo: options.hostname,
          tls: "opportunistic",
          hearsay: heardFrom,
          permit: lease,
          ...(options.guard && { guard: options.guard }),
          ...(options.timeouts && { timeouts: options.timeouts }),
        }),
      }),
  });

  const everyMs = options.everyMs ?? 1000;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Where the search for providers with work goes on; undefined while there is nothing to search for. */
  let searchFrom: string | undefined = "";
  let mustLetGo = false;

  const loop = startLoop(
    "outbound",
    async () => {
      const standing = lease.standing();
      if (standing === "lapsed") lanes.giveBack();
      if (standing !== "held") return "idle";
      if (troubles > freedUpTo) await freeStrays();
      if (settler.backlog > BACKLOG) await settler.flush();
      if (mustLetGo) await letGo();
      if (elapsed() - lookedAt >= everyMs) {
        lookedAt = elapsed();
        await queue.ripen(pool, clock.now(), RIPE);
        searchFrom ??= "";
        await lanes.look();
        pump();
      }
      if (searchFrom !== undefined && lanes.room > LOOKED_FOR) await search(searchFrom);
      await lanes.take();
      return (await takeDeliveries()) ? "more" : "idle";
    },
    { everyMs, log },
  );
  lease.follow(() => {
    pump();
    loop.wake();
  });

  /** A part of the providers that have work, in the order of their names; the next part is looked for next. */
  async function search(from: string): Promise<void> {
    const found = await queue.providersWaiting(pool, from, LOOKED_FOR);
    lanes.hasWork(found, false);
    searchFrom = found.length < LOOKED_FOR ? undefined : found.at(-1);
  }

  /** Takes what the lanes want; answers whether there may be more. */
  async function takeDeliveries(): Promise<boolean> {
    const wanted = lanes.wanted();
    if (wanted.length === 0) return false;
    const taken = await queue.takeDeliveries(pool, worker, wanted).catch((error) => {
      noteTrouble();
      throw error;
    });
    const counts = new Map<string, number>();
    const laneOf = new Map<string, Lane>();
    for (const delivery of taken) {
      counts.set(delivery.provider, (counts.get(delivery.provider) ?? 0) + 1);
      const lane = lanes.freest(delivery.provider);
      lane?.expect(delivery.recipients.length);
      if (lane) laneOf.set(delivery.id, lane);
    }
    for (const { provider, count } of wanted) if ((counts.get(provider) ?? 0) < count) lanes.sated(provider);
    if (taken.length === 0) return false;
    await opening
      .open(taken, (delivery, batches) => laneOf.get(delivery.id)?.add(batches, delivery.recipients.length))
      .catch((error) => {
        noteTrouble();
        for (const delivery of taken) laneOf.get(delivery.id)?.add([], delivery.recipients.length);
        throw error;
      });
    return true;
  }

  /** What was finished before is settled first, so that nothing is freed whose results are only in memory. */
  async function freeStrays(): Promise<void> {
    const upTo = troubles;
    const inHand = hands.ids;
    await settler.flush();
    await queue.freeDeliveriesOf(pool, worker, inHand);
    searchFrom ??= "";
    freedUpTo = upTo;
  }

  /** What an operator stopped goes back, as far as it is not begun. */
  async function letGo(): Promise<void> {
    mustLetGo = false;
    const holds = await queue.holds(pool);
    lanes.giveBack(({ delivery }) =>
      holds.some(
        ({ scope, key }) => scope === "all" || key === (scope === "group" ? delivery.groupId : delivery.provider),
      ),
    );
  }

  return {
    wake: (names) => {
      if (names === "") searchFrom ??= "";
      else lanes.hasWork(names.split(" "), true);
      loop.wake();
    },
    hold: () => {
      mustLetGo = true;
      loop.wake();
    },
    stop: async () => {
      isStopped = true;
      await loop.stop();
      lanes.stop();
      // A far side that drips must not keep us: what is not done by then is freed when the worker says farewell.
      const end = elapsed() + GRACE;
      while (hands.ids.length > 0 && elapsed() < end) await pause(20, undefined, { ref: false });
      await settler.flush();
      await lanes.leave();
    },
  };
}
