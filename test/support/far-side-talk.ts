/**
 * One conversation of the far side: commands in, replies out, texts undone of their dots. What to answer and when to cut
 * the line is asked of its `Host`, the far side that the tests have in hand.
 */
import type { Socket } from "node:net";
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

export type Envelope = Omit<FarSideMail, "raw">;
/** When the line is cut: at which command, after the text but before the reply to the dot, or right after that reply. */
export type Drop = "greeting" | "helo" | "mail" | "rcpt" | "data" | "before-dot" | "at-dot" | "after-dot";

/** How it speaks. */
export type Talk = {
  /** PEM key and certificate: offers STARTTLS. */
  tls?: { key: string; cert: string };
  /** EHLO keywords offered; all it speaks when left out. */
  offers?: string[];
  /** Hears the first command of those that come together, and forgets the others. */
  isForgetful?: boolean;
  /** Recipients taken in one transaction. */
  mostRecipients?: number;
};

export type Host = {
  heard: string[];
  cuts(when: Drop, socket: Socket): boolean;
  rcptReply(address: string): string;
  end(envelope: Envelope, raw: Buffer, socket: Socket, say: (reply: string) => void): void;
};

const drops: Record<string, Drop> = { ehlo: "helo", helo: "helo", mail: "mail", rcpt: "rcpt", data: "data" };

const everything = ["PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"];

/** Speaks with one client, from after the greeting to the end. */
export function converse(far: Host, raw: Socket, connection: number, options: Talk): void {
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
        if (options.isForgetful) held = Buffer.alloc(0);
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
        if (envelope.to.length >= (options.mostRecipients ?? 1000)) return "452 4.5.3 too many recipients";
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
