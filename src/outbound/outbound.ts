/**
 * Outbound: takes deliveries that are due and brings each recipient's copy to the far side.
 *
 *     take → who still wants it → prepare → route → send → settle
 *
 * Many deliveries are under way at once, a few of one provider, so that a slow one holds up nobody else. What the far
 * sides said goes to the settler, which writes it many times a second; a delivery ends there, or goes back to wait.
 */
import { setTimeout as pause } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { isPassing, type Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { ServiceKeys } from "../keys/keys.ts";
import { type Clock, MINUTE, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import type { Log } from "../kit/log.ts";
import { startLoop } from "../kit/loop.ts";
import { domainOf } from "../mail/address.ts";
import { first, readHeader, splitMessage } from "../mail/header.ts";
import { decodeWords } from "../mail/words.ts";
import * as mailbox from "../mailbox/mailbox.ts";
import * as queue from "../queue/queue.ts";
import type { Protections } from "../transport/transport.ts";
import type { Guard } from "./client.ts";
import { connections } from "./connections.ts";
import { type Answer, deliver, type Means, type Over } from "./deliver.ts";
import { EVERYTHING, type Item, preparer, type Recipient } from "./prepare.ts";
import { finding, type Reply, replyLine } from "./reply.ts";
import type { Resolver } from "./resolve.ts";
import { pauseAfter, refusedSoFar } from "./retry.ts";
import { router } from "./route.ts";
import { type NamedHost, readRoutes } from "./routes.ts";
import { Settler } from "./settler.ts";
import type { Timeouts } from "./timeouts.ts";

export type { Resolver } from "./resolve.ts";
export type { Timeouts } from "./timeouts.ts";

export type OutboundOptions = {
  pool: Pool;
  worker: string;
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
  /** Is this worker's lease good? While it is not, nothing is begun: somebody else may have taken over. */
  isHolding(): boolean;
  resolver?: Resolver;
  /** DANE and MTA-STS of the hosts that DNS names, and the count of what came of them. */
  protections?: Protections;
  guard?: Guard;
  timeouts?: Timeouts;
  everyMs?: number;
};

export type Outbound = { wake(): void; stop(): Promise<void> };

/** Deliveries under way in one worker, in all and of one provider. */
const MOST = 64;
const MOST_OF_PROVIDER = 16;
const TAKEN_AT_ONCE = 32;
/** Results waiting to be written before we take no more work. */
const BACKLOG = 4000;

/** How long a stop waits for deliveries under way. */
const GRACE = 8 * SECOND;

export function startOutbound(options: OutboundOptions): Outbound {
  const { pool, worker, clock, log } = options;
  // After trouble deliveries may be in our name that we don't work on: the statement that took them lost its answer, or
  // they could not be put back. Counted, so that trouble during the freeing is not forgotten with the trouble before it.
  let troubles = 0;
  let freedUpTo = 0;
  const noteTrouble = (): void => {
    troubles += 1;
  };
  const settler = new Settler(pool, worker, log, noteTrouble);
  const lines = connections({
    helo: options.hostname,
    egress: options.egress,
    tls: "opportunistic",
    clock,
    ...(options.guard && { guard: options.guard }),
    ...(options.timeouts && { timeouts: options.timeouts }),
  });
  const means: Means = {
    connections: lines,
    isHolding: options.isHolding,
    route: router({
      clock,
      hostnames: [options.hostname, options.domain],
      ...(options.routesFile && { routes: readRoutes(options.routesFile) }),
      ...(options.to.kind === "relay" && { relay: options.to }),
      ...(options.resolver && { resolver: options.resolver }),
      ...(options.protections && { protections: options.protections }),
    }),
  };
  const prepared = preparer({ pool, domain: options.domain, url: options.url, keys: options.keys, clock });
  const underWay = new Map<string, { provider: string; done: Promise<void> }>();

  const busy = (): string[] => {
    const counts = new Map<string, number>();
    for (const { provider } of underWay.values()) counts.set(provider, (counts.get(provider) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= MOST_OF_PROVIDER).map(([provider]) => provider);
  };

  const loop = startLoop(
    "outbound",
    async () => {
      if (!options.isHolding()) return "idle";
      if (troubles > freedUpTo) await freeStrays();
      const free = MOST - underWay.size;
      if (free <= 0 || settler.backlog > BACKLOG) {
        await Promise.race(
          [...underWay.values()].map((one) => one.done).concat(settler.backlog > BACKLOG ? settler.flush() : []),
        );
        return "more";
      }
      const batch = await take(Math.min(free, TAKEN_AT_ONCE)).catch((error) => {
        noteTrouble();
        throw error;
      });
      const { taken, wanting, letters } = batch;
      for (const delivery of taken) {
        const done = work(delivery, wanting, letters)
          .catch(async (error) => {
            if (isPassing(error)) throw error; // freed with the other strays when the database is back
            log.error({ delivery: delivery.id, err: reasonOf(error) }, "a delivery could not be worked on");
            await queue.postpone(pool, worker, delivery.id, new Date(clock.now().getTime() + MINUTE), reasonOf(error));
          })
          .catch(() => {
            underWay.delete(delivery.id); // first: what is in hand is not freed
            noteTrouble();
          })
          .finally(() => {
            underWay.delete(delivery.id);
            loop.wake();
          });
        underWay.set(delivery.id, { provider: delivery.provider, done });
      }
      return taken.length < TAKEN_AT_ONCE ? "idle" : "more";
    },
    { everyMs: options.everyMs ?? 1000, log },
  );

  /** What was finished before is settled first, so that nothing is freed whose results are only in memory. */
  async function freeStrays(): Promise<void> {
    const upTo = troubles;
    const inHand = [...underWay.keys()];
    await settler.flush();
    await queue.freeDeliveriesOf(pool, worker, inHand);
    freedUpTo = upTo;
  }

  /** Takes deliveries, and reads who still wants them. */
  async function take(count: number) {
    const taken = await queue.takeDeliveries(pool, worker, busy(), count, clock.now());
    const idsOf = (carries: queue.Carries): string[] =>
      taken.filter((one) => one.carries === carries).flatMap((one) => one.recipients);
    const [members, letters] = await Promise.all([
      taken.length > 0 ? directory.recipients(pool, idsOf("post")) : [],
      taken.length > 0 ? prepared.letters(idsOf("letter")) : new Map(),
    ]);
    return { taken, wanting: new Map(members.map((one) => [one.id, one])), letters };
  }

  type Letters = Awaited<ReturnType<typeof prepared.letters>>;

  async function work(delivery: queue.Delivery, wanting: Map<string, Recipient>, letters: Letters): Promise<void> {
    const item =
      delivery.carries === "letter"
        ? letters.get(delivery.itemId)?.item
        : await prepared.post(delivery.groupId!, delivery.itemId);
    const present = delivery.recipients.flatMap((id) => {
      const one = delivery.carries === "letter" ? letters.get(id)?.recipient : wanting.get(id);
      return one ? [one] : [];
    });
    const here = new Set(present.map((one) => one.id));
    const gone = delivery.recipients.filter((id) => !item || !here.has(id));
    if (gone.length > 0) {
      const nowhere = { provider: delivery.provider, host: "", source: "", tls: "" };
      const reply = finding("never", "", item ? "left before it was sent" : "the item is gone", "recipient");
      settle(delivery, reply, nowhere, gone);
    }
    const again: Answer[] = [];
    let unbegun: Recipient[] = [];
    if (item && present.length > 0) {
      const hear = (answers: Answer[]): void => {
        again.push(...hold(delivery, answers));
      };
      if (options.to.kind === "capture" && options.routesFile === "") await capture(item, present, hear);
      else unbegun = await deliver(means, delivery.provider, item, present, hear);
    }
    finish(delivery, again, unbegun);
    await learn(delivery, present);
  }

  /** Settles answers, alike ones together; answers those to be tried again, unless the far side has refused for too long. */
  function hold(delivery: queue.Delivery, answers: Answer[]): Answer[] {
    const now = clock.now();
    const again: Answer[] = [];
    for (const alike of Map.groupBy(
      answers,
      (one) => `${one.reply.kind} ${one.over.host} ${replyLine(one.reply)}`,
    ).values()) {
      const first = alike[0]!;
      const ids = alike.map((one) => one.recipient.id);
      const isLater = first.reply.kind === "later";
      const isOver = isLater && refusedSoFar(delivery, now, counts(first)) >= options.giveUpAfterMs;
      settle(delivery, isOver ? { ...first.reply, kind: "never" } : first.reply, first.over, ids);
      if (isLater && !isOver) again.push(...alike);
    }
    return again;
  }

  /** Silence is the far side's only if somebody else can be reached: otherwise the network that is down may be ours. */
  const counts = (answer: Answer): boolean =>
    answer.reply.code !== 0 || lines.lastHeard(answer.over.host) < 15 * MINUTE;

  function settle(delivery: queue.Delivery, reply: Reply, over: Over, recipients: string[]): void {
    settler.add({
      id: newId(clock),
      at: clock.now(),
      deliveryId: delivery.id,
      itemId: delivery.itemId,
      groupId: delivery.groupId,
      provider: over.provider,
      host: over.host,
      source: over.source,
      tls: over.tls,
      kind: reply.kind,
      recipients,
      code: reply.code,
      status: reply.status,
      reply: reply.text,
    });
  }

  function finish(delivery: queue.Delivery, again: Answer[], unbegun: Recipient[]): void {
    const last = again.at(-1);
    if (!last && unbegun.length === 0) {
      settler.end(delivery.id);
      return;
    }
    const now = clock.now();
    const waitMs = Math.max(0, ...again.map((one) => pauseAfter(one.reply, delivery.attempts, Math.random())));
    settler.later({
      deliveryId: delivery.id,
      recipients: [...again.map((one) => one.recipient.id), ...unbegun.map((one) => one.id)],
      dueAt: unbegun.length > 0 ? now : new Date(now.getTime() + waitMs),
      refusedMs: last ? refusedSoFar(delivery, now, counts(last)) : delivery.refusedMs,
      refusedAt: last ? now : delivery.refusedAt,
      waitMs: last ? waitMs : delivery.waitMs,
      problem: last ? replyLine(last.reply) : "",
    });
  }

  /** The next plan joins domains whose hosts are the same. */
  const known = new Map<string, string>();
  async function learn(delivery: queue.Delivery, present: Recipient[]): Promise<void> {
    if (options.to.kind === "capture") return;
    const found: { domain: string; provider: string }[] = [];
    for (const domain of new Set(present.map((one) => domainOf(one.address)))) {
      const route = await means.route(domain);
      if (route.kind !== "hosts" || route.provider === delivery.provider || known.get(domain) === route.provider)
        continue;
      known.set(domain, route.provider);
      found.push({ domain, provider: route.provider });
    }
    if (known.size > 50_000) known.clear();
    await queue.learnProviders(pool, found, clock.now());
  }

  /** Into the local mailbox instead of the world. */
  async function capture(item: Item, recipients: Recipient[], hear: (answers: Answer[]) => void): Promise<void> {
    const over = { provider: "local mailbox", host: "", source: "", tls: "" };
    const at = clock.now();
    const copies = await Promise.all(recipients.map((recipient) => item.mailFor([recipient], EVERYTHING)));
    const mails = copies.map((mail, i) => {
      const raw = Buffer.concat(mail.message);
      return {
        id: newId(clock),
        at,
        sender: mail.from,
        recipient: recipients[i]!.address,
        subject: decodeWords(first(readHeader(splitMessage(raw).head), "subject") ?? "").slice(0, 1000),
        raw: zstdCompressSync(raw),
      };
    });
    await mailbox.keep(pool, mails);
    const reply = {
      kind: "sent",
      code: 250,
      status: "2.0.0",
      text: "kept in the local mailbox",
      scope: "recipient",
    } as const;
    hear(recipients.map((recipient) => ({ recipient, reply, over })));
  }

  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop();
      // A far side that drips must not keep us: what is not done by then is freed when the worker says farewell.
      await Promise.race([
        Promise.all([...underWay.values()].map((one) => one.done)),
        pause(GRACE, undefined, { ref: false }),
      ]);
      await settler.flush();
      await lines.stop();
    },
  };
}
