/**
 * The connections of one lane: opened from its sending address, kept for a moment and used again.
 *
 * Who has nothing more to say for now lets its connection rest for REST, after which it says QUIT. How many may be open,
 * and how many mails one may carry, is the lane's to say.
 */
import { isIPv6 } from "node:net";
import { type Clock, SECOND } from "../kit/clock.ts";
import { policyKey } from "../transport/transport.ts";
import { type ConnectOptions, connect, type Guard, type Target } from "./client.ts";
import type { Connection } from "./connection.ts";
import { finding, type Reply } from "./reply.ts";
import type { RouteHost } from "./route.ts";
import type { Timeouts } from "./timeouts.ts";

const REST = 4 * SECOND;

export type Line = { connection: Connection; target: Target; used: number };

/** Who let us in, and when: shared by the lanes of a worker. */
export type Hearsay = {
  note(host: string): void;
  /** How long ago any far side but this one let us in, in milliseconds; Infinity when none did. */
  lastHeard(exceptHost: string): number;
  /** Hosts that got out of step: they are asked one thing at a time, whatever they offer. */
  stepwise: Set<string>;
};

export function hearsay(clock: Clock): Hearsay {
  const heard = new Map<string, number>();
  return {
    stepwise: new Set(),
    note: (host) => {
      heard.delete(host);
      heard.set(host, clock.now().getTime());
      if (heard.size > 1000) heard.delete(heard.keys().next().value!);
    },
    lastHeard: (except) => {
      const times = [...heard].filter(([host]) => host !== except).map(([, time]) => time);
      return times.length === 0 ? Number.POSITIVE_INFINITY : clock.now().getTime() - Math.max(...times);
    },
  };
}

export type LinesOptions = {
  /** The lane's sending address; undefined where the system chooses. */
  source: string | undefined;
  /** All sending addresses of this node. */
  egress: readonly string[];
  helo: string;
  tls: ConnectOptions["tls"];
  timeouts?: Timeouts;
  guard?: Guard;
  hearsay: Hearsay;
  permit: ConnectOptions["permit"];
};

export class Lines {
  /** Connections that are open, resting ones among them, or being opened. */
  count = 0;
  private readonly options: LinesOptions;
  private readonly resting: { key: string; line: Line; timer: NodeJS.Timeout }[] = [];

  constructor(options: LinesOptions) {
    this.options = options;
  }

  /** Our address as the settle log names it; undefined where the system chooses. */
  get source(): string | undefined {
    return this.options.source;
  }

  /** Is a connection to one of these hosts resting? */
  hasResting(hosts: readonly RouteHost[]): boolean {
    const keys = new Set(this.targets(hosts).map(keyOf));
    return this.resting.some((one) => keys.has(one.key));
  }

  /** A connection to the first host of the route that lets us in, or what the last one said. */
  async open(hosts: readonly RouteHost[]): Promise<Line | Reply> {
    const targets = this.targets(hosts);
    for (const target of targets) {
      const rested = this.wakeUp(keyOf(target));
      if (rested) return rested;
    }
    let last: Reply | undefined;
    this.count += 1;
    for (const target of targets) {
      const opening = await connect(target, {
        helo: this.options.helo,
        tls: this.options.tls,
        ...(this.options.timeouts && { timeouts: this.options.timeouts }),
        ...(this.options.guard && { guard: this.options.guard }),
        ...(this.options.permit && { permit: this.options.permit }),
      });
      if (opening.kind === "open") {
        this.options.hearsay.note(target.host);
        if (this.options.hearsay.stepwise.has(target.host)) opening.connection.goStepwise();
        return { connection: opening.connection, target, used: 0 };
      }
      last = opening.reply;
    }
    this.count -= 1;
    return last ?? finding("later", "4.4.4", "the far side has no address that ours can reach", "site");
  }

  /** Gives a connection back: to rest, or to be closed when it is broken or has carried `most` mails. */
  rest(line: Line, most: number): void {
    if (line.connection.broken || line.used >= most) {
      this.close(line);
      return;
    }
    const timer = setTimeout(() => {
      const at = this.resting.findIndex((one) => one.line === line);
      if (at >= 0) this.resting.splice(at, 1);
      this.close(line);
    }, REST);
    this.resting.push({ key: keyOf(line.target), line, timer });
  }

  /** The answers of this host did not fit what was asked. */
  noteOutOfStep(host: string): void {
    const { stepwise } = this.options.hearsay;
    if (stepwise.size >= 10_000) stepwise.clear();
    stepwise.add(host);
  }

  /** Closes the connection that has rested longest, to make room; answers whether there was one. */
  closeOne(): boolean {
    const oldest = this.resting.shift();
    if (!oldest) return false;
    clearTimeout(oldest.timer);
    this.close(oldest.line);
    return true;
  }

  stop(): void {
    while (this.closeOne());
  }

  private close(line: Line): void {
    this.count -= 1;
    void line.connection.quit();
  }

  private wakeUp(key: string): Line | undefined {
    for (;;) {
      const at = this.resting.findLastIndex((one) => one.key === key);
      if (at < 0) return undefined;
      const { line, timer } = this.resting[at]!;
      this.resting.splice(at, 1);
      clearTimeout(timer);
      if (!line.connection.broken) return line;
      this.close(line);
    }
  }

  /** From the lane's own address where the family fits; where this node has none of the family, the system chooses. */
  private targets(hosts: readonly RouteHost[]): Target[] {
    const { source, egress } = this.options;
    return hosts.flatMap(({ addresses, ...host }) =>
      addresses.flatMap((address): Target[] => {
        if (source === undefined) return [{ ...host, address }];
        if (isIPv6(source) === isIPv6(address)) return [{ ...host, address, localAddress: source }];
        return egress.some((own) => isIPv6(own) === isIPv6(address)) ? [] : [{ ...host, address }];
      }),
    );
  }
}

/** How a host is to be spoken with belongs to the key: a connection is not shared between two policies. */
const keyOf = (target: Target): string =>
  `${target.localAddress ?? ""} ${target.address} ${target.port} ${policyKey(target)}`;
