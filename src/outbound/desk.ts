/**
 * The desk: deliveries that were taken become batches, each of recipients who go to the same hosts.
 *
 * Addresses are read here, so who left during a backlog gets nothing more. A delivery whose recipients turn out to be
 * another provider's is planned anew, as that provider's lane must carry it. Nothing here throws for a far side's sake.
 */
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { type Clock, MINUTE } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import type { Log } from "../kit/log.ts";
import { domainOf } from "../mail/address.ts";
import * as queue from "../queue/queue.ts";
import { policyKey } from "../transport/transport.ts";
import type { Hand, Hands } from "./hand.ts";
import type { Item, Preparer, Recipient } from "./prepare.ts";
import type { Route, RouteHost, Router } from "./route.ts";
import type { Batch } from "./sites.ts";

export type Desk = {
  /** Opens deliveries; `ready` hears of each as soon as it is known who gets it and how, be it nobody. */
  open(taken: queue.Delivery[], ready: (delivery: queue.Delivery, batches: Batch[]) => void): Promise<void>;
};

export type DeskOptions = {
  pool: Pool;
  worker: string;
  clock: Clock;
  log: Log;
  hands: Hands;
  prepared: Preparer;
  route: Router;
  /** Where there is no world to send to: keeps the copies and answers for everybody. */
  capture?: (hand: Hand, item: Item, recipients: Recipient[]) => Promise<void>;
  /** Something could not be written: what is in our name and not in our hands is to be freed. */
  noteTrouble(): void;
};

/** Domains whose provider was written down already: a memory, not a truth. */
const KNOWN = 50_000;
/** Moves are written together when no more come for so many milliseconds. */
const TOGETHER = 10;

type Letters = Awaited<ReturnType<Preparer["letters"]>>;
type Routed = { route: Route; domain: string; some: Recipient[] };

export function desk(options: DeskOptions): Desk {
  const { pool, log, hands, prepared } = options;
  const movers = mover(options);

  const openOne = async (hand: Hand, members: Map<string, Recipient>, letters: Letters): Promise<Batch[]> => {
    const { delivery } = hand;
    const isLetter = delivery.carries === "letter";
    const item = isLetter
      ? letters.get(delivery.itemId)?.item
      : await prepared[delivery.carries === "digest" ? "digest" : "post"](delivery.groupId!, delivery.itemId);
    const present = delivery.recipients.flatMap((id) => {
      const one = isLetter ? letters.get(id)?.recipient : members.get(id);
      return one ? [one] : [];
    });
    const here = new Set(present.map((one) => one.id));
    const gone = delivery.recipients.filter((id) => !item || !here.has(id));
    const why = item ? "left before it was sent" : "the item is gone";
    if (!item || options.capture) {
      if (item && present.length > 0) await options.capture!(hand, item, present);
      hands.gone(hand, gone, why);
      return [];
    }
    const routed = await routesOf(options.route, present);
    if (movers.move(hand, routed, gone)) return [];
    hands.gone(hand, gone, why);
    return batchesOf(hands, hand, item, routed);
  };

  return {
    open: async (taken, ready) => {
      const inHand = taken.map((delivery) => hands.take(delivery));
      const idsOf = (...carries: queue.Carries[]): string[] =>
        taken.filter((one) => carries.includes(one.carries)).flatMap((one) => one.recipients);
      const [members, letters] = await Promise.all([
        directory.recipients(pool, idsOf("post", "digest"), options.clock.now()),
        prepared.letters(idsOf("letter")),
      ]).catch((error) => {
        for (const hand of inHand) hands.drop(hand);
        throw error;
      });
      const byId = new Map(members.map((one) => [one.id, one]));
      for (const hand of inHand) {
        void openOne(hand, byId, letters)
          .catch((error) => {
            log.error({ delivery: hand.delivery.id, err: reasonOf(error) }, "a delivery could not be worked on");
            hands.giveBack(hand, hand.delivery.recipients, reasonOf(error));
            return [];
          })
          .then((batches) => ready(hand.delivery, batches));
      }
    },
  };
}

/** Where each domain's mail goes. */
async function routesOf(route: Router, recipients: readonly Recipient[]): Promise<Routed[]> {
  const byDomain = Map.groupBy(recipients, (one) => domainOf(one.address));
  return Promise.all([...byDomain].map(async ([domain, some]) => ({ route: await route(domain), domain, some })));
}

/** Recipients with the same hosts are one batch; whose domain leads nowhere is answered at once. */
function batchesOf(hands: Hands, hand: Hand, item: Item, routed: readonly Routed[]): Batch[] {
  const batches = new Map<string, Batch>();
  for (const { route, some } of routed) {
    if (route.kind !== "hosts") {
      const over = { host: "", source: "", tls: "" };
      hands.answered(
        hand,
        some.map((recipient) => ({ recipient, reply: route.reply, over })),
      );
      continue;
    }
    const site = siteOf(route.hosts);
    const known = batches.get(site);
    if (known) known.left.push(...some);
    else batches.set(site, { hand, item, hosts: route.hosts, site, left: [...some], tries: 0 });
  }
  return [...batches.values()];
}

/** The order of equal hosts is chance and does not count; how a host is to be spoken with does. */
const siteOf = (hosts: readonly RouteHost[]): string =>
  hosts
    .map((host) => `${host.host}:${host.port} ${policyKey(host)}`)
    .sort()
    .join(" ");

/**
 * Plans deliveries anew whose recipients are another provider's than was thought, and remembers whose they are. A domain
 * that was met for the first time always moves; else at most once a minute, as two nodes may see its DNS differently.
 */
function mover(options: DeskOptions) {
  const { pool, worker, clock, log, hands } = options;
  const known = new Map<string, string>();
  const movedAt = new Map<string, number>();
  let waiting: queue.Move[] = [];
  let learned = new Map<string, string>();
  let isComing = false;

  const write = async (): Promise<void> => {
    isComing = false;
    const moves = waiting;
    const fresh = learned;
    waiting = [];
    learned = new Map();
    try {
      await queue.learnProviders(
        pool,
        [...fresh].map(([domain, provider]) => ({ domain, provider })),
        clock.now(),
      );
      await queue.reroute(pool, worker, moves);
    } catch (error) {
      log.warn({ err: reasonOf(error) }, "deliveries could not be moved to their provider");
      options.noteTrouble();
    }
  };

  const learn = (domain: string, provider: string): void => {
    if (known.get(domain) === provider) return;
    if (known.size > KNOWN) known.clear();
    known.set(domain, provider);
    learned.set(domain, provider);
  };

  /** May a domain of this delivery move? Asked once, as the asking is remembered. */
  const mayMove = (delivery: queue.Delivery, domain: string): boolean => {
    if (delivery.provider === domain) return true;
    const now = clock.now().getTime();
    if (now - (movedAt.get(domain) ?? 0) < MINUTE) return false;
    if (movedAt.size > KNOWN) movedAt.clear();
    movedAt.set(domain, now);
    return true;
  };

  return {
    move: (hand: Hand, routed: readonly Routed[], gone: readonly string[]): boolean => {
      const { delivery } = hand;
      const others = routed.filter(({ route }) => route.kind === "hosts" && route.provider !== delivery.provider);
      for (const { route, domain } of routed) if (route.kind === "hosts") learn(domain, route.provider);
      if (!others.some(({ domain }) => mayMove(delivery, domain))) return false;
      const parts = new Map<string, string[]>();
      for (const { route, domain, some } of routed) {
        const provider = route.kind === "hosts" ? route.provider : domain;
        const part = parts.get(provider) ?? [];
        parts.set(provider, part);
        for (const one of some) part.push(one.id);
      }
      // Who left is answered where the rest is opened again.
      const first = [...parts.values()][0]!;
      first.push(...gone);
      for (const [provider, recipients] of parts)
        waiting.push({ id: newId(clock), deliveryId: delivery.id, provider, recipients });
      hands.drop(hand);
      if (!isComing) setTimeout(() => void write(), TOGETHER);
      isComing = true;
      return true;
    },
  };
}
