/**
 * What one worker runs: the roles of this node, over one database pool.
 *
 * Started in the order in which they need each other and stopped in reverse: the doors close first, then what is under
 * way is finished or put back.
 */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { DNSResolver } from "mailauth";
import { Registry } from "prom-client";
import * as chores from "../chores/chores.ts";
import type { Config, Listen } from "../config.ts";
import { listen, type Topic } from "../db/listen.ts";
import { closePool, openPool, type Pool, type Target } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as intake from "../intake/intake.ts";
import * as keys from "../keys/keys.ts";
import { elapsed, type NodeClock, SECOND } from "../kit/clock.ts";
import { Refusal, reasonOf } from "../kit/errors.ts";
import type { Lease } from "../kit/lease.ts";
import type { Log } from "../kit/log.ts";
import { startLoop } from "../kit/loop.ts";
import { parseAddress } from "../mail/address.ts";
import { purposeOf } from "../mail/purpose.ts";
import * as outbound from "../outbound/outbound.ts";
import * as pipeline from "../pipeline/pipeline.ts";
import * as queue from "../queue/queue.ts";
import * as returns from "../returns/returns.ts";
import { authResolver } from "./resolver.ts";
import { dnsFor, startTransport, type TransportParts } from "./transport.ts";

export type ServicesOptions = {
  config: Config;
  target: Target;
  /** The worker's own id, under which it is entered, and its lease. */
  worker: string;
  lease: Lease;
  clock: NodeClock;
  log: Log;
  /** For tests: DNS of their own, shorter patience, pools that they keep open. */
  authResolver?: DNSResolver;
  resolver?: outbound.Resolver;
  transport?: TransportParts;
  timeouts?: outbound.Timeouts;
  everyMs?: number;
  pools?: Pools;
};

type Pools = { work: Pool; locks: Pool };

export type Services = {
  worker: string;
  smtp: Listen[];
  web: Listen[];
  stop(): Promise<void>;
};

const TIME_EVERY = 2 * SECOND;

export async function startServices(options: ServicesOptions): Promise<Services> {
  const { config, worker, lease, clock, log } = options;
  const has = (role: Config["roles"][number]): boolean => config.roles.includes(role);
  const pools = options.pools ?? openPools(options.target, queue.sessionName(worker));
  const { work: pool, locks } = pools;
  const close = async (): Promise<void> => {
    if (!options.pools) await Promise.all([closePool(pool), closePool(locks)]);
  };
  const registry = new Registry();
  const stops: (() => Promise<void>)[] = [];
  const wakes: Partial<Record<Topic, (words: string) => void>> = {};
  try {
    await keepTime(pool, clock);
    const timing = startLoop("time", () => keepTime(pool, clock).then(() => "idle"), { everyMs: TIME_EVERY, log });
    stops.push(timing.stop);
    const serviceKeys = await keys.serviceKeys(pool, config.domain, clock, config);

    if (has("chores")) {
      const tidy = chores.startChores({
        ...{ pool, locks, clock, log, logKeptMs: config.logKept, domain: config.domain, url: config.url },
        ...(options.everyMs && { everyMs: options.everyMs }),
        signIn: {
          rowsOf: async (...asked) => (await import("../web/web.ts")).signInRowsOf(...asked),
          forget: async (...asked) => (await import("../web/web.ts")).forgetSignIn(...asked),
        },
        ...(config.outbound.kind === "direct" && {
          reports: { domain: config.domain, dns: options.transport?.dns ?? dnsFor(config) },
        }),
      });
      const weighing = returns.startReturns({
        pool,
        locks,
        domain: config.domain,
        url: config.url,
        tokenSecret: serviceKeys.token,
        clock,
        log,
        ...(options.everyMs && { everyMs: options.everyMs }),
      });
      stops.push(tidy.stop, weighing.stop);
    }
    const isCapturing = config.outbound.kind === "capture" && config.routes === "";
    if (has("outbound")) {
      const guarding = startTransport({ pool, config, clock, log }, options.transport);
      stops.push(guarding.stop);
      const out = outbound.startOutbound({
        pool,
        worker,
        node: config.node,
        domain: config.domain,
        hostname: config.hostname,
        url: config.url,
        to: config.outbound,
        routesFile: config.routes,
        egress: config.egress,
        giveUpAfterMs: config.giveUpAfter,
        keys: serviceKeys,
        clock,
        log,
        lease,
        ...guarding.options,
        ...(options.resolver && { resolver: options.resolver }),
        ...(options.timeouts && { timeouts: options.timeouts }),
        ...(options.everyMs && { everyMs: options.everyMs }),
      });
      wakes.delivery = out.wake;
      wakes.hold = out.hold;
      stops.push(out.stop);
    }
    if (has("pipeline")) {
      const line = pipeline.startPipeline({
        pool,
        worker,
        domain: config.domain,
        url: config.url,
        tokenSecret: serviceKeys.token,
        isCapturing,
        ...(config.rspamd && {
          spamFilter: pipeline.newSpamFilter(config.rspamd, { domain: config.domain, clock, log }),
        }),
        disposable: config.disposable,
        resolver:
          options.authResolver ?? authResolver(clock, config.resolver === "" ? undefined : serverText(config.resolver)),
        clock,
        log,
        ...(options.everyMs && { everyMs: options.everyMs }),
      });
      wakes.mail = line.wake;
      stops.push(line.stop);
    }
    const ears = listen(options.target, (topic, words) => wakes[topic]?.(words));
    stops.push(ears.stop);

    let webAt: Listen[] = [];
    if (has("web")) {
      const web = await import("../web/web.ts"); // the heaviest room: a node without it never loads it
      const site = await web.startWeb({ listen: config.web, pool, config, clock, log, registry, lease });
      webAt = bound(config.web, site.ports);
      stops.push(site.stop);
    }
    let smtpAt: Listen[] = [];
    if (has("intake")) {
      const door = await intake.startIntake({
        listen: config.smtp,
        domain: config.domain,
        hostname: config.hostname,
        sizeLimitBytes: config.sizeLimit,
        tls: await tlsFor(config, pool, clock),
        proxyProtocol: config.proxy,
        maxConnections: 5000,
        maxConnectionsPerAddress: 500,
        batch: { mails: 128, bytes: 4 * 1024 * 1024, inFlight: 2 },
        keptText: (id) => `Kept as ${id}; follow it at ${config.url}/mail/${id}`,
        registry,
        clock,
        log,
        doors: intakeDoors(pool, wakes),
      });
      smtpAt = bound(config.smtp, door.ports);
      stops.push(() => door.stop());
    }
    return {
      worker,
      smtp: smtpAt,
      web: webAt,
      stop: async () => {
        await stopAll(stops, log);
        lease.end();
        await close();
      },
    };
  } catch (error) {
    await stopAll(stops, log);
    await close();
    throw error;
  }
}

const openPools = (target: Target, name: string): Pools => ({
  work: openPool(target, { max: 10, name }),
  locks: openPool(target, { max: 3, name }),
});

/** The certificate given by the operator, or the one made at first start. */
async function tlsFor(config: Config, pool: Pool, clock: NodeClock): Promise<{ key: string; cert: string }> {
  if (!config.tlsKey || !config.tlsCert) return keys.tlsCertificate(pool, config.hostname, clock);
  const [key, cert] = await Promise.all([readFile(config.tlsKey, "utf8"), readFile(config.tlsCert, "utf8")]);
  try {
    createSecureContext({ key, cert });
  } catch (error) {
    throw new Refusal(
      `The TLS key and certificate don't work together (${reasonOf(error)}): check SMARTGROUPS_TLS_KEY and SMARTGROUPS_TLS_CERT.`,
    );
  }
  return { key, cert };
}

const serverText = ({ host, port }: Listen): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

const bound = (wanted: Listen[], ports: number[]): Listen[] =>
  wanted.map((one, i) => ({ host: one.host, port: ports[i] ?? one.port }));

async function stopAll(stops: (() => Promise<void>)[], log: Log): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    await stop().catch((error) => log.warn({ err: String(error) }, "a part did not stop cleanly"));
  }
}

/** Keeps this node on the database's clock: half the round trip is taken off, and a slow answer is not believed. */
async function keepTime(pool: Pool, clock: NodeClock): Promise<void> {
  const before = elapsed();
  const [row] = await pool<{ now: number }[]>`select extract(epoch from clock_timestamp())::float8 * 1000 as now`;
  const trip = elapsed() - before;
  if (row && trip < SECOND) clock.measured(row.now + trip / 2);
}

/** How long a group that was found is believed to be there, at RCPT. */
const BELIEVED = 2 * SECOND;

/** What intake asks of the rest of the house. */
function intakeDoors(pool: Pool, wakes: Partial<Record<Topic, (words: string) => void>>): intake.IntakeDoors {
  const believed = new Map<string, { until: number; isClosed: boolean; mostBytes: number }>();
  return {
    accepts: async (address) => {
      const purpose = purposeOf(parseAddress(address)?.local ?? address);
      if (purpose.kind === "service" || purpose.kind === "token") return "yes";
      const now = elapsed();
      let known = believed.get(purpose.group);
      if (!known || known.until <= now) {
        const group = await directory.groupCalled(pool, purpose.group);
        if (!group) return "unknown";
        if (believed.size > 10_000) believed.clear();
        known = { until: now + BELIEVED, isClosed: directory.isClosed(group), mostBytes: group.sizeMax * 1024 };
        believed.set(purpose.group, known);
      }
      // Its owners are still reached, and members can still leave.
      if (purpose.kind !== "post") return "yes";
      if (known.isClosed) return "closed";
      return known.mostBytes > 0 ? { mostBytes: known.mostBytes } : "yes";
    },
    put: async (mails) => {
      await queue.put(
        pool,
        mails.map(({ envelope, ...mail }) => ({ ...mail, ...envelope })),
      );
      wakes.mail?.("");
    },
    putPiece: (mailId, index, piece) => queue.putPiece(pool, mailId, index, piece),
  };
}
