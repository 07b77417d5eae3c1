/**
 * The far side: an SMTP server of our own on the loopback that takes mail, keeps it, and misbehaves on request.
 *
 * It speaks PIPELINING, 8BITMIME, SIZE, SMTPUTF8 and, when asked, STARTTLS. What it shall answer is set per address
 * (at RCPT) or per mail (at the dot); what it took stands in `mails`. Odd servers that no switch here describes are
 * dialog scripts (far-side-dialog.ts), which it can play for a while.
 */
import { createServer, type Server, type Socket } from "node:net";
import { elapsed } from "../../src/kit/clock.ts";
import { lie, type Overheard } from "./far-side-dialog.ts";
import { converse, type Drop, type Envelope, type FarSideMail, type Talk } from "./far-side-talk.ts";

export type { FarSideMail } from "./far-side-talk.ts";

export type FarSideOptions = Talk & {
  port?: number;
  address?: string;
};

export class FarSide {
  readonly mails: FarSideMail[] = [];
  /** Every command line heard, in order. */
  readonly heard: string[] = [];
  /** Connections so far, and those open now. */
  connections = 0;
  /** Connections that were refused by their greeting. */
  turnedAway = 0;
  readonly open = new Set<Socket>();
  /** When each connection that is over ended, by its number (`elapsed()`). */
  readonly endedAt = new Map<number, number>();
  /** Texts that it was given to the last dot while it lied. */
  readonly overheard: Overheard[] = [];
  private readonly server: Server;
  private readonly options: FarSideOptions;
  private readonly atRcpt = new Map<string, string>();
  private readonly dotAnswers: { matches: (mail: FarSideMail) => boolean; reply: string }[] = [];
  private greeting: string | undefined;
  private most: { connections: number; reply: string } | undefined;
  private pauseMs = 0;
  private drop: { when: Drop; times: number } | undefined;
  private scripts: string[][] = [];
  private readonly waiting = new Set<() => void>();

  constructor(options: FarSideOptions) {
    this.options = options;
    this.server = createServer({ noDelay: true }, (socket) => this.greet(socket));
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** What it says to RCPT for this address from now on: "452 4.2.2 mailbox full"; a 250 takes it back. */
  answers(address: string, reply: string): void {
    this.atRcpt.set(address.toLowerCase(), reply);
  }

  /** What it says to the final dot of mails to this address, or of those that `which` picks. */
  atDot(which: string | ((mail: FarSideMail) => boolean), reply: string): void {
    const matches = typeof which === "string" ? (mail: FarSideMail) => mail.to.includes(which) : which;
    this.dotAnswers.unshift({ matches, reply });
  }

  /** Greets with this instead of 220; with a 4yz or 5yz it hangs up afterwards. No argument: friendly again. */
  greets(reply?: string): void {
    this.greeting = reply;
  }

  /** Lets in so many connections at a time; others are greeted with this, and counted in `turnedAway`. */
  admits(connections: number, reply: string): void {
    this.most = { connections, reply };
  }

  /** Waits so long before each reply to a dot. */
  pauses(ms: number): void {
    this.pauseMs = ms;
  }

  /** Cuts the line at this point, `times` times. */
  drops(when: Drop, times = Number.POSITIVE_INFINITY): void {
    this.drop = { when, times };
  }

  /** Plays these scripts (far-side-dialog.ts) to the next connections, one each. */
  lies(scripts: readonly string[][]): void {
    this.scripts = [...scripts];
  }

  /** Takes every mail, answers every address, drops nothing. */
  behaves(): void {
    this.atRcpt.clear();
    this.dotAnswers.length = 0;
    this.greeting = this.drop = this.most = undefined;
    this.scripts = [];
    this.pauseMs = 0;
  }

  /** The mails that reached this address. */
  mailsFor(address: string): FarSideMail[] {
    return this.mails.filter((mail) => mail.to.includes(address));
  }

  mailFor(address: string): FarSideMail | undefined {
    return this.mailsFor(address)[0];
  }

  /** Resolves with the mails when there are `enough`: so many mails, or what the function says. */
  async waitFor(enough: number | ((mails: FarSideMail[]) => boolean), timeoutMs = 20_000): Promise<FarSideMail[]> {
    const isEnough = typeof enough === "number" ? () => this.mails.length >= enough : () => enough(this.mails);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.look();
    }, timeoutMs);
    while (!isEnough() && !late) await new Promise<void>((resolve) => this.waiting.add(resolve));
    clearTimeout(timer);
    if (!isEnough())
      throw new Error(`the far side has ${this.mails.length} mails after ${timeoutMs} ms and waits for more`);
    return this.mails;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.options.port ?? 0, this.options.address ?? "127.0.0.1", resolve);
    });
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Cuts the line when a drop is set for this point. */
  cuts(when: Drop, socket: Socket): boolean {
    if (this.drop?.when !== when || this.drop.times <= 0) return false;
    this.drop.times -= 1;
    socket.destroy();
    return true;
  }

  rcptReply(address: string): string {
    return this.atRcpt.get(address.toLowerCase()) ?? "250 2.1.5 ok";
  }

  /** Takes the mail, or not; calls `say` with the answer to the dot when its time has come. */
  end(envelope: Envelope, raw: Buffer, socket: Socket, say: (reply: string) => void): void {
    const mail = { ...envelope, raw };
    if (this.cuts("before-dot", socket)) return;
    const reply =
      this.dotAnswers.find((answer) => answer.matches(mail))?.reply ?? `250 2.0.0 taken as ${this.mails.length + 1}`;
    if (reply.startsWith("2")) {
      this.mails.push(mail);
      this.look();
    }
    if (this.cuts("at-dot", socket)) return;
    const answer = (): void => {
      say(reply);
      this.cuts("after-dot", socket);
    };
    if (this.pauseMs > 0) setTimeout(answer, this.pauseMs);
    else answer();
  }

  private look(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  private greet(socket: Socket): void {
    this.connections += 1;
    this.open.add(socket);
    const number = this.connections;
    socket.on("close", () => {
      this.open.delete(socket);
      this.endedAt.set(number, elapsed());
    });
    socket.on("error", () => undefined);
    const script = this.scripts.shift();
    if (script) {
      void lie(socket, script, (mail) => this.overheard.push(mail));
      return;
    }
    if (this.cuts("greeting", socket)) return;
    const isTooMany = this.most && this.open.size > this.most.connections;
    const greeting = this.greeting ?? (isTooMany ? this.most!.reply : "220 far.test ESMTP");
    if (!greeting.startsWith("2")) this.turnedAway += 1;
    socket.write(`${greeting}\r\n`);
    if (greeting.startsWith("2")) converse(this, socket, this.connections, this.options);
    else socket.end();
  }
}

export const startFarSide = (options: FarSideOptions = {}): Promise<FarSide> => new FarSide(options).listen();
