/**
 * Deliveries in hand: what was answered for each recipient goes to the settler, and the last answer ends the delivery or
 * says when its remaining recipients are tried again.
 */
import { type Clock, MINUTE } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import type * as queue from "../queue/queue.ts";
import type { Hearsay } from "./lines.ts";
import type { Recipient } from "./prepare.ts";
import { finding, type Reply, replyLine } from "./reply.ts";
import { firstPause, pauseAfter, refusedSoFar } from "./retry.ts";
import type { Settler } from "./settler.ts";

/** What came of a recipient, and over which line. */
export type Answer = { recipient: Recipient; reply: Reply; over: Over };
export type Over = { host: string; source: string; tls: string };

export type Hand = {
  delivery: queue.Delivery;
  /** Recipients of whom nothing is known yet. */
  open: number;
  again: Answer[];
  unbegun: string[];
  /** Trouble of ours with it: it waits a minute, which counts towards nothing. */
  trouble: string;
};

export type HandsOptions = {
  settler: Settler;
  hearsay: Hearsay;
  clock: Clock;
  giveUpAfterMs: number;
  random?: () => number;
};

const NOWHERE: Over = { host: "", source: "", tls: "" };

export class Hands {
  private readonly options: HandsOptions;
  private readonly held = new Map<string, Hand>();

  constructor(options: HandsOptions) {
    this.options = options;
  }

  /** Ids of the deliveries we work on. */
  get ids(): string[] {
    return [...this.held.keys()];
  }

  /** A delivery that was taken; each of its recipients must be answered or given back. */
  take(delivery: queue.Delivery): Hand {
    const hand = { delivery, open: delivery.recipients.length, again: [], unbegun: [], trouble: "" };
    this.held.set(delivery.id, hand);
    return hand;
  }

  /** A delivery that left our hands in another way. */
  drop(hand: Hand): void {
    this.held.delete(hand.delivery.id);
  }

  /** Recipients who get nothing more, for a reason of their own. */
  gone(hand: Hand, ids: string[], why: string): void {
    if (ids.length === 0) return;
    this.settle(hand.delivery, finding("never", "", why, "recipient"), NOWHERE, ids);
    this.close(hand, ids.length);
  }

  /** What the far side answered, alike answers together. */
  answered(hand: Hand, answers: Answer[]): void {
    const { clock, giveUpAfterMs } = this.options;
    const now = clock.now();
    const alike =
      answers.length === 1
        ? [answers]
        : Map.groupBy(answers, (one) => `${one.reply.kind} ${one.over.host} ${replyLine(one.reply)}`).values();
    for (const some of alike) {
      const first = some[0]!;
      const isLater = first.reply.kind === "later";
      const isOver = isLater && refusedSoFar(hand.delivery, now, this.counts(first)) >= giveUpAfterMs;
      const ids = some.map((one) => one.recipient.id);
      this.settle(hand.delivery, isOver ? { ...first.reply, kind: "never" } : first.reply, first.over, ids);
      if (isLater && !isOver) hand.again.push(...some);
    }
    this.close(hand, answers.length);
  }

  /** Recipients that were not begun: they wait on. */
  giveBack(hand: Hand, ids: readonly string[], trouble = ""): void {
    hand.unbegun.push(...ids);
    if (trouble !== "") hand.trouble = trouble;
    this.close(hand, ids.length);
  }

  /** Silence is the far side's only if somebody else can be reached: otherwise the network that is down may be ours. */
  private counts(answer: Answer): boolean {
    return answer.reply.code !== 0 || this.options.hearsay.lastHeard(answer.over.host) < 15 * MINUTE;
  }

  private close(hand: Hand, count: number): void {
    hand.open -= count;
    if (hand.open > 0) return;
    this.held.delete(hand.delivery.id);
    this.finish(hand);
  }

  private settle(delivery: queue.Delivery, reply: Reply, over: Over, recipients: string[]): void {
    const { settler, clock } = this.options;
    settler.add({
      id: newId(clock),
      at: clock.now(),
      deliveryId: delivery.id,
      itemId: delivery.itemId,
      groupId: delivery.groupId,
      provider: delivery.provider,
      host: over.host,
      source: over.source,
      tls: over.tls,
      kind: reply.kind,
      recipients,
      code: reply.code,
      status: reply.status,
      reply: reply.text,
      ...(delivery.formerly && { formerly: delivery.formerly }),
    });
  }

  /** Who was not begun waits on; who was refused is tried again, each kind of refusal in its own time. */
  private finish({ delivery, again, unbegun, trouble }: Hand): void {
    const { settler, clock, random } = this.options;
    if (again.length === 0 && unbegun.length === 0) {
      settler.end(delivery.id);
      return;
    }
    const now = clock.now();
    const parts: Omit<queue.Remaining, "id" | "deliveryId">[] = [];
    for (const [pause, some] of Map.groupBy(again, (one) => firstPause(one.reply))) {
      const last = some.at(-1)!;
      const waitMs = pauseAfter(pause, delivery.attempts, (random ?? Math.random)());
      parts.push({
        recipients: some.map((one) => one.recipient.id),
        state: "deferred",
        dueAt: new Date(now.getTime() + waitMs),
        attempts: delivery.attempts,
        refusedMs: refusedSoFar(delivery, now, this.counts(last)),
        refusedAt: now,
        waitMs,
        problem: replyLine(last.reply),
      });
    }
    if (unbegun.length > 0)
      parts.push({
        recipients: unbegun,
        state: trouble === "" ? "waiting" : "deferred",
        dueAt: new Date(now.getTime() + (trouble === "" ? 0 : MINUTE)),
        attempts: delivery.attempts - 1,
        refusedMs: delivery.refusedMs,
        refusedAt: delivery.refusedAt,
        waitMs: delivery.waitMs,
        problem: trouble,
      });
    for (const [i, part] of parts.entries())
      settler.later({ ...part, id: i === 0 ? delivery.id : newId(clock), deliveryId: delivery.id });
  }
}
