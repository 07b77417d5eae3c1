/**
 * A lane at work: the mails in hand for one provider, over connections from one sending address.
 *
 * Connections ask for the next mail when they have room for one, so the order is decided mail by mail: a small post that
 * comes while a large one is going out is next. How many connections, how fast, and whether only a probe may go, is the
 * pace's to say (pace.ts, docs/pacing.md).
 */
import { type Clock, MINUTE } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { Gate } from "../kit/gate.ts";
import { senseOf } from "../mail/sense.ts";
import type { Limits } from "../providers/providers.ts";
import type { LaneName } from "../queue/queue.ts";
import { Appetite } from "./appetite.ts";
import { type SendResult, securityText } from "./connection.ts";
import type { Answer, Hand, Hands, Over } from "./hand.ts";
import type { Line, Lines } from "./lines.ts";
import { type Allowance, allowance, began, type Heard, heard, type Pace } from "./pace.ts";
import type { Recipient } from "./prepare.ts";
import type { Reply } from "./reply.ts";
import type { Settler } from "./settler.ts";
import { type Batch, type Site, Sites } from "./sites.ts";

/** Mails under way on one connection: being signed, said, or waiting for the answer to their dot. */
const SLOTS = 6;
/** Copies being made at a time by all lanes of this worker: what keeps the signing threads busy. */
const copying = new Gate(40);
/** Connections a mail may break before its trouble counts as an answer. */
const TRIES = 2;

export type LaneOptions = {
  name: LaneName;
  lines: Lines;
  hands: Hands;
  settler: Pick<Settler, "spent">;
  limits: Limits;
  pace: Pace;
  clock: Clock;
  /** May anything be begun now? Not when our lease may have run out, or results pile up. */
  mayBegin(): boolean;
  /** More work is wanted. */
  wake(): void;
};

/** An open connection at work, with how many of its slots are taken. */
type Active = { site: Site; line: Line; slots: number; idle: () => void };

export class Lane {
  readonly name: LaneName;
  limits: Limits;
  pace: Pace;
  /** Mails that the standing of our address still allows today, and whether they are counted. */
  budget = Number.POSITIVE_INFINITY;
  isWarming = false;
  /** Mails begun so far: what went out while the standing was being asked for. */
  begun = 0;
  /** There may be more in the provider's queue. */
  hungry = true;
  /** Something has come for it this moment, which may have to go ahead of what is in hand. */
  hasNews = false;
  /** Virtual time of fair queueing: the largest tag that was begun here. */
  virtual = 0;
  usedAt: number;
  /** Mails begun and not yet answered, and connections being opened. */
  underWay = 0;
  isLeaving = false;
  private readonly options: LaneOptions;
  private readonly sites = new Sites();
  private readonly appetite = new Appetite();
  private readonly active = new Set<Active>();
  /** Recipients of deliveries that were taken for this lane and are being opened. */
  private expected = 0;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isProbing = false;
  private lastIn: { site: string; at: number } | undefined;

  constructor(options: LaneOptions) {
    this.options = options;
    this.name = options.name;
    this.limits = options.limits;
    this.pace = options.pace;
    this.usedAt = options.clock.now().getTime();
  }

  get isIdle(): boolean {
    return this.load === 0 && this.underWay === 0;
  }

  /** Recipients this lane has before it. */
  get load(): number {
    return this.sites.unbegun + this.expected;
  }

  /** It was let go, and has finished. */
  get isFree(): boolean {
    return this.isLeaving && this.isIdle;
  }

  /** How many more deliveries this lane could use now. */
  wanted(): number {
    if (!this.hungry || this.isStopped || this.isLeaving || this.budget <= 0) return 0;
    if (!this.hasNews && !this.appetite.isLow(this.load)) return 0;
    const { isProbing, nextMailAt } = this.allowance();
    if (isProbing) return this.isIdle && nextMailAt <= this.now() ? 1 : 0;
    return this.appetite.rows(this.load, this.budget, this.hasNews);
  }

  /** A delivery was taken for this lane and is being opened. */
  expect(recipients: number): void {
    if (this.hasNews) this.appetite.heardNews();
    this.hasNews = false;
    this.expected += recipients;
    this.appetite.took(recipients);
    this.usedAt = this.now();
  }

  /** What came of a delivery of so many recipients that was expected: batches, or none. */
  add(batches: readonly Batch[], recipients: number): void {
    this.expected -= recipients;
    for (const batch of batches) this.sites.put(batch);
    for (const batch of this.sites.removeLast(this.appetite.excess(this.sites.unbegun)))
      this.options.hands.giveBack(batch.hand, ids(batch.left));
    if (this.isLeaving || this.isStopped) this.giveBack();
    else this.pump();
  }

  /** Begins what may be begun: to be called when something changed, and by the clock. */
  pump(): void {
    if (this.isStopped || this.sites.unbegun === 0) return;
    if (this.budget <= 0) {
      this.giveBack(); // another address may carry it
      return;
    }
    const allowed = this.allowance();
    const wait = allowed.nextMailAt - this.now();
    if (wait > 0) this.later(wait);
    for (const active of this.active) this.fill(active);
    const { lines } = this.options;
    while (this.mayStart(allowed)) {
      const site = this.sites.first(SLOTS, allowed.connections);
      if (!site) break;
      const { hosts } = site.batches[0]!;
      if (lines.count >= allowed.connections && !lines.hasResting(hosts) && !lines.closeOne()) break;
      site.runners += 1;
      void this.run(site, hosts);
      if (allowed.isProbing) break;
    }
    if (this.wanted() > 0) this.options.wake();
  }

  /** Gives back what is not begun (all, or what `which` names), so that others may send it, or nobody. */
  giveBack(which: (hand: Hand) => boolean = () => true): void {
    for (const batch of this.sites.remove(({ hand }) => which(hand)))
      this.options.hands.giveBack(batch.hand, ids(batch.left));
  }

  /** Lets go: nothing more is taken, what is not begun goes back. */
  leave(): void {
    this.isLeaving = true;
    this.giveBack();
  }

  /** Nothing more is begun; what is under way goes on. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.giveBack();
    this.options.lines.stop();
  }

  private now(): number {
    return this.options.clock.now().getTime();
  }

  private allowance(): Allowance {
    return allowance(this.pace, this.limits, this.now());
  }

  private mayStart(allowed: Allowance): boolean {
    if (this.isStopped || this.budget <= 0 || !this.options.mayBegin()) return false;
    if (allowed.nextMailAt > this.now()) return false;
    return !allowed.isProbing || this.underWay === 0;
  }

  /** One connection at work for a site, until it has nothing more to carry. */
  private async run(site: Site, hosts: Batch["hosts"]): Promise<void> {
    const { lines } = this.options;
    try {
      // The opening itself is under way: while probing nothing else is tried.
      this.underWay += 1;
      const line = await lines.open(hosts).finally(() => {
        this.underWay -= 1;
      });
      if (!("connection" in line)) {
        this.turnedAway(site, hosts, line);
        return;
      }
      this.lastIn = { site: site.key, at: this.now() };
      await new Promise<void>((idle) => {
        const active = { site, line, slots: 0, idle };
        this.active.add(active);
        this.fill(active);
        if (active.slots === 0) this.retire(active);
      });
      lines.rest(line, this.isStopped ? 0 : this.allowance().mailsPerConnection);
    } finally {
      site.runners -= 1;
      this.sites.tidy(site);
      this.pump();
    }
  }

  /** Puts the free slots of a connection to work. */
  private fill(active: Active): void {
    for (let free = Math.min(SLOTS - active.slots, active.site.unbegun); free > 0; free -= 1) {
      active.slots += 1;
      void this.slot(active).finally(() => {
        active.slots -= 1;
        if (active.slots === 0) this.retire(active);
      });
    }
  }

  private retire(active: Active): void {
    if (this.active.delete(active)) active.idle();
  }

  private async slot({ site, line }: Active): Promise<void> {
    for (;;) {
      // Which mail is next is decided when its copy can be made, not while others wait to be signed before it.
      await copying.enter();
      let isInside = true;
      const copied = (): void => {
        if (isInside) copying.leave();
        isInside = false;
      };
      try {
        const allowed = this.allowance();
        if (line.connection.broken || line.used >= allowed.mailsPerConnection || !this.mayStart(allowed)) return;
        // Where no more connections may be open, this one makes room for a mail that comes first and has none.
        if (this.options.lines.count >= allowed.connections && this.sites.isOvertaken(site)) return;
        const next = this.sites.next(site, allowed.recipients);
        if (!next) return;
        line.used += 1;
        this.virtual = Math.max(this.virtual, next.batch.hand.delivery.tag);
        await this.send(line, next.batch, next.recipients, copied);
      } finally {
        copied();
      }
    }
  }

  private async send(line: Line, batch: Batch, recipients: Recipient[], copied: () => void): Promise<void> {
    const { hands, lines, wake } = this.options;
    const { connection, target } = line;
    this.begin(recipients.length);
    let result: SendResult;
    try {
      result = await connection.send(await batch.item.mailFor(recipients, connection.capabilities).finally(copied));
    } catch (error) {
      hands.giveBack(batch.hand, ids(recipients), reasonOf(error));
      return;
    } finally {
      this.underWay -= 1;
    }
    if (result.isWithheld) {
      hands.giveBack(batch.hand, ids(recipients));
      return;
    }
    const isUntried = !result.tried && result.recipients.every((one) => one.reply.kind === "later");
    if (isUntried && batch.tries < TRIES) {
      this.sites.put({ ...batch, left: recipients, tries: batch.tries + 1 });
    } else {
      this.hear(heardIn(result));
      if (isOutOfStep(result)) lines.noteOutOfStep(target.host);
      const over: Over = {
        host: target.host,
        source: target.localAddress ?? "",
        tls: securityText(connection.security),
      };
      const answers = recipients.map(
        (recipient, i): Answer => ({ recipient, reply: result.recipients[i]!.reply, over }),
      );
      const isSent = answers.some(({ reply }) => reply.kind === "sent");
      const askAgain = (which: (answer: Answer) => boolean, more: Partial<Batch>): void => {
        const left = answers.filter(which).map(({ recipient }) => recipient);
        if (left.length > 0) this.sites.put({ ...batch, ...more, left });
      };
      askAgain(isInDoubt, { isAlone: true });
      askAgain((answer) => isSent && isCrowdedOut(answer), {});
      const clear = answers.filter((answer) => !isInDoubt(answer) && !(isSent && isCrowdedOut(answer)));
      hands.answered(batch.hand, clear);
    }
    if (this.hungry && this.appetite.isLow(this.load)) wake();
  }

  private begin(recipients: number): void {
    this.underWay += 1;
    this.begun += 1;
    this.budget -= 1;
    this.pace = began(this.pace, this.limits, this.now());
    this.appetite.ate(recipients, this.now());
  }

  /** What one transaction came to: it counts for the pace, and for the day's budget while our address is warming. */
  private hear(said: Heard[]): void {
    const isRefusal = said.some(
      (what) => what.kind === "refused" && (what.sense === "slow down" || what.sense === "blocked"),
    );
    if (this.isWarming) this.options.settler.spent({ ...this.name, mails: 1, refused: isRefusal ? 1 : 0 });
    for (const what of said) this.listen(what);
  }

  /**
   * No host of the site let us in. That says nothing about its mails, so one is answered with it, and the others stay, or
   * go back when the lane is suspended by it. Where the provider lets us in elsewhere, or the trouble is what a domain asks
   * of its hosts, it is one customer's own: all its mails are answered.
   */
  private turnedAway(site: Site, hosts: Batch["hosts"], reply: Reply): void {
    const { lines, hands } = this.options;
    const isElsewhere = this.lastIn && this.lastIn.site !== site.key && this.now() - this.lastIn.at <= MINUTE;
    const isAlone = !isElsewhere && !reply.isUnproven;
    // One connection too many: those that are open carry the mails.
    const isCarried = [...this.active].some((one) => one.site === site && !one.line.connection.broken);
    const over: Over = { host: hosts[0]?.host ?? "", source: lines.source ?? "", tls: "" };
    const answer = (hand: Hand, some: Recipient[]): void =>
      hands.answered(
        hand,
        some.map((recipient) => ({ recipient, reply, over })),
      );
    const first = isAlone && !isCarried ? this.sites.next(site, 1) : undefined;
    if (first) answer(first.batch.hand, first.recipients);
    if (!isAlone && !isCarried)
      for (const { hand, left } of this.sites.remove((batch) => batch.site === site.key)) answer(hand, left);
    if (isAlone) this.listen(heardOf(reply));
  }

  /** What was heard changes the pace; who is suspended keeps nothing in hand that another lane could send. */
  private listen(what: Heard): void {
    this.pace = heard(this.pace, this.limits, what, this.now());
    const wasProbing = this.isProbing;
    this.isProbing = this.allowance().isProbing;
    // What came with a probe that was refused waits elsewhere as well.
    if (this.isProbing) this.giveBack();
    if (this.isProbing === wasProbing) return;
    this.hungry = true;
    if (!this.isProbing) this.pump();
    this.options.wake();
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), Math.min(ms, MINUTE));
  }
}

const isInDoubt = ({ reply }: Answer): boolean => reply.inDoubt === true;

/** One recipient too many for this transaction (RFC 5321 4.5.3.1.10): the next one is begun at once. */
const isCrowdedOut = ({ reply }: Answer): boolean =>
  reply.kind === "later" &&
  reply.scope === "recipient" &&
  reply.code % 100 === 52 &&
  /^(|[45]\.5\.3)$/.test(reply.status);

const ids = (recipients: readonly Recipient[]): string[] => recipients.map((one) => one.id);

/** Its answers did not fit what was asked, or one never came: it may not hear questions that come together. */
const isOutOfStep = (result: SendResult): boolean =>
  result.recipients.some(
    ({ reply }) => reply.code === 0 && (reply.status === "4.5.0" || /the answer to (RCPT|DATA)$/.test(reply.text)),
  );

/** What one transaction says about the pace: that it was taken for some, and the first refusal. */
function heardIn(result: SendResult): Heard[] {
  const replies = result.recipients.map((one) => one.reply);
  const sent = replies.filter((reply) => reply.kind === "sent").length;
  const at = replies.findIndex((reply) => reply.kind !== "sent");
  const said: Heard[] = [];
  if (sent > 0) said.push({ kind: "sent", recipients: sent });
  // Behind a success only "too many at once" says more than that.
  if (at >= 0 && (sent === 0 || senseOf(replies[at]!) === "slow down"))
    said.push({ ...heardOf(replies[at]!), recipients: at + 1 });
  return said;
}

const heardOf = (reply: Reply): Extract<Heard, { kind: "refused" }> => ({
  kind: "refused",
  sense: senseOf(reply),
  scope: reply.scope,
  isSilence: reply.code === 0,
});
