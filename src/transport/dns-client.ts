/**
 * Asks one DNS server and reads its answer, with what node:dns leaves out: whether the server has validated it (the AD
 * bit of RFC 4035 3.2.3) and records of the type TLSA.
 *
 * A question goes out with AD set, which asks for that bit without the signatures (RFC 6840 5.7), by UDP from a port of
 * its own, twice, then by TCP when the answer was cut. What does not answer the question asked is not an answer: it is
 * passed over, and the wait goes on. Packets are foreign: reading one gives an answer or throws, and is bounded by its size.
 */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { decode, encode, type Answer as PacketRecord, RECURSION_DESIRED } from "dns-packet";
import { SECOND } from "../kit/clock.ts";

export type DnsServer = { host: string; port: number };

export type Type = "A" | "AAAA" | "CNAME" | "MX" | "SOA" | "TLSA" | "TXT";

/** What was said: records of the type asked for, at the end of all aliases. */
export type Said = {
  kind: "found" | "none" | "no name";
  /** Validated by the server. */
  isSecure: boolean;
  /** The name that was asked about, or the one its aliases (CNAME) led to. */
  name: string;
  records: PacketRecord[];
};

const AUTHENTIC_DATA = 1 << 5;
const TRIES = 2;
const PATIENCE = 3 * SECOND;
/** RFC 9715: what passes everywhere without being put in pieces. */
const UDP_SIZE = 1232;
const ALIASES = 10;
/** Bytes of the shortest question or record. */
const SMALLEST = 5;

/** Rejects with a code as node:dns does: ETIMEOUT, ECONNREFUSED, ESERVFAIL (which is also what a forged answer becomes). */
export async function ask(server: DnsServer, name: string, type: Type, patienceMs = PATIENCE): Promise<Said> {
  const id = randomInt(0x10000);
  const question = questionFor(id, name, type);
  let trouble: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const said = await byUdp(server, question, (packet) => read(packet, id, name, type), patienceMs);
      if (said !== "cut") return said;
      return (await byTcp(server, question, (packet) => read(packet, id, name, type), patienceMs)) as Said;
    } catch (error) {
      trouble = error;
      if ((error as { isFinal?: boolean }).isFinal) break;
    }
  }
  throw trouble;
}

function questionFor(id: number, name: string, type: Type): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  if (name.length > 253 || labels.some((label) => Buffer.byteLength(label) > 63))
    throw coded("ENOTFOUND", `${name} is no name`, true);
  return encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ type, name: labels.join(".") || "." }],
    additionals: [
      { type: "OPT", name: ".", udpPayloadSize: UDP_SIZE, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] },
    ] as never,
  });
}

/** The answer in a packet; undefined when it is no answer to this question, "cut" when the rest must be asked by TCP. */
export function read(packet: Buffer, id: number, name: string, type: Type): Said | "cut" | undefined {
  // The header first: a packet that was cut, or is not for us, may not be whole.
  if (packet.length < 12 || packet.readUInt16BE(0) !== id || (packet[2]! & 0x80) === 0) return undefined;
  if ((packet[2]! & 0x02) !== 0) return "cut";
  // The reader makes room for as many records as the header promises.
  const promised = [4, 6, 8, 10].reduce((sum, at) => sum + packet.readUInt16BE(at), 0);
  if (promised * SMALLEST > packet.length) throw coded("EBADRESP", "the resolver's answer makes no sense");
  const message = decode(packet) as ReturnType<typeof decode> & { rcode: string; flag_ad: boolean };
  const asked = message.questions?.[0];
  if (message.questions?.length !== 1 || asked?.type !== type || !isSame(asked.name, name)) return undefined;
  const isSecure = message.flag_ad === true;
  if (message.rcode !== "NOERROR" && message.rcode !== "NXDOMAIN")
    throw coded(`E${message.rcode.replace(/[^A-Z]/g, "").slice(0, 20)}`, `the resolver says ${message.rcode}`, true);
  const end = behindAliases(message.answers ?? [], name);
  const records = (message.answers ?? []).filter((one) => one.type === type && isSame(one.name, end));
  if (records.length > 0) return { kind: "found", isSecure, name: end, records };
  return { kind: message.rcode === "NXDOMAIN" ? "no name" : "none", isSecure, name: end, records };
}

/** Where the aliases in an answer lead from `name`. */
function behindAliases(answers: PacketRecord[], name: string): string {
  let end = plain(name);
  for (let steps = 0; steps < ALIASES; steps += 1) {
    const alias = answers.find((one) => one.type === "CNAME" && isSame(one.name, end));
    if (alias?.type !== "CNAME") return end;
    end = plain(alias.data);
  }
  throw coded("ESERVFAIL", "too many aliases", true);
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, "");
const isSame = (one: string, other: string): boolean => plain(one) === plain(other);

function coded(code: string, text: string, isFinal = false): Error {
  return Object.assign(new Error(text), { code, isFinal });
}

function byUdp<T>(
  server: DnsServer,
  question: Buffer,
  reads: (packet: Buffer) => T | undefined,
  ms: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.host.includes(":") ? "udp6" : "udp4");
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(coded("ETIMEOUT", "the resolver did not answer"))), ms);
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("message", (packet) => {
      try {
        const said = reads(packet);
        if (said !== undefined) end(() => resolve(said));
      } catch (error) {
        end(() => reject(error));
      }
    });
    // Connected: the system hands us packets from this server alone, and tells when nobody listens there.
    socket.connect(server.port, server.host, () => socket.send(question));
  });
}

function byTcp<T>(
  server: DnsServer,
  question: Buffer,
  reads: (packet: Buffer) => T | undefined,
  ms: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port, noDelay: true });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => undefined);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(coded("ETIMEOUT", "the resolver did not answer"))), ms);
    let held = Buffer.alloc(0);
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("close", () => end(() => reject(coded("ECONNRESET", "the resolver closed the connection"))));
    socket.on("connect", () => {
      const size = Buffer.alloc(2);
      size.writeUInt16BE(question.length);
      socket.write(Buffer.concat([size, question]));
    });
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
      try {
        const said = reads(held.subarray(2, 2 + held.readUInt16BE(0)));
        if (said === undefined || said === "cut") throw coded("EBADRESP", "the resolver's answer makes no sense");
        end(() => resolve(said));
      } catch (error) {
        end(() => reject(error));
      }
    });
  });
}
