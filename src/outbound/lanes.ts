/**
 * The lanes this worker drives: taken when their provider has work that nobody alive drives, let go when they have long
 * been idle or when another worker of this node has too few.
 *
 * A lane belongs to a node, as its sending address does; among the node's workers they are shared evenly. A provider
 * that takes none of our addresses (its standing) is left to the nodes whose addresses it takes.
 */
import type { Pool } from "../db/sql.ts";
import { type Clock, MINUTE, SECOND } from "../kit/clock.ts";
import * as providers from "../providers/providers.ts";
import * as queue from "../queue/queue.ts";
import type { Lane } from "./lane.ts";
import type { Pace } from "./pace.ts";
import { resumePace } from "./pace-kept.ts";

export type LanesOptions = {
  pool: Pool;
  worker: string;
  node: string;
  /** The node's sending addresses, as standings name them. */
  sources: readonly string[];
  clock: Clock;
  /** Mails a lane sent that are not yet counted to its budget. */
  uncounted(lane: queue.LaneName): number;
  newLane(name: queue.LaneName, limits: providers.Limits, pace: Pace): Lane;
};

/** Lanes taken by one look, and driven at most. */
const AT_ONCE = 500;
const MOST = 4000;
/** Deliveries taken by one statement: their recipients are read at once, and nothing else is done meanwhile. */
const AT_A_TIME = 300;
/** With more recipients in hand, by all lanes together, only who has none gets a delivery. */
const IN_HAND = 60_000;
/** An idle lane is kept so long: its connections rest, and the next post finds it driven. */
const IDLE_KEPT = 20 * SECOND;
/** A lane that was let go for another worker's sake is not taken again so soon. */
const LEFT_ALONE = 3 * SECOND;
/** Limits and standings are believed for so long. */
const BELIEVED = 3 * SECOND;
/** What a lane has learned is written down this often, for whoever drives it after a crash. */
const WRITTEN_EVERY = 15 * SECOND;

export class Lanes {
  private readonly options: LanesOptions;
  private readonly driven = new Map<string, Lane[]>();
  /** Providers that may have work and that we do not drive. */
  private readonly ready = new Set<string>();
  private readonly leftAt = new Map<string, number>();
  private workers = 1;
  private believedUntil = 0;
  private writtenAt = 0;

  constructor(options: LanesOptions) {
    this.options = options;
  }

  /** All lanes, driven now. */
  *all(): Iterable<Lane> {
    for (const lanes of this.driven.values()) yield* lanes;
  }

  /** How many more providers we could drive. */
  get room(): number {
    return MOST - this.driven.size - this.ready.size;
  }

  /** These providers have work, or may have. `isNews`: it has come this moment. */
  hasWork(names: Iterable<string>, isNews: boolean): void {
    for (const name of names) {
      const lanes = this.driven.get(name);
      if (!lanes) this.ready.add(name);
      for (const lane of lanes ?? []) {
        lane.hungry = true;
        lane.hasNews ||= isNews;
      }
    }
  }

  /** Takes lanes of the providers that have work: this worker's part of them at a time. */
  async take(): Promise<void> {
    if (this.ready.size === 0) return;
    const { pool, worker, clock } = this.options;
    const now = clock.now();
    const count = Math.min(AT_ONCE, Math.ceil(this.ready.size / this.workers), MOST - this.driven.size);
    const wanted = [...this.ready]
      .filter((name) => now.getTime() - (this.leftAt.get(name) ?? 0) >= LEFT_ALONE)
      .slice(0, count);
    if (wanted.length === 0) return;
    const [limits, standings] = await this.rules(wanted, now);
    const open = standings.filter((one) => one.standing !== "closed");
    const taken = await queue.takeLanes(pool, worker, open.map(nameOf), now);
    for (const { pace, ...name } of taken) {
      const ofProvider = limits.get(name.provider)!;
      const lane = this.options.newLane(name, ofProvider, resumePace(pace, ofProvider, now.getTime()));
      allow(lane, open.find((one) => one.source === name.source && one.provider === name.provider)!, NONE);
      const lanes = this.driven.get(name.provider);
      if (lanes) lanes.push(lane);
      else this.driven.set(name.provider, [lane]);
    }
    // Who drives the others heard of their work as we did.
    for (const name of wanted) this.ready.delete(name);
  }

  /** What each provider's lanes could use, for one statement that takes it all. */
  wanted(): queue.Wanted[] {
    const wanted: queue.Wanted[] = [];
    let inHand = 0;
    for (const lane of this.all()) inHand += lane.load;
    let rows = AT_A_TIME;
    for (const [provider, lanes] of [...this.driven]) {
      if (rows === 0) break;
      const could = lanes.reduce((sum, lane) => sum + lane.wanted(), 0);
      const isFull = inHand > IN_HAND && lanes.some((lane) => lane.load > 0);
      const count = Math.min(could, rows, isFull ? 0 : inHand > IN_HAND ? 1 : could);
      if (count === 0) continue;
      rows -= count;
      wanted.push({ provider, count, virtual: Math.max(...lanes.map((lane) => lane.virtual)) });
      // Behind the others: who had no turn in this statement has it in the next.
      this.driven.delete(provider);
      this.driven.set(provider, lanes);
    }
    return wanted;
  }

  /** The lane of a provider that has least before it and may send. */
  freest(provider: string): Lane | undefined {
    const lanes = this.driven.get(provider) ?? [];
    if (lanes.length < 2) return lanes[0];
    const least = (some: Lane[]): Lane | undefined => some.toSorted((a, b) => a.load - b.load)[0];
    return (
      least(lanes.filter((lane) => lane.wanted() > 0)) ?? least(lanes.filter((lane) => lane.budget > 0)) ?? lanes[0]
    );
  }

  /** The queue has no more for this provider, until it is heard of again. */
  sated(provider: string): void {
    for (const lane of this.driven.get(provider) ?? []) lane.hungry = false;
  }

  /** By the clock: what has changed in the table, in limits and standings; what is idle is let go. */
  async look(): Promise<void> {
    const { pool, worker, node, sources, clock } = this.options;
    const now = clock.now();
    if (now.getTime() < this.believedUntil && now.getTime() > this.believedUntil - MINUTE) return this.leaveIdle(now);
    this.believedUntil = now.getTime() + BELIEVED;
    const ours = new Set((await queue.lanesOf(pool, worker)).map(keyOf));
    for (const lane of [...this.all()]) if (!ours.has(keyOf(lane.name))) this.drop(lane);
    const before = new Map([...this.all()].map((lane) => [lane, this.openOf(lane)]));
    const [limits, standings] = await this.rules([...this.driven.keys()], now);
    for (const standing of standings) {
      const lane = this.driven.get(standing.provider)?.find((one) => one.name.source === standing.source);
      if (!lane) {
        if (standing.standing !== "closed" && this.driven.has(standing.provider)) this.ready.add(standing.provider);
        continue;
      }
      lane.limits = limits.get(standing.provider)!;
      allow(lane, standing, before.get(lane) ?? NONE);
    }
    const share = await queue.laneShare(pool, node, [...sources]);
    this.workers = Math.max(1, share.workers);
    this.shareOut(Math.ceil(share.driven / this.workers), now);
    await this.leaveIdle(now);
  }

  /** Gives back what is not begun of the deliveries that `which` names. */
  giveBack(which?: Parameters<Lane["giveBack"]>[0]): void {
    for (const lane of this.all()) lane.giveBack(which);
  }

  /** Begins nothing more. */
  stop(): void {
    for (const lane of this.all()) lane.stop();
  }

  /** Lets go of everything; what the lanes have learned is kept for the next. */
  async leave(): Promise<void> {
    const { pool, worker, clock } = this.options;
    await queue.leaveLanes(pool, worker, [...this.all()].map(learnedOn), clock.now());
    this.driven.clear();
  }

  private openOf(lane: Lane): Open {
    return { mails: lane.underWay + this.options.uncounted(lane.name), begun: lane.begun };
  }

  private async rules(names: string[], now: Date): Promise<[Map<string, providers.Limits>, providers.Standing[]]> {
    if (names.length === 0) return [new Map(), []];
    const { pool, sources } = this.options;
    return Promise.all([providers.limitsOf(pool, names), providers.standings(pool, names, sources, now)]);
  }

  /** More than our part of the node's lanes are let go, those with least to do first. */
  private shareOut(fair: number, now: Date): void {
    const staying = [...this.all()].filter((lane) => !lane.isLeaving);
    const over = staying.length - fair;
    if (over <= 0 || staying.length === 1) return;
    for (const lane of staying.toSorted((a, b) => a.load - b.load).slice(0, over)) {
      lane.leave();
      this.leftAt.set(lane.name.provider, now.getTime());
    }
    if (this.leftAt.size > 10_000) this.leftAt.clear();
  }

  private async leaveIdle(now: Date): Promise<void> {
    const { pool, worker } = this.options;
    const isCrowded = this.driven.size > MOST / 2;
    const leaving = [...this.all()].filter(
      (lane) => lane.isFree || (lane.isIdle && !lane.hungry && (isCrowded || now.getTime() - lane.usedAt > IDLE_KEPT)),
    );
    for (const lane of leaving) this.drop(lane);
    if (leaving.length > 0) await queue.leaveLanes(pool, worker, leaving.map(learnedOn), now);
    if (now.getTime() - this.writtenAt < WRITTEN_EVERY) return;
    this.writtenAt = now.getTime();
    await queue.keepPaces(pool, worker, [...this.all()].map(learnedOn), now);
  }

  private drop(lane: Lane): void {
    lane.stop();
    const { provider } = lane.name;
    const left = (this.driven.get(provider) ?? []).filter((one) => one !== lane);
    if (left.length > 0) this.driven.set(provider, left);
    else this.driven.delete(provider);
  }
}

const nameOf = ({ provider, source }: queue.LaneName): queue.LaneName => ({ provider, source });
const keyOf = ({ provider, source }: queue.LaneName): string => `${provider} ${source}`;
const learnedOn = (lane: Lane) => ({ ...lane.name, pace: lane.pace });

/** What a lane had sent, before its standing was asked for, that the standing need not show; and how much it had begun. */
type Open = { mails: number; begun: number };
const NONE: Open = { mails: 0, begun: 0 };

/** What the standing of its address lets a lane send. What is not known to be counted is taken off: a budget holds. */
function allow(lane: Lane, standing: providers.Standing, open: Open): void {
  lane.isWarming = standing.standing === "warming";
  const since = lane.begun - open.begun;
  if (standing.standing === "closed") lane.budget = 0;
  else if (standing.dailyBudget === null) lane.budget = Number.POSITIVE_INFINITY;
  else lane.budget = Math.max(0, standing.dailyBudget - standing.spentToday - open.mails - since);
}
