/**
 * One SMTP connection: bytes in, replies out, until one side ends it.
 *
 * Bytes wait in `queue` and are worked off one command line, or one chunk of a message, at a time; while something is
 * awaited the session is `busy` and, when enough bytes wait, the socket is paused. Replies to pipelined commands gather
 * and leave in one write. Nothing here grows with what a client sends: lines, recipients and the part of a message in
 * memory have their limits, errors and idle commands are numbered, and `tick` ends what takes too long.
 */
import { isIPv6, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { MINUTE, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { COMMAND_LIMIT } from "./commands.ts";
import type { Desk } from "./desk.ts";
import { Dialogue, tooBig } from "./dialogue.ts";
import { type Incoming, incoming } from "./incoming.ts";
import { readProxyHeader } from "./proxy.ts";
import { later, no, noMore, type Reply, written, yes } from "./reply.ts";

/** Errors, and commands that lead nowhere, between two mails. */
const MAX_ERRORS = 20;
const MAX_IDLE_COMMANDS = 100;
/** Bytes that may wait unread while we are busy. */
const MAX_QUEUED = 64 * 1024;
/** Bytes of replies a client may leave unread. */
const MAX_UNREAD = 256 * 1024;
/** An endless command line is dropped up to here. */
const MAX_DROPPED = 64 * 1024;

/** RFC 5321 4.5.3.2.7. Counted from the last whole command, so a client that drips letters gains nothing. */
const COMMAND_TIME = 5 * MINUTE;
/** A connection on which no mail was kept ends after this. */
const FRUITLESS_TIME = 30 * MINUTE;
/** A message must arrive at 500 bytes a second after its first five minutes. */
const DATA_TIME = 5 * MINUTE;
const DATA_TIME_PER_BYTE = 2;
/** For a PROXY header, a TLS handshake, and the client's hearing our last word. */
const SHORT_TIME = 30 * SECOND;
/** RFC 5321 4.5.3.2.6: clients wait ten minutes for the answer to the final dot. */
const OUR_TIME = 10 * MINUTE;

export class Session {
  #desk: Desk;
  #socket: Socket;
  #address: string;
  #onClose: () => void;
  #dialogue: Dialogue;
  #mode: "proxy" | "command" | "data" | "tls" | "closing" | "closed" = "command";
  #isAdmitted = false;
  #isBusy = false;
  #hasEnded = false;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** The beginning of a line whose end has not come; its bytes are counted on when it is too long to be kept. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  /** Replies that wait to be sent. */
  #unsaid = "";
  #deadline = 0;
  #fruitlessSince: number;
  #errors = 0;
  #idleCommands = 0;
  #mail: Incoming | undefined;
  #dataSince = 0;

  constructor(socket: Socket, desk: Desk, onClose: () => void) {
    this.#desk = desk;
    this.#socket = socket;
    this.#onClose = onClose;
    this.#dialogue = new Dialogue(desk);
    this.#address = plainAddress(socket.remoteAddress ?? "");
    this.#fruitlessSince = this.#now();
    this.#listen(socket);
    if (desk.proxyProtocol) {
      this.#mode = "proxy";
      this.#expectWithin(SHORT_TIME);
    } else {
      this.#greet();
    }
  }

  /** Sends the client away with a 421, unless a mail is under way, which gets its answer first. */
  dismiss(): void {
    if (this.#isBusy || this.#mode === "data" || this.#dialogue.isInMail()) return;
    this.#say(noMore("restart", 421, "4.3.2", "This server is restarting; come again in a minute"));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Called every second or so: ends what takes too long. */
  tick(now: number): void {
    const isLate = now > this.#deadline;
    const isFruitless = this.#mode === "command" && now > this.#fruitlessSince + FRUITLESS_TIME;
    const allowance = DATA_TIME + DATA_TIME_PER_BYTE * (this.#mail?.taken() ?? 0);
    const isDripping = this.#mode === "data" && now > this.#dataSince + allowance;
    if (!isLate && (this.#isBusy || !(isFruitless || isDripping))) return;
    if (this.#isBusy || this.#mode === "closing") this.destroy();
    else this.#say(noMore("timeout", 421, "4.4.2", "You took too long; come again"));
  }

  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#work();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#gone());
  }

  #gone(): void {
    if (this.#mode === "closed") return;
    this.#mode = "closed";
    this.#queue = [];
    this.#mail = undefined;
    if (this.#isAdmitted) this.#desk.leave(this.#address);
    this.#onClose();
  }

  #take(chunk: Buffer): void {
    if (this.#mode === "closing" || this.#mode === "closed") return;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#work();
    if (this.#isBusy && this.#queuedBytes > MAX_QUEUED) this.#socket.pause();
  }

  /** Works off what waits, until something has to be awaited. */
  #work(): void {
    while (!this.#isBusy && this.#queue.length > 0) {
      if (this.#mode === "command") this.#readLine();
      else if (this.#mode === "data") this.#readMessage();
      else if (this.#mode !== "proxy") this.#queue = [];
      else if (this.#readProxy() === "more") return;
    }
    if (this.#isBusy || this.#mode === "closed") return;
    this.#queuedBytes = 0;
    if (this.#desk.isStopping() && this.#mode === "command") this.dismiss();
    this.#flush();
    if (this.#hasEnded) this.#socket.end();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Goes on with the conversation when `step` is done; `step` must not reject. */
  #await(step: Promise<void>): void {
    this.#isBusy = true;
    this.#expectWithin(OUR_TIME);
    void step.then(() => {
      this.#isBusy = false;
      if (this.#mode !== "closing") this.#expectWithin(COMMAND_TIME);
      this.#work();
    });
  }

  #now(): number {
    return this.#desk.clock.now().getTime();
  }

  #expectWithin(ms: number): void {
    this.#deadline = this.#now() + ms;
  }

  #say(reply: Reply): void {
    if (this.#mode === "closing" || this.#mode === "closed") return;
    if (reply.refused !== undefined) this.#desk.counters.refused.inc({ kind: reply.refused });
    if (reply.blame === "client") this.#errors += 1;
    if (reply.blame === "idle") this.#idleCommands += 1;
    if (this.#errors > MAX_ERRORS || this.#idleCommands > MAX_IDLE_COMMANDS) {
      this.#end(noMore("errors", 421, "4.7.0", "Too many commands without a mail; come again with one"));
      return;
    }
    if (reply.next === "close") {
      this.#end(reply);
      return;
    }
    this.#unsaid += written(reply);
    if (reply.next === "data") this.#beginMail();
    if (reply.next === "tls") this.#secure();
  }

  /** Says a last word and ends the connection; what the client still sends is read and dropped. */
  #end(reply: Reply): void {
    // In the middle of a handshake, or before the balancer has said who is there, nobody could read it.
    if (this.#mode === "tls" || this.#mode === "proxy") {
      this.destroy();
      return;
    }
    this.#unsaid += written(reply);
    this.#flush();
    this.#mode = "closing";
    this.#mail = undefined;
    this.#queue = [];
    this.#expectWithin(SHORT_TIME);
    this.#socket.end();
    this.#socket.resume();
  }

  #flush(): void {
    if (this.#unsaid === "" || this.#socket.destroyed) return;
    this.#socket.write(this.#unsaid);
    this.#unsaid = "";
    if (this.#socket.writableLength > MAX_UNREAD) this.destroy();
  }

  #greet(): void {
    if (this.#desk.admit(this.#address) === "full") {
      this.#say(noMore("connection", 421, "4.3.2", "Too many connections are open here; come again in a minute"));
      return;
    }
    this.#isAdmitted = true;
    this.#expectWithin(COMMAND_TIME);
    this.#say(yes(220, undefined, `${this.#desk.hostname} ESMTP Smartgroups`));
    this.#flush();
  }

  #readProxy(): "more" | "read" {
    const bytes = Buffer.concat(this.#queue);
    const header = readProxyHeader(bytes);
    this.#queue = [];
    if (header.kind === "more") {
      this.#queue.push(bytes);
      return "more";
    }
    if (header.kind === "wrong") {
      this.#desk.log.warn({ from: this.#address }, "a connection without a PROXY header was closed");
      this.#say(noMore("proxy", 421, "4.3.2", "This port is for the balancer"));
      return "read";
    }
    if (header.address !== undefined) this.#address = plainAddress(header.address);
    if (header.length < bytes.length) this.#queue.push(bytes.subarray(header.length));
    this.#mode = "command";
    this.#greet();
    return "read";
  }

  #readLine(): void {
    const chunk = this.#queue[0]!;
    const end = chunk.indexOf("\n");
    const piece = end < 0 ? chunk : chunk.subarray(0, end);
    if (end < 0 || end + 1 === chunk.length) this.#queue.shift();
    else this.#queue[0] = chunk.subarray(end + 1);
    this.#partialBytes += piece.length;
    if (this.#partialBytes < COMMAND_LIMIT) this.#partial.push(piece);
    if (end < 0) {
      // A line that comes in single letters costs a buffer each: joined now and then.
      if (this.#partial.length > 64) this.#partial = [Buffer.concat(this.#partial)];
      if (this.#partialBytes > MAX_DROPPED) this.#say(noMore("line", 421, "4.7.0", "This line has no end"));
      return;
    }
    const line = this.#partial.length === 1 ? this.#partial[0]! : Buffer.concat(this.#partial);
    const isTooLong = this.#partialBytes >= COMMAND_LIMIT;
    this.#partial = [];
    this.#partialBytes = 0;
    this.#expectWithin(COMMAND_TIME);
    if (isTooLong) {
      this.#say(no("line", 500, "5.5.2", `A command line may be ${COMMAND_LIMIT} bytes long`));
    } else if (line.at(-1) !== 13) {
      // What one system takes for a line's end and another does not is how mail is smuggled: the command is not obeyed.
      this.#say(no("line", 500, "5.5.2", "A command must end in CR LF"));
    } else {
      const reply = this.#dialogue.hear(line.subarray(0, -1));
      if (reply instanceof Promise) this.#await(reply.then((answer) => this.#say(answer)));
      else this.#say(reply);
    }
  }

  #secure(): void {
    this.#flush();
    // Commands sent behind STARTTLS in the clear are not heard later as if they had come encrypted.
    if (this.#queue.length > 0) this.#desk.counters.refused.inc({ kind: "injected" });
    this.#queue = [];
    // A client that has hung up shakes no hand, and its end would not be told a second time.
    if (this.#hasEnded) {
      this.destroy();
      return;
    }
    this.#mode = "tls";
    this.#expectWithin(SHORT_TIME);
    const clear = this.#socket;
    clear.removeAllListeners("data");
    clear.removeAllListeners("end");
    const secured = new TLSSocket(clear, { isServer: true, secureContext: this.#desk.secureContext });
    this.#listen(secured);
    secured.once("secure", () => {
      this.#dialogue.secured(`${secured.getProtocol()} ${secured.getCipher().standardName}`);
      this.#mode = "command";
      this.#expectWithin(COMMAND_TIME);
    });
  }

  #beginMail(): void {
    const { clock } = this.#desk;
    const time = clock.now();
    const envelope = this.#dialogue.envelope(this.#address);
    this.#mail = incoming({ ...this.#desk, id: newId(clock), time, envelope });
    this.#mode = "data";
    this.#dataSince = time.getTime();
    this.#expectWithin(DATA_TIME);
  }

  #readMessage(): void {
    const mail = this.#mail!;
    const chunk = this.#queue.shift()!;
    const used = mail.feed(chunk);
    if (used < chunk.length) this.#queue.unshift(chunk.subarray(used));
    if (mail.isEnded()) {
      this.#mode = "command";
      this.#mail = undefined;
      this.#dialogue.forget();
      this.#await(this.#judge(mail).then((reply) => this.#say(reply)));
      return;
    }
    this.#expectWithin(DATA_TIME);
    const written = mail.writePiece();
    if (mail.isHopeless()) this.#say({ ...tooBig(this.#desk), next: "close" });
    else if (written) this.#await(written);
  }

  /** The message has come to its end: stores it, and answers after the commit. */
  async #judge(mail: Incoming): Promise<Reply> {
    const verdict = mail.verdict();
    if (verdict.kind === "too-big") return tooBig(this.#desk);
    if (verdict.kind === "spoilt") return no(verdict.defect, 550, verdict.status, verdict.text);
    try {
      if (verdict.kind === "trouble") throw verdict.error;
      const whole = await mail.finish();
      await this.#desk.batcher.keep(whole);
      this.#desk.counters.kept.inc();
      this.#desk.counters.keptBytes.inc(whole.size);
      this.#errors = 0;
      this.#idleCommands = 0;
      this.#fruitlessSince = this.#now();
      return yes(250, "2.0.0", this.#desk.keptText(whole.id));
    } catch (error) {
      this.#desk.log.warn({ mail: mail.id, err: reasonOf(error) }, "a mail was not kept; its sender will try again");
      return later();
    }
  }
}

/** IPv4 as IPv4 also on a socket that hears both; without a zone. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  return isIPv6(address) ? address.replace(/%.*$/, "") : address;
}
