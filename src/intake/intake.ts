/**
 * Intake: hears SMTP, stores mail with its envelope, and says 250 after the commit.
 *
 * A connection becomes a `Session` (session.ts); its mails meet those of the other connections in one `Batcher`
 * (batch.ts), which stores them together. What intake needs to know of the house comes in as `doors` (doors.ts). Several
 * processes may listen on the same port; nothing is shared between them.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { Registry } from "prom-client";
import { type Clock, SECOND } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { startBatcher } from "./batch.ts";
import { type Counters, intakeCounters } from "./counters.ts";
import type { Desk } from "./desk.ts";
import type { IncomingMail, IntakeDoors } from "./doors.ts";
import { Session } from "./session.ts";

export type { IncomingMail, IntakeDoors } from "./doors.ts";

export type IntakeOptions = {
  /** Where to listen; port 0 takes a free one. */
  listen: { host: string; port: number }[];
  /** The domain whose groups take mail; anything else is relaying. Lower case, A-labels. */
  domain: string;
  /** Our own name, as greeting and Received tell it. */
  hostname: string;
  sizeLimitBytes: number;
  /** PEM. */
  tls: { key: string; cert: string };
  /** Every connection must begin with a PROXY header: only behind a balancer that alone can reach the port. */
  proxyProtocol: boolean;
  maxConnections: number;
  maxConnectionsPerAddress: number;
  /** Mails, and compressed bytes, stored by one commit at most. */
  batch: { mails: number; bytes: number; inFlight: number };
  /** What the client reads after 250. */
  keptText(id: string): string;
  registry: Registry;
  clock: Clock;
  log: Log;
  doors: IntakeDoors;
};

export type Intake = {
  /** The ports in the order of `listen`. */
  ports: number[];
  counters: Counters;
  /** Takes no new connection, lets mails under way have their answer for up to `graceMs`, then ends. */
  stop(graceMs?: number): Promise<void>;
};

/** Starts to listen; rejects with the system's error when a port cannot be had. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const counters = intakeCounters(options.registry);
  const batcher = startBatcher<IncomingMail>({
    put: options.doors.put,
    bytesOf: (mail) => mail.raw.length,
    maxMails: options.batch.mails,
    maxBytes: options.batch.bytes,
    inFlight: options.batch.inFlight,
    counters,
    log: options.log,
  });
  let stopping = false;
  const sessions = new Set<Session>();
  const desk: Desk = {
    ...options,
    ...admission(options.maxConnections, options.maxConnectionsPerAddress),
    secureContext: createSecureContext(options.tls),
    batcher,
    counters,
    isStopping: () => stopping,
  };
  const receive = (socket: Socket): void => {
    counters.connections.inc();
    counters.open.inc();
    const session = new Session(socket, desk, () => {
      sessions.delete(session);
      counters.open.dec();
    });
    sessions.add(session);
  };
  const servers = options.listen.map(() => createServer({ allowHalfOpen: true, noDelay: true }, receive));
  try {
    await Promise.all(servers.map((server, i) => listening(server, options.listen[i]!)));
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  const timer = setInterval(() => {
    const now = options.clock.now().getTime();
    for (const session of sessions) session.tick(now);
  }, SECOND);
  timer.unref();
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    counters,
    async stop(graceMs = 10 * SECOND) {
      stopping = true;
      const closed = Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
      for (const session of sessions) session.dismiss();
      const impatience = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, graceMs);
      await closed;
      await batcher.idle();
      clearTimeout(impatience);
      clearInterval(timer);
    },
  };
}

async function listening(server: Server, at: { host: string; port: number }): Promise<void> {
  server.listen(at);
  await once(server, "listening");
}

/** Counts who is here: so many connections in all, so many from one address. */
function admission(most: number, mostPerAddress: number): Pick<Desk, "admit" | "leave"> {
  const perAddress = new Map<string, number>();
  let all = 0;
  return {
    admit(address) {
      const here = perAddress.get(address) ?? 0;
      if (all >= most || here >= mostPerAddress) return "full";
      all += 1;
      perAddress.set(address, here + 1);
      return "yes";
    },
    leave(address) {
      all -= 1;
      const here = (perAddress.get(address) ?? 1) - 1;
      if (here > 0) perAddress.set(address, here);
      else perAddress.delete(address);
    },
  };
}
