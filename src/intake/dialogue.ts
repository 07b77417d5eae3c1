/**
 * What is said in one SMTP conversation: the state of RFC 5321 4.1.4 and an answer to each command.
 *
 * A command comes in as a line and goes out as a `Reply`; only RCPT may have to ask the house and answers later. The
 * bytes, the time and the message itself are session.ts's business.
 */
import { reasonOf } from "../kit/errors.ts";
import { addressKey } from "../mail/address.ts";
import { readCommand, readHelo, readMailFrom, readRcptTo } from "./commands.ts";
import type { Desk } from "./desk.ts";
import type { Envelope } from "./doors.ts";
import { idle, later, no, noMore, type Reply, yes } from "./reply.ts";

/** RFC 5321 4.5.3.1.8 asks for at least 100. */
const MAX_RECIPIENTS = 1000;
/** Answers "too many recipients" that a client may collect before each counts against it. */
const MAX_OVERSHOOT = 1000;

export class Dialogue {
  #desk: Desk;
  #helo: string | undefined;
  #isExtended = false;
  #tls: string | undefined;
  #sender: string | undefined;
  /** As the client declared it (RFC 1870). */
  #sizeBytes: number | undefined;
  #utf8 = false;
  /** By their comparable form. */
  #recipients = new Map<string, string>();
  #refusedRecipients = 0;
  #overshoot = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Has a mail been begun and not ended? */
  isInMail(): boolean {
    return this.#sender !== undefined;
  }

  /** The mail is over, or dropped. */
  forget(): void {
    this.#sender = undefined;
    this.#sizeBytes = undefined;
    this.#utf8 = false;
    this.#recipients = new Map();
    this.#refusedRecipients = 0;
    this.#overshoot = 0;
  }

  /** The line is encrypted now: what was said in the clear is forgotten (RFC 3207 4.2). */
  secured(tls: string): void {
    this.forget();
    this.#helo = undefined;
    this.#tls = tls;
  }

  /** The envelope of the mail; only after DATA was answered with 354. */
  envelope(address: string): Envelope {
    if (this.#sender === undefined || this.#helo === undefined)
      throw new Error("there is no mail to put in an envelope");
    const security = this.#tls === undefined ? "" : "S";
    const protocol = this.#utf8 ? (`UTF8SMTP${security}` as const) : (`ESMTP${security}` as const);
    return {
      sender: this.#sender,
      recipients: [...this.#recipients.values()],
      client: {
        address,
        helo: this.#helo,
        protocol: this.#isExtended || this.#tls !== undefined ? protocol : "SMTP",
        ...(this.#tls === undefined ? {} : { tls: this.#tls }),
      },
    };
  }

  /** Answers a command line, given without its CR LF. Does not reject. */
  hear(line: Buffer): Reply | Promise<Reply> {
    const command = readCommand(line);
    if ("code" in command) return no("syntax", command.code, command.status, command.text);
    const { verb, rest } = command;
    switch (verb) {
      case "EHLO":
      case "HELO":
        return this.#hello(rest, verb === "EHLO");
      case "MAIL":
        return this.#mailFrom(rest);
      case "RCPT":
        return this.#rcptTo(rest);
      case "DATA":
        return this.#data(rest);
      case "STARTTLS":
        return this.#startTls(rest);
      case "RSET":
        this.forget();
        return idle(250, "2.0.0", "Forgotten");
      case "NOOP":
        return idle(250, "2.0.0", "Here");
      case "HELP":
        return idle(214, "2.0.0", "This server takes mail as RFC 5321 says; write to postmaster for help");
      case "VRFY":
        return idle(252, "2.1.5", "Try RCPT; nothing is told here");
      case "QUIT":
        return yes(221, "2.0.0", "Goodbye", "close");
      case "EXPN":
      case "AUTH":
      case "BDAT":
      case "TURN":
      case "ETRN":
        return no("command", 502, "5.5.1", `${verb} is not offered here`);
      case "GET":
      case "POST":
      case "PUT":
      case "HEAD":
      case "OPTIONS":
      case "CONNECT":
        // A web client was led here to say SMTP in its body: nothing it says after this is heard.
        return noMore("http", 554, "5.7.0", "This is a mail server");
      default:
        return no("command", 500, "5.5.1", "There is no such command");
    }
  }

  #hello(rest: string, isExtended: boolean): Reply {
    const helo = readHelo(rest);
    if (helo === undefined) return no("syntax", 501, "5.5.4", "Say your name: EHLO host.example");
    this.forget();
    this.#helo = helo;
    this.#isExtended = isExtended;
    const { hostname, sizeLimitBytes } = this.#desk;
    if (!isExtended) return { code: 250, status: undefined, text: hostname, blame: "idle" };
    const offers = ["PIPELINING", `SIZE ${sizeLimitBytes}`, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"];
    if (this.#tls === undefined) offers.push("STARTTLS");
    return { code: 250, status: undefined, text: [hostname, ...offers], blame: "idle" };
  }

  #mailFrom(rest: string): Reply {
    if (this.#helo === undefined) return no("sequence", 503, "5.5.1", "Say EHLO first");
    if (this.#sender !== undefined) return no("sequence", 503, "5.5.1", "A mail is already begun; RSET drops it");
    const mail = readMailFrom(rest);
    if ("code" in mail) return no("sender", mail.code, mail.status, mail.text);
    if (mail.sizeBytes !== undefined && mail.sizeBytes > this.#desk.sizeLimitBytes) return tooBig(this.#desk);
    this.#sender = mail.sender;
    this.#sizeBytes = mail.sizeBytes;
    this.#utf8 = mail.utf8;
    return yes(250, "2.1.0", "Sender noted");
  }

  #rcptTo(rest: string): Reply | Promise<Reply> {
    if (this.#sender === undefined) return no("sequence", 503, "5.5.1", "Say MAIL first");
    const to = readRcptTo(rest, this.#utf8);
    if ("code" in to) return this.#refuseRecipient("recipient", to.code, to.status, to.text);
    const { domain } = this.#desk;
    if (to.domain !== undefined && to.domain !== domain) {
      return this.#refuseRecipient("relay", 550, "5.7.1", `Mail for other domains than ${domain} is not relayed here`);
    }
    const address = `${to.local}@${domain}`;
    if (this.#recipients.has(addressKey(address))) return yes(250, "2.1.5", "Recipient noted before");
    if (this.#recipients.size >= MAX_RECIPIENTS) return this.#tooMany();
    if (isAlwaysTaken(to.local)) return this.#note(address);
    return this.#ask(address, to.local);
  }

  async #ask(address: string, local: string): Promise<Reply> {
    try {
      const answer = await this.#desk.doors.accepts(address);
      if (answer === "yes") return this.#note(address);
      const name = shown(local);
      if (typeof answer === "object") {
        if ((this.#sizeBytes ?? 0) <= answer.mostBytes) return this.#note(address);
        const text = `The group "${name}" takes mails of up to ${Math.floor(answer.mostBytes / 1024)} KB`;
        return this.#refuseRecipient("size", 552, "5.3.4", text);
      }
      if (answer === "closed") {
        return this.#refuseRecipient("closed", 550, "5.2.1", `The group "${name}" takes no mail any more`);
      }
      const text = `No group here is called "${name}"; our web pages list those there are`;
      return this.#refuseRecipient("unknown", 550, "5.1.1", text);
    } catch (error) {
      this.#desk.log.warn({ err: reasonOf(error) }, "a recipient could not be looked up");
      return later();
    }
  }

  #note(address: string): Reply {
    this.#recipients.set(addressKey(address), address);
    return yes(250, "2.1.5", "Recipient noted");
  }

  #refuseRecipient(kind: string, code: number, status: string, text: string): Reply {
    this.#refusedRecipients += 1;
    return no(kind, code, status, text);
  }

  #tooMany(): Reply {
    this.#overshoot += 1;
    const reply = no(
      "recipients",
      452,
      "4.5.3",
      `A mail takes ${MAX_RECIPIENTS} recipients; send it again for the others`,
    );
    if (this.#overshoot <= MAX_OVERSHOOT) delete reply.blame;
    return reply;
  }

  #data(rest: string): Reply {
    if (rest !== "") return no("syntax", 501, "5.5.4", "DATA takes no parameter");
    if (this.#sender === undefined) return no("sequence", 503, "5.5.1", "Say MAIL and RCPT first");
    if (this.#recipients.size > 0) return yes(354, undefined, "Send the message, then a line with a dot alone", "data");
    if (this.#refusedRecipients > 0) return no("sequence", 554, "5.5.1", "None of the recipients was taken");
    return no("sequence", 503, "5.5.1", "Say RCPT first");
  }

  #startTls(rest: string): Reply {
    if (rest !== "") return no("syntax", 501, "5.5.4", "STARTTLS takes no parameter");
    if (this.#tls !== undefined) return no("sequence", 503, "5.5.1", "This conversation is already encrypted");
    return yes(220, "2.0.0", "Go ahead", "tls");
  }
}

export const tooBig = (desk: Desk): Reply =>
  no("size", 552, "5.3.4", `A mail here may be ${desk.sizeLimitBytes} bytes long`);

/** RFC 5321 4.5.1, RFC 2142. */
const isAlwaysTaken = (local: string): boolean => /^(?:postmaster|abuse)$/i.test(local);

/** A stranger's words in a reply of ours: short, and nothing beyond ASCII. */
const shown = (text: string): string => text.slice(0, 64).replace(/[^\x20-\x7e]/g, "?");
