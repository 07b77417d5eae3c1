/**
 * A name server for tests: on the loopback, by UDP and TCP, and as misleading as a test wants it.
 *
 * What it says is asked of a function for each question; a reply may carry AD, be cut, be somebody else's, or not come.
 */
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type Answer, AUTHENTIC_DATA, AUTHORITATIVE_ANSWER, decode, encode, type Question } from "dns-packet";

export type Said = {
  answers?: Answer[];
  rcode?: number;
  isSecure?: boolean;
  /** By UDP: cut off, ask by TCP. */
  isCut?: boolean;
  /** Sent first: packets that are no answer. */
  noise?: Buffer[];
  /** In place of the whole answer. */
  raw?: Buffer;
};

export type Asked = Question & { by: "udp" | "tcp"; id: number; packet: Buffer };

export async function startNameServer(
  t: TestContext,
  say: (asked: Asked) => Said | undefined,
): Promise<{ host: string; port: number; asked: Asked[] }> {
  const asked: Asked[] = [];
  const reply = (packet: Buffer, by: Asked["by"]): Buffer[] => {
    const { id = 0, questions } = decode(packet);
    const one: Asked = { ...questions![0]!, by, id, packet };
    asked.push(one);
    const said = say(one);
    if (!said) return [];
    const flags = AUTHORITATIVE_ANSWER | (said.isSecure ? AUTHENTIC_DATA : 0) | (said.rcode ?? 0);
    const whole = encode({ type: "response", id, flags, questions: questions!, answers: said.answers ?? [] });
    const isCut = said.isCut && by === "udp";
    if (isCut) whole[2]! |= 0x02;
    return [...(said.noise ?? []), said.raw ?? (isCut ? whole.subarray(0, 20) : whole)];
  };
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined).on("close", () => open.delete(socket));
    let held = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
      for (const packet of reply(held.subarray(2), "tcp")) {
        const size = Buffer.alloc(2);
        size.writeUInt16BE(packet.length);
        // In two pieces, as lines do.
        socket.write(Buffer.concat([size, packet.subarray(0, 5)]));
        setImmediate(() => socket.end(packet.subarray(5)));
      }
    });
  });
  const open = new Set<Socket>();
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const { port } = tcp.address() as { port: number };
  const udp = createSocket("udp4");
  udp.on("message", (packet, from) => {
    for (const answer of reply(packet, "udp")) udp.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, "127.0.0.1", resolve));
  t.after(async () => {
    udp.close();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => tcp.close(resolve));
  });
  return { host: "127.0.0.1", port, asked };
}
