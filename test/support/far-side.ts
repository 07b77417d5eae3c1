/**
 * The far side: an SMTP server of our own on the loopback that takes mail, keeps it, and misbehaves on request.
 *
 * It speaks PIPELINING, 8BITMIME, SIZE, SMTPUTF8 and, when asked, STARTTLS. What it shall answer is set per address
 * (at RCPT) or per mail (at the dot); what it took stands in `mails`. Odd servers that no switch here describes are
 * dialog scripts instead (far-side-dialog.ts).
 */
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

export type FarSideMail = {
  from: string;
  to: string[];
  /** As it stood between DATA and the dot, dot-stuffing undone. */
  raw: Buffer;
  /** Which connection brought it, counted from 1. */
  connection: number;
  /** The address that the connection came from. */
  peer: string;
  /** The MAIL parameters, upper case: "SIZE=12 BODY=8BITMIME". */
  parameters: string;
  secure: boolean;
};

type Envelope = Omit<FarSideMail, "raw">;
/** When the line is cut: at which command, after the text but before the reply to the dot, or right after that reply. */
export type Drop = "greeting" | "helo" | "mail" | "rcpt" | "data" | "before-dot" | "at-dot" | "after-dot";

export type FarSideOptions = {
  port?: number;
  address?: string;
  /** PEM key and certificate: offers STARTTLS. */
  tls?: { key: string; cert: string };
  /** EHLO keywords offered; all it speaks when left out. */
  offers?: string[];
};

export class FarSide {
  readonly mails: FarSideMail[] = [];
  /** Every command line heard, in order. */
  readonly heard: string[] = [];
  /** Connections so far, and those open now. */
  connections = 0;
  readonly open = new Set<Socket>();
  private readonly server: Server;
  private readonly options: FarSideOptions;
  private readonly atRcpt = new Map<string, string>();
  private readonly dotAnswers: { matches: (mail: FarSideMail) => boolean; reply: string }[] = [];
  private greeting: string | undefined;
  private pauseMs = 0;
  private drop: { when: Drop; times: number } | undefined;
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

  /** Waits so long before each reply to a dot. */
  pauses(ms: number): void {
    this.pauseMs = ms;
  }

  /** Cuts the line at this point, `times` times. */
  drops(when: Drop, times = Number.POSITIVE_INFINITY): void {
    this.drop = { when, times };
  }

  /** Takes every mail, answers every address, drops nothing. */
  behaves(): void {
    this.atRcpt.clear();
    this.dotAnswers.length = 0;
    this.greeting = this.drop = undefined;
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
    socket.on("close", () => this.open.delete(socket));
    socket.on("error", () => undefined);
    if (this.cuts("greeting", socket)) return;
    const greeting = this.greeting ?? "220 far.test ESMTP";
    socket.write(`${greeting}\r\n`);
    if (greeting.startsWith("2")) converse(this, socket, this.connections, this.options);
    else socket.end();
  }
}

export const startFarSide = (options: FarSideOptions = {}): Promise<FarSide> => new FarSide(options).listen();

const drops: Record<string, Drop> = { ehlo: "helo", helo: "helo", mail: "mail", rcpt: "rcpt", data: "data" };

const everything = ["PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"];

function converse(far: FarSide, raw: Socket, connection: number, options: FarSideOptions): void {
  let socket = raw;
  const peer = raw.remoteAddress ?? "";
  let secure = false;
  let envelope: Envelope | undefined;
  let inText = false;
  let held: Buffer = Buffer.alloc(0);
  const say = (reply: string): void => {
    if (!socket.destroyed) socket.write(`${reply}\r\n`);
  };
  const ended = (text: Buffer): void => {
    inText = false;
    const mail = envelope!;
    envelope = undefined;
    // What was pipelined behind the dot waits until the dot is answered.
    socket.pause();
    far.end(mail, unstuffed(text), socket, (reply) => {
      say(reply);
      socket.resume();
      read(Buffer.alloc(0));
    });
  };
  const read = (chunk: Buffer): void => {
    const searched = Math.max(0, held.length - 4);
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    take(searched);
  };
  const take = (searched: number): void => {
    let from = searched;
    while (held.length > 0 && !socket.destroyed && !socket.isPaused()) {
      if (inText) {
        const end = held.subarray(0, 3).equals(onlyDot) ? -2 : held.indexOf("\r\n.\r\n", from);
        if (end === -1) return;
        from = 0;
        const text = held.subarray(0, end + 2);
        held = held.subarray(end + 5);
        ended(text);
      } else {
        const end = held.indexOf("\r\n");
        if (end < 0) return;
        const line = held.toString("utf8", 0, end);
        held = held.subarray(end + 2);
        from = 0;
        command(line);
      }
    }
  };
  const command = (line: string): void => {
    far.heard.push(line);
    const verb = line.slice(0, 4).toLowerCase();
    const point = drops[verb];
    if (point && far.cuts(point, socket)) return;
    if (verb === "star" && options.tls) {
      upgrade();
      return;
    }
    const reply = answerTo(verb, line);
    say(reply);
    if (verb === "quit" || reply.startsWith("421")) socket.end();
  };
  const answerTo = (verb: string, line: string): string => {
    switch (verb) {
      case "ehlo": {
        const offers = options.offers ?? [...everything, ...(options.tls && !secure ? ["STARTTLS"] : [])];
        return ["250-far.test", ...offers.map((offer) => `250-${offer}`), "250 HELP"].join("\r\n");
      }
      case "helo":
        return "250 far.test";
      case "mail": {
        const [, from = "", parameters = ""] = /^MAIL FROM:<(.*)>(?: (.*))?$/i.exec(line) ?? [];
        if (envelope) return "503 5.5.1 nested MAIL";
        envelope = { from, to: [], connection, peer, parameters: parameters.toUpperCase(), secure };
        return "250 2.1.0 ok";
      }
      case "rcpt": {
        if (!envelope) return "503 5.5.1 MAIL first";
        const address = /<(.*)>/.exec(line)?.[1] ?? "";
        const reply = far.rcptReply(address);
        if (reply.startsWith("2")) envelope.to.push(address);
        return reply;
      }
      case "data":
        if (!envelope?.to.length) return "554 5.5.1 no valid recipients";
        inText = true;
        return "354 go ahead";
      case "rset":
        envelope = undefined;
        return "250 2.0.0 ok";
      case "quit":
        return "221 2.0.0 bye";
      default:
        return "500 5.5.2 what?";
    }
  };
  const upgrade = (): void => {
    say("220 2.0.0 go ahead");
    raw.removeAllListeners("data");
    // A key that is none makes a handshake that fails.
    const context = options.tls!.key === "" ? createSecureContext() : createSecureContext(options.tls!);
    socket = new TLSSocket(raw, { isServer: true, secureContext: context });
    socket.on("error", () => undefined);
    socket.on("data", read);
    secure = true;
    held = Buffer.alloc(0);
    envelope = undefined;
  };
  raw.on("data", read);
}

const onlyDot = Buffer.from(".\r\n");

function unstuffed(text: Buffer): Buffer {
  if (text.length === 0) return text;
  return Buffer.from(text.toString("latin1").replace(/^\./, "").replaceAll("\r\n.", "\r\n"), "latin1");
}
