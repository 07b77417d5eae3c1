/**
 * An open SMTP connection and the mails on it.
 *
 * With PIPELINING (RFC 2920) a mail's MAIL, RCPTs and DATA go out in one write, and the next mail's envelope in the same
 * write as the previous mail's text and final dot, so that a mail costs one turn-around. Without it, step by step.
 * Replies are matched to what was asked by their order alone. So whatever does not fit the order (a reply nobody asked
 * for, 250 to DATA) ends the connection, and every mail on it gets a definite answer: what was said about it, else
 * `later`, marked `lostReply` when its dot was out and the far side may have it.
 *
 * The dot is what can't be taken back. It is said only while our lease is held: when there is doubt it waits for the
 * answer, and when the lease is lost the connection ends in front of it.
 */
import { elapsed } from "../kit/clock.ts";
import { type Capabilities, mailCommand, type OutgoingMail } from "./envelope.ts";
import { answerAccepted, BLOCK, inBlocks, type Job, namesAnother, newJob, type SendResult, settle } from "./job.ts";
import type { RawReply } from "./replies.ts";
import { finding, judge, type Reply } from "./reply.ts";
import { stuffed } from "./stuffing.ts";
import type { Timeouts } from "./timeouts.ts";
import type { Lost, Part, Wire } from "./wire.ts";

export type { SendResult } from "./job.ts";

/** May a mail be ended with its dot? A lease (kit/lease.ts) knows. */
export type Permit = {
  readonly isHeld: boolean;
  /** Resolves when it is certain. */
  sure(): Promise<boolean>;
};

const ALWAYS: Permit = { isHeld: true, sure: () => Promise.resolve(true) };

/** A longer text leaves before its dot: what a slow far side has not taken yet would carry the dot along, whatever comes. */
const SHORT = 16 * 1024;

/** How the conversation was protected, for the settle log: `reason` tells why it is clear, `by` what proved the far side. */
export type Security =
  | { kind: "clear"; reason: string }
  | { kind: "tls"; version: string; cipher: string; by?: "DANE" | "MTA-STS" };

/** "TLSv1.3 TLS_AES_256_GCM_SHA384, DANE"; "" in clear. */
export const securityText = (security: Security): string =>
  security.kind === "clear" ? "" : `${security.version} ${security.cipher}${security.by ? `, ${security.by}` : ""}`;

/** How many mails are worth queueing on one connection at once: one whose reply is due, one behind it, one to follow. */
export const WINDOW = 3;

type Asked = "mail" | "rcpt" | "data" | "dot" | "reset" | "quit";

type Due = { stage: Asked; job: Job | undefined; index: number };

export class Connection {
  capabilities: Capabilities;
  readonly security: Security;
  private readonly wire: Wire;
  private readonly timeouts: Timeouts;
  private readonly queue: Job[] = [];
  private readonly due: Due[] = [];
  /** The mail whose envelope is being said, until its text is out. */
  private current: Job | undefined;
  private wantsText = false;
  private wantsReset = false;
  private text: { job: Job; parts: readonly Buffer[]; next: number } | undefined;
  private leaving: (() => void) | undefined;
  private readonly permit: Permit;

  constructor(wire: Wire, capabilities: Capabilities, security: Security, timeouts: Timeouts, permit: Permit = ALWAYS) {
    this.permit = permit;
    this.wire = wire;
    this.capabilities = capabilities;
    this.security = security;
    this.timeouts = timeouts;
    wire.heard = () => this.hear();
    wire.lost = (why) => this.breakOff(brokenReply(why));
    wire.drained = () => this.sendText();
  }

  /** Asks one thing at a time from now on, whatever was offered (a far side that offers PIPELINING and can't). */
  goStepwise(): void {
    this.capabilities = { ...this.capabilities, pipelining: false };
  }

  /** Why nothing more can be sent here; undefined while the connection is good. */
  get broken(): string | undefined {
    return this.wire.gone?.text;
  }

  /** Mails handed over and not yet answered. */
  get pending(): number {
    const answering = this.due[0]?.job;
    return this.queue.length + (this.current ? 1 : 0) + (answering && answering !== this.current ? 1 : 0);
  }

  /** Sends one mail. Never rejects: whatever happens is each recipient's reply. Several may be under way at once. */
  send(mail: OutgoingMail): Promise<SendResult> {
    return new Promise((done) => {
      const job = newJob(mail, this.capabilities, done);
      if (job.asking.length === 0) return settle(job, false);
      if (this.wire.gone || this.leaving) {
        job.refused = brokenReply(this.wire.gone ?? { status: "4.4.2", text: "the connection is being closed" });
        return settle(job, false);
      }
      this.queue.push(job);
      if (this.due.length === 0) this.advance();
    });
  }

  /** Says QUIT when the last mail is answered, and closes; resolves when the connection is gone. */
  quit(): Promise<void> {
    if (this.wire.gone) return Promise.resolve();
    return new Promise((resolve) => {
      const others = this.leaving;
      this.leaving = () => {
        others?.();
        resolve();
      };
      if (this.due.length === 0) this.advance();
    });
  }

  /** Drops the line at once; mails under way are answered `later`. */
  close(): void {
    this.wire.lose("4.4.2", "we closed the connection");
  }

  private hear(): void {
    const { reader } = this.wire;
    let answered = false;
    for (let reply = reader.next(); reply && !this.wire.gone; reply = reader.next()) {
      this.take(reply);
      answered = true;
    }
    if (this.wire.gone || reader.trouble !== undefined) return;
    // Nothing is due, yet more is being said: it would be taken for the answer to what we ask next.
    if (this.due.length === 0 && reader.hasMore) {
      this.outOfStep("said something that nobody had asked for");
      return;
    }
    if (this.due.length === 0 || this.wantsText) this.advance();
    else if (answered && !this.text) this.wait();
  }

  private take(raw: RawReply): void {
    const due = this.due[0];
    if (raw.code === 421) {
      this.goodbye(due, raw);
      return;
    }
    if (!due || this.wantsText) {
      this.outOfStep(`said "${raw.code}" when nothing had been asked`);
      return;
    }
    const { stage, job } = due;
    if (stage === "quit") {
      this.wire.lose("4.4.2", "we said goodbye");
      return;
    }
    if (stage === "reset" || !job) {
      this.due.shift();
      return;
    }
    // Judged only where the words matter: nobody reads those of a 250 to RCPT.
    const reply = (): Reply => judge(stage, raw.code, raw.lines);
    const expected = stage === "data" ? raw.code === 354 : raw.code < 300;
    const tooEarly = stage === "dot" && this.text?.job === job;
    if (expected ? tooEarly : raw.code < 400 || raw.code > 599) {
      this.outOfStep(`answered ${tooEarly ? "before the dot" : stage.toUpperCase()} with "${raw.code}"`);
      return;
    }
    this.due.shift();
    switch (stage) {
      case "mail":
        if (!expected) job.refused = reply();
        break;
      case "rcpt":
        // Behind a refused MAIL it says nothing of the recipient.
        if (job.refused) break;
        this.hearRecipient(job, due.index, expected, raw);
        break;
      case "data":
        if (expected) {
          this.goAhead(job);
          break;
        }
        answerAccepted(job, reply());
        this.wantsReset = true;
        this.finish(job);
        break;
      case "dot":
        answerAccepted(job, reply());
        settle(job, true);
        // It was answered before we were through (too big, say): the rest of the text would be read as commands.
        if (tooEarly) this.outOfStep("answered before the mail was complete");
    }
  }

  /** An answer that names another recipient is doubted, and a second one shows that the far side mixes them up. */
  private hearRecipient(job: Job, index: number, isAccepted: boolean, raw: RawReply): void {
    const isMisnamed = namesAnother(job, index, raw.lines);
    if (isMisnamed) job.misnamed += 1;
    if (job.misnamed > 1) this.outOfStep("answered for other recipients than it was asked for");
    else if (isAccepted) job.accepted.push(index);
    else {
      const reply = judge("rcpt", raw.code, raw.lines);
      job.replies[index] = isMisnamed ? { ...reply, kind: "later", inDoubt: true } : reply;
    }
  }

  private goAhead(job: Job): void {
    if (job.refused) this.outOfStep("refused the sender and asked for the mail all the same");
    else this.wantsText = true;
  }

  private finish(job: Job): void {
    if (this.current === job) this.current = undefined;
    settle(job, true);
  }

  /** Writes whatever may be written now. Called when nothing is due, or when the far side waits for the text. */
  private advance(): void {
    if (this.wire.gone) return;
    if (this.wantsText) {
      this.beginText(this.current!);
      return;
    }
    let commands = "";
    if (this.current) commands = this.step(this.current);
    if (commands === "" && this.queue.length > 0) {
      if (this.wantsReset) commands = this.ask("reset", undefined, 0, "RSET\r\n");
      this.wantsReset = false;
      if (commands === "" || this.capabilities.pipelining) commands += this.envelope(this.queue.shift()!);
    }
    if (commands === "" && this.leaving) commands = this.ask("quit", undefined, 0, "QUIT\r\n");
    if (commands !== "") this.wire.write([commands]);
    this.wait();
  }

  /** Begins a mail: its whole envelope, or only MAIL when the far side wants one thing at a time. */
  private envelope(job: Job): string {
    this.current = job;
    job.startedAt = elapsed();
    let said = this.ask("mail", job, 0, mailCommand(job.mail, this.capabilities));
    if (!this.capabilities.pipelining) return said;
    while (job.asked < job.asking.length) said += this.nextRecipient(job);
    return said + this.ask("data", job, 0, "DATA\r\n");
  }

  /** The next command of a mail that goes step by step; "" when its envelope came to nothing. */
  private step(job: Job): string {
    if (!job.refused && job.asked < job.asking.length) return this.nextRecipient(job);
    if (!job.refused && job.accepted.length > 0) return this.ask("data", job, 0, "DATA\r\n");
    this.wantsReset = !job.refused;
    this.finish(job);
    return "";
  }

  private nextRecipient(job: Job): string {
    const index = job.asking[job.asked++]!;
    return this.ask("rcpt", job, index, `RCPT TO:<${job.mail.recipients[index]}>\r\n`);
  }

  private ask(stage: Asked, job: Job | undefined, index: number, command: string): string {
    this.due.push({ stage, job, index });
    return command;
  }

  private beginText(job: Job): void {
    this.wantsText = false;
    this.current = undefined;
    if (job.accepted.length === 0) {
      // RFC 2920 3.1: 354 although nobody was accepted wants an empty mail, whose answer concerns nobody.
      settle(job, true);
      const empty = this.ask("reset", undefined, 0, ".\r\n");
      this.wire.write([empty, this.following()]);
      this.wait();
      return;
    }
    this.ask("dot", job, 0, "");
    this.text = { job, parts: inBlocks(stuffed(job.mail.message)), next: 0 };
    this.sendText();
  }

  /** The next mail's envelope, said in the same breath when that is allowed. */
  private following(): string {
    const next = this.capabilities.pipelining ? this.queue.shift() : undefined;
    return next ? this.envelope(next) : "";
  }

  /** Writes the text block by block; the last one of a short text carries the dot and what follows it. */
  private sendText(): void {
    while (this.text && !this.text.job.isWithheld) {
      const { job, parts } = this.text;
      const block: Part[] = [];
      let size = 0;
      while (this.text.next < parts.length && size < BLOCK) {
        const part = parts[this.text.next++]!;
        block.push(part);
        size += part.length;
      }
      const isEnd = this.text.next === parts.length && (size <= SHORT || size === 0);
      if (isEnd && !this.permit.isHeld) void this.withhold(job);
      else if (isEnd) {
        job.dotIsOut = true;
        this.text = undefined;
        block.push(".\r\n", this.following());
      }
      if (this.wire.write(block) === "full" && !job.isWithheld) {
        this.wire.wait(this.blockTime(job), "it to take the mail");
        return;
      }
    }
    if (this.due.length > 0 && !this.text) this.wait();
  }

  /** Stops in front of the dot until it is certain whether we may say it. */
  private async withhold(job: Job): Promise<void> {
    job.isWithheld = true;
    this.wire.rest();
    const mayGoOn = await this.permit.sure();
    if (this.wire.gone) return;
    if (!mayGoOn) {
      this.wire.lose("4.4.2", "we stopped in front of the dot");
      return;
    }
    job.isWithheld = false;
    this.sendText();
  }

  private blockTime(job: Job): number {
    return Math.max(0, Math.min(this.timeouts.block, job.startedAt + this.timeouts.transaction - elapsed()));
  }

  /** Sets the deadline for what is due first. */
  private wait(): void {
    const due = this.due[0];
    if (!due) {
      this.wire.rest();
      return;
    }
    const { stage, job } = due;
    const full = this.timeouts[stage];
    const whole = !job || stage === "dot" ? full : job.startedAt + this.timeouts.transaction - elapsed();
    this.wire.wait(Math.max(0, Math.min(full, whole)), awaited[stage]);
  }

  private goodbye(due: Due | undefined, raw: RawReply): void {
    const reply = judge(due?.stage ?? "quit", raw.code, raw.lines);
    // 421 in the dot's place is an answer: the mail was not taken.
    if (due?.stage === "dot" && due.job) {
      answerAccepted(due.job, reply);
      settle(due.job, true);
    }
    this.wire.close({ status: reply.status || "4.4.2", text: `the far side said goodbye: ${reply.text}` });
    this.breakOff(reply);
  }

  private outOfStep(what: string): void {
    this.wire.lose("4.5.0", `the far side ${what}`);
  }

  /** The end of the connection: everybody who has no answer yet gets this one. */
  private breakOff(reply: Reply): void {
    const first = this.due[0]?.job ?? this.current;
    for (const job of new Set([first, this.current])) {
      if (!job) continue;
      job.refused ??= job.dotIsOut ? { ...reply, lostReply: true } : reply;
      // An envelope said in advance, whose turn to be answered had not come, is as good as not said.
      settle(job, job === first);
    }
    for (const job of this.queue.splice(0)) {
      job.refused = reply;
      settle(job, false);
    }
    this.due.length = 0;
    this.current = this.text = undefined;
    this.wantsText = false;
    this.leaving?.();
  }
}

const awaited: Record<Asked, string> = {
  mail: "the answer to MAIL",
  rcpt: "the answer to RCPT",
  data: "the answer to DATA",
  dot: "the answer to the final dot",
  reset: "the answer to RSET",
  quit: "the answer to QUIT",
};

const brokenReply = (why: Lost): Reply => finding("later", why.status, why.text, "session");
