/**
 * Connections to the far sides, kept for a moment and used again.
 *
 * One mail at a time uses a connection; when its delivery is done it rests for REST and then says QUIT. At most
 * PER_HOST connections to one host are open from this worker: who finds none waits in line.
 */
import { type Clock, SECOND } from "../kit/clock.ts";
import { policyKey } from "../transport/transport.ts";
import { type ConnectOptions, connect, type Guard, type Target } from "./client.ts";
import type { Connection } from "./connection.ts";
import type { Reply } from "./reply.ts";
import type { RouteHost } from "./route.ts";
import type { Timeouts } from "./timeouts.ts";

const REST = 4 * SECOND;
const PER_HOST = 20;
/** Mails on one connection before it is closed: far sides dislike endless ones. */
const MAILS = 500;

export type Line = { connection: Connection; target: Target; used: number };

type Site = { resting: { line: Line; timer: NodeJS.Timeout }[]; open: number; waiting: (() => void)[] };

export type Connections = {
  /** A connection to the first host of the route that lets us in, or what the last one said. */
  open(hosts: readonly RouteHost[]): Promise<Line | Reply>;
  /** Gives a connection back after `mails` mails: to rest, or to be closed when it is broken or old. */
  rest(line: Line, mails: number): void;
  /** How long ago any far side but this one let us in, in milliseconds; Infinity when none did. */
  lastHeard(exceptHost: string): number;
  stop(): Promise<void>;
};

export function connections(options: {
  helo: string;
  egress: readonly string[];
  tls: ConnectOptions["tls"];
  timeouts?: Timeouts;
  guard?: Guard;
  clock: Clock;
}): Connections {
  const sites = new Map<string, Site>();
  const heard = new Map<string, number>();
  let turn = 0;

  const siteOf = (key: string): Site => {
    const known = sites.get(key);
    if (known) return known;
    const fresh: Site = { resting: [], open: 0, waiting: [] };
    sites.set(key, fresh);
    return fresh;
  };

  const leave = (key: string, site: Site): void => {
    site.open -= 1;
    site.waiting.shift()?.();
    if (site.open === 0 && site.waiting.length === 0) sites.delete(key);
  };

  const one = async (target: Target): Promise<Line | Reply> => {
    const key = keyOf(target);
    const site = siteOf(key);
    for (;;) {
      const rested = site.resting.pop();
      if (!rested) break;
      clearTimeout(rested.timer);
      if (!rested.line.connection.broken) return rested.line;
      leave(key, site);
    }
    if (site.open >= PER_HOST) {
      await new Promise<void>((resolve) => site.waiting.push(resolve));
      return one(target);
    }
    siteOf(key).open += 1;
    const opening = await connect(target, {
      helo: options.helo,
      tls: options.tls,
      ...(options.timeouts && { timeouts: options.timeouts }),
      ...(options.guard && { guard: options.guard }),
    });
    if (opening.kind === "open") {
      heard.set(target.host, options.clock.now().getTime());
      if (heard.size > 1000) heard.delete(heard.keys().next().value!);
      return { connection: opening.connection, target, used: 0 };
    }
    leave(key, siteOf(key));
    return opening.reply;
  };

  return {
    open: async (hosts) => {
      let last: Reply | undefined;
      for (const host of hosts) {
        for (const address of host.addresses) {
          const localAddress = pick(options.egress, address, turn++);
          const line = await one({
            host: host.host,
            address,
            port: host.port,
            ...(localAddress && { localAddress }),
            ...(host.tls && { tls: host.tls }),
          });
          if ("connection" in line) return line;
          last = line;
        }
      }
      return last!;
    },
    rest: (line, mails) => {
      const key = keyOf(line.target);
      const site = siteOf(key);
      line.used += mails;
      if (line.connection.broken || line.used >= MAILS) {
        void line.connection.quit();
        leave(key, site);
        return;
      }
      const timer = setTimeout(() => {
        site.resting = site.resting.filter((other) => other.line !== line);
        void line.connection.quit();
        leave(key, site);
      }, REST);
      site.resting.push({ line, timer });
      site.waiting.shift()?.();
    },
    lastHeard: (except) => {
      const times = [...heard].filter(([host]) => host !== except).map(([, time]) => time);
      return times.length === 0 ? Number.POSITIVE_INFINITY : options.clock.now().getTime() - Math.max(...times);
    },
    stop: async () => {
      for (const site of sites.values()) {
        for (const { line, timer } of site.resting) {
          clearTimeout(timer);
          void line.connection.quit();
        }
      }
      sites.clear();
    },
  };
}

const keyOf = (target: Target): string =>
  `${target.localAddress ?? ""} ${target.address} ${target.port} ${policyKey(target)}`;

/** A local address of the same family as the far side's, in turn. */
function pick(egress: readonly string[], address: string, turn: number): string | undefined {
  const fitting = egress.filter((own) => own.includes(":") === address.includes(":"));
  return fitting[turn % fitting.length];
}
