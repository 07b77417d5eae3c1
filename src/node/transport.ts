/**
 * What outbound needs to protect its connections: the resolver that the operator named, the cache of MTA-STS policies, the
 * counter of sessions. For mail that goes by MX alone: a relay or a route is the operator's own choice.
 */
import type { Config } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { OutboundOptions } from "../outbound/outbound.ts";
import * as transport from "../transport/transport.ts";

/** For tests: strangers of their own. */
export type TransportParts = {
  dns?: transport.Dns;
  fetchPolicy?: transport.FetchPolicy;
  /** Authorities to trust (PEM). */
  roots?: string;
  reach?: OutboundOptions["reach"];
  everyMs?: number;
};

type Guarding = {
  options: Pick<OutboundOptions, "resolver" | "protections" | "guard" | "reach">;
  stop(): Promise<void>;
};

/** DNS of the resolver that the operator named, else the system's. */
export const dnsFor = (config: Config): transport.Dns =>
  config.resolver === "" ? transport.systemDns() : transport.validatingDns(config.resolver);

export function startTransport(
  means: { pool: Pool; config: Config; clock: Clock; log: Log },
  parts: TransportParts = {},
): Guarding {
  const { pool, config, clock, log } = means;
  if (config.outbound.kind !== "direct") return { options: {}, stop: async () => undefined };
  const validating = config.resolver === "" ? undefined : transport.validatingDns(config.resolver);
  const dns = parts.dns ?? validating ?? transport.systemDns();
  const fetchPolicy = parts.fetchPolicy ?? transport.policyHost();
  const cache = transport.stsCache({ sql: pool, clock, log, dns, fetchPolicy });
  const protections = transport.protections({ dns, cache, clock });
  const counter = transport.counter({ sql: pool, clock, log, ...(parts.everyMs && { everyMs: parts.everyMs }) });
  const guard = { clock, count: counter.count, ...(parts.roots !== undefined && { roots: parts.roots }) };
  return {
    options: {
      protections,
      guard,
      ...(validating && { resolver: validating }),
      ...(parts.reach && { reach: parts.reach }),
    },
    stop: async () => {
      await protections.stop();
      await counter.stop();
    },
  };
}
