/**
 * Opens a connection to a far side: TCP, greeting, EHLO, STARTTLS, EHLO again.
 *
 * TLS is opportunistic (RFC 7435): used whenever it is offered, the certificate not verified, since the alternative is
 * sending in clear. When the handshake fails, one more connection is made in clear. Where the target's protection (DANE,
 * MTA-STS) demands more there is no such alternative: without TLS and proof nothing is sent. Whatever was learned before
 * the handshake is forgotten, and bytes that arrived ahead of it end the connection (STARTTLS injection, CVE-2011-0411).
 */
import { connect as dial, isIP, type Socket } from "node:net";
import { type TLSSocket, connect as wrap } from "node:tls";
import { type Clock, nodeClock } from "../kit/clock.ts";
import { codeOf, reasonOf } from "../kit/errors.ts";
import * as transport from "../transport/transport.ts";
import { Connection, type Permit, type Security } from "./connection.ts";
import { type Capabilities, capabilitiesOf } from "./envelope.ts";
import type { RawReply } from "./replies.ts";
import { finding, judge, type Reply, type Stage } from "./reply.ts";
import { rfcTimeouts, type Timeouts } from "./timeouts.ts";
import { type Lost, Wire } from "./wire.ts";

export type Target = {
  /** The far side's name, for TLS and the log. */
  host: string;
  address: string;
  port: number;
  /** Our own address to call from, of the same family as `address`; the system's choice when left out. */
  localAddress?: string;
  /** What the connection must be like; any when left out. */
  tls?: transport.Protection;
};

/** What is needed to look at a handshake, and to say what it was like. */
export type Guard = {
  clock: Clock;
  count(session: transport.Session): void;
  /** Authorities to trust (PEM) instead of those that everybody does. */
  roots?: string;
};

export type ConnectOptions = {
  /** The name we give ourselves in EHLO: ours in DNS, or an address literal. */
  helo: string;
  tls: "opportunistic" | "off" | "required";
  timeouts?: Timeouts;
  guard?: Guard;
  /** Without one every mail may be ended. */
  permit?: Permit;
};

/** A connection, or why there is none: always `later` and about the site, so that the next host may be tried. */
export type Opening = { kind: "open"; connection: Connection } | { kind: "closed"; reply: Reply };

/** Never rejects; takes at most the sum of the opening timeouts. */
export async function connect(target: Target, options: ConnectOptions): Promise<Opening> {
  const rule = target.tls?.rule;
  if (rule?.kind === "refused") {
    noted(target, options, "validation-failure", rule.text);
    return unproven({ status: "4.7.5", text: rule.text });
  }
  const tls = transport.demandsTls(target.tls) ? "required" : options.tls;
  const opening = await open(target, options, tls, "not asked for");
  if (opening.kind !== "no tls") return opening;
  noted(target, options, "validation-failure", opening.why.text);
  if (tls === "required") return unproven({ ...opening.why, text: demanded(target, opening.why.text) });
  return (await open(target, options, "off", opening.why.text)) as Opening;
}

type Attempt = Opening | { kind: "no tls"; why: Lost };

async function open(
  target: Target,
  options: ConnectOptions,
  tls: ConnectOptions["tls"],
  whyClear: string,
): Promise<Attempt> {
  const { helo, permit, timeouts = rfcTimeouts } = options;
  const socket = await call(target, timeouts.connect);
  if ("text" in socket) return closed(socket, "connect");
  const wire = new Wire(socket);
  const greeting = await wire.reply(timeouts.greeting, "the greeting");
  if (!isGood(greeting, 220)) return closed(greeting, "greeting", wire);
  const offered = await hello(wire, helo, timeouts);
  if (isLost(offered)) return closed(offered, "hello", wire);
  if (tls === "off" || !offered.startTls) {
    if (tls !== "off") noted(target, options, "starttls-not-supported", "", socket);
    if (tls === "required")
      return unproven({ status: "4.7.10", text: demanded(target, "the far side does not offer TLS") }, wire);
    const reason = tls === "off" ? whyClear : "not offered";
    return { kind: "open", connection: new Connection(wire, offered, { kind: "clear", reason }, timeouts, permit) };
  }
  wire.write(["STARTTLS\r\n"]);
  const ready = await wire.reply(timeouts.hello, "the answer to STARTTLS");
  if (!isGood(ready, 220)) {
    // Bytes ahead of the handshake are not a failed handshake: somebody is tampering, and clear would please them.
    if (isLost(ready) && ready.status === "4.5.0") return closed(ready, "tls", wire);
    wire.close();
    return {
      kind: "no tls",
      why: isLost(ready) ? ready : { status: "4.7.5", text: "STARTTLS was refused" },
    };
  }
  const secured = await handshake(wire, target, options, timeouts.handshake);
  if (isLost(secured)) return { kind: "no tls", why: secured };
  const proof = proofOf(target, options, secured.socket);
  noted(target, options, proof.isGood ? "ok" : proof.result, proof.isGood ? "" : proof.reason, socket);
  if (!proof.isGood && tls === "required") return unproven({ status: "4.7.5", text: proof.text }, secured.wire);
  const again = await hello(secured.wire, helo, timeouts);
  if (isLost(again)) return closed(again, "hello", secured.wire);
  const by = proof.isGood && target.tls ? transport.nameOf(target.tls.rule) : "";
  const security: Security = { ...secured.security, ...(by && { by }) };
  return { kind: "open", connection: new Connection(secured.wire, again, security, timeouts, permit) };
}

const proofOf = (target: Target, { guard }: ConnectOptions, socket: TLSSocket): transport.Proof =>
  target.tls ? transport.prove(target.host, target.tls, socket, (guard?.clock ?? nodeClock()).now()) : { isGood: true };

/** Counts a session that had something to do with TLS; one that ended before it tells nobody anything. */
function noted(
  target: Target,
  { guard }: ConnectOptions,
  result: transport.Result,
  reason: string,
  socket?: Socket,
): void {
  const { tls: protection, host, address } = target;
  if (!protection) return;
  const source = socket?.localAddress ?? target.localAddress ?? "";
  guard?.count({ protection, host, address, source, result, reason });
}

/** "MTA-STS of far.test demands TLS: the far side does not offer it". */
function demanded({ tls }: Target, why: string): string {
  const by = tls ? transport.nameOf(tls.rule) : "";
  return by === "" ? why : `${by} of ${tls!.policy.domain} demands TLS: ${why}`;
}

function call(target: Target, ms: number): Promise<Socket | Lost> {
  return new Promise((resolve) => {
    const { address, port, localAddress } = target;
    const socket = dial({ host: address, port, noDelay: true, ...(localAddress ? { localAddress } : {}) });
    const fail = (text: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: "4.4.1", text });
    };
    const timer = setTimeout(() => fail("timed out connecting"), ms);
    const onError = (error: Error): void => fail(`cannot connect: ${codeOf(error) ?? reasonOf(error)}`);
    socket.on("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      resolve(socket);
    });
  });
}

async function hello(wire: Wire, helo: string, timeouts: Timeouts): Promise<Capabilities | Lost> {
  wire.write([`EHLO ${helo}\r\n`]);
  let reply = await wire.reply(timeouts.hello, "the answer to EHLO");
  // RFC 5321 3.2: who does not know EHLO is greeted in the old way.
  if (!isLost(reply) && reply.code >= 500 && reply.code <= 504) {
    wire.write([`HELO ${helo}\r\n`]);
    reply = await wire.reply(timeouts.hello, "the answer to HELO");
    if (isGood(reply, 250)) return capabilitiesOf(reply.lines.slice(0, 1));
  }
  return isGood(reply, 250) ? capabilitiesOf(reply.lines) : refusedBy(reply);
}

type Secured = { wire: Wire; socket: TLSSocket; security: Security & { kind: "tls" } };

function handshake(wire: Wire, target: Target, { guard }: ConnectOptions, ms: number): Promise<Secured | Lost> {
  wire.release();
  return new Promise((resolve) => {
    // The name comes from foreign DNS: only what can be a host name is handed on.
    const name = transport.serverNameOf(target.host, target.tls);
    const servername = !isIP(name) && /^[a-z0-9._-]{1,253}$/i.test(name) ? name : "";
    const socket: TLSSocket = wrap({
      socket: wire.socket,
      // Whether the certificate will do is for `prove` to say, and names are its business too.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      servername,
      ...(guard?.roots !== undefined && { ca: guard.roots }),
    });
    const fail = (text: string): void => {
      clearTimeout(timer);
      socket.on("error", () => undefined);
      wire.socket.on("error", () => undefined);
      socket.destroy();
      wire.socket.destroy();
      resolve({ status: "4.7.5", text });
    };
    const timer = setTimeout(() => fail("the TLS handshake timed out"), ms);
    const onError = (error: Error): void => fail(`the TLS handshake failed: ${codeOf(error) ?? reasonOf(error)}`);
    const onClose = (): void => fail("the TLS handshake failed: connection closed");
    socket.on("error", onError);
    socket.on("close", onClose);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      socket.off("close", onClose);
      const version = socket.getProtocol() ?? "TLS";
      const security = { kind: "tls" as const, version, cipher: socket.getCipher().name };
      resolve({ wire: new Wire(socket), socket, security });
    });
  });
}

const isLost = (answer: object): answer is Lost => "text" in answer;
const isGood = (answer: RawReply | Lost, code: number): answer is RawReply => !isLost(answer) && answer.code === code;

type Refused = Lost & { raw?: RawReply };
const refusedBy = (answer: RawReply | Lost): Refused =>
  isLost(answer) ? answer : { status: "4.5.0", text: "", raw: answer };

function unproven(why: Lost, wire?: Wire): Opening & { kind: "closed" } {
  wire?.close();
  return { kind: "closed", reply: { ...finding("later", why.status, why.text, "site"), isUnproven: true } };
}

function closed(why: RawReply | Refused, stage: Stage, wire?: Wire): Opening {
  wire?.close();
  const raw = isLost(why) ? why.raw : why;
  if (!raw) return { kind: "closed", reply: finding("later", (why as Lost).status, (why as Lost).text, "site") };
  const reply = judge(stage, raw.code, raw.lines);
  // A 250 where 220 belongs is no welcome either.
  return { kind: "closed", reply: { ...reply, kind: "later", scope: "site" } };
}
