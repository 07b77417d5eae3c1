/**
 * Which hosts take mail for a domain, in the order in which to try them.
 *
 * The routes file comes first, then the relay, then DNS as RFC 5321 5.1 says: MX by preference, equals shuffled, and the
 * domain's own address when there is no MX. A host that is ourselves, and whatever ranks behind it, is left out
 * (5.1 again), and an MX on a loopback address too: it would have us talk to ourselves.
 */
import { isIP } from "node:net";
import type { Clock } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { isOutside } from "../kit/outside.ts";
import { providerOf } from "../providers/providers.ts";
import type { Protection, Protections } from "../transport/transport.ts";
import { finding, type Reply } from "./reply.ts";
import { type MxRecord, questions, type Resolver, shuffled, systemResolver } from "./resolve.ts";
import { type NamedHost, type Routes, routeNamed } from "./routes.ts";

/** `tls`: what the connection must be like, for hosts that DNS named. Hosts the operator named take whatever TLS they offer. */
export type RouteHost = { host: string; port: number; addresses: string[]; tls?: Protection };

export type Route =
  /** `provider` names whose hosts these are, or is the route's host:port. */
  | { kind: "hosts"; provider: string; hosts: RouteHost[] }
  | { kind: "never"; reply: Reply }
  | { kind: "later"; reply: Reply };

export type RouterOptions = {
  clock: Clock;
  /** Our own names, to notice mail that would come back to us. */
  hostnames: readonly string[];
  routes?: Routes;
  relay?: NamedHost;
  resolver?: Resolver;
  /** DANE and MTA-STS; without it any TLS will do. */
  protections?: Pick<Protections, "of">;
  reach?: Reach;
};

/** Where hosts that DNS names are called, and which of their addresses; tests have theirs on the loopback. */
export type Reach = { port: number; mayCall(address: string): boolean };

export type Router = (domain: string) => Promise<Route>;

/** Names and addresses tried at most, of a domain that lists more. */
const HOSTS_TRIED = 10;
const ADDRESSES_TRIED = 8;
const THE_WORLD: Reach = { port: 25, mayCall: isOutside };

const never = (status: string, text: string): Route => ({
  kind: "never",
  reply: finding("never", status, text, "site"),
});
const later = (status: string, text: string): Route => ({
  kind: "later",
  reply: finding("later", status, text, "site"),
});
const loop = (domain: string): Route => never("5.4.6", `mail for ${domain} would come back to this machine`);

/** `routeFor` of this node: never rejects. The domain is lower-case, in A-labels, or an address literal. */
export function router(options: RouterOptions): Router {
  const { clock, routes, reach = THE_WORLD } = options;
  const dns = questions(options.resolver ?? systemResolver(), clock);
  const ours = new Set(options.hostnames.map((name) => name.toLowerCase()));

  const named = async (to: NamedHost): Promise<Route> => {
    const provider = to.provider ?? `${to.host}:${to.port}`;
    const answer = isIP(to.host) ? { kind: "found" as const, records: [to.host] } : await dns.local(to.host);
    if (answer.kind !== "found") return later("4.4.3", `the route's host ${to.host} has no address: ${answer.kind}`);
    return { kind: "hosts", provider, hosts: [{ host: to.host, port: to.port, addresses: answer.records }] };
  };

  const located = async (
    domain: string,
    names: readonly string[],
    provider: string,
    isSecure: boolean,
  ): Promise<Route> => {
    const answers = await Promise.all(names.map((name) => dns.addresses(name)));
    const hosts: (RouteHost & { secure?: { name: string } })[] = [];
    let pointsHere = false;
    for (const [i, answer] of answers.entries()) {
      if (answer.kind !== "found") continue;
      const addresses = answer.records.filter(reach.mayCall).slice(0, ADDRESSES_TRIED);
      if (addresses.length === 0) pointsHere = true;
      else {
        const secure = isSecure && answer.secure;
        hosts.push({ host: names[i]!, port: reach.port, addresses, ...(secure && { secure }) });
      }
    }
    if (hosts.length > 0) return guarded(domain, provider, hosts);
    const trouble = answers.find((answer) => answer.kind === "trouble");
    if (trouble) return later("4.4.3", trouble.reason);
    if (pointsHere) return loop(domain);
    return later("4.4.4", `no mail host of ${domain} has an address`);
  };

  const guarded = async (
    domain: string,
    provider: string,
    candidates: readonly (RouteHost & { secure?: { name: string } })[],
  ): Promise<Route> => {
    const hosts = candidates.map(({ host, port, addresses }) => ({ host, port, addresses }));
    if (!options.protections) return { kind: "hosts", provider, hosts };
    try {
      const found = await options.protections.of(domain, candidates);
      return { kind: "hosts", provider, hosts: hosts.map((host, i) => ({ ...host, tls: found[i]! })) };
    } catch (error) {
      // Without knowing whether the domain asks for it we don't send in clear.
      return later("4.3.0", `whether ${domain} asks for TLS could not be looked up: ${reasonOf(error)}`);
    }
  };

  const byAddress = async (domain: string): Promise<Route> => {
    if (ours.has(domain)) return loop(domain);
    const answer = await dns.addresses(domain);
    if (answer.kind === "no name") return never("5.1.2", `the domain ${domain} does not exist`);
    if (answer.kind === "none") return never("5.1.2", `the domain ${domain} takes no mail: neither MX nor address`);
    return located(domain, [domain], providerOf([domain], domain), true);
  };

  const byMx = async (domain: string): Promise<Route> => {
    const answer = await dns.mx(domain);
    switch (answer.kind) {
      case "no name":
        return never("5.1.2", `the domain ${domain} does not exist`);
      case "trouble":
        return later("4.4.3", answer.reason);
      case "none":
        return byAddress(domain);
      case "found": {
        const records = inOrder(answer.records);
        // RFC 7505: one MX with an empty name says that the domain takes no mail.
        if (records.every(({ exchange }) => exchange === ""))
          return never("5.1.10", `${domain} takes no mail (null MX)`);
        const others = aheadOf(
          ours,
          records.filter(({ exchange }) => exchange !== ""),
        );
        if (others.length === 0) return loop(domain);
        const names = [...new Set(others.map(({ exchange }) => exchange))].slice(0, HOSTS_TRIED);
        return located(domain, names, providerOf(names, domain), answer.secure !== undefined);
      }
    }
  };

  return async (domain) => {
    const to = (routes && routeNamed(routes, domain)) ?? options.relay;
    if (to) return named(to);
    return domain.startsWith("[") ? literal(domain, reach) : byMx(domain);
  };
}

/** By preference, equals in an order of chance; names as we compare them. */
function inOrder(records: readonly MxRecord[]): MxRecord[] {
  const clean = records.map(({ exchange, priority }) => ({
    priority,
    exchange: exchange.toLowerCase().replace(/\.$/, ""),
  }));
  return shuffled(clean).sort((a, b) => a.priority - b.priority);
}

/** RFC 5321 5.1: when we are in the list, hosts of our preference or worse would only hand the mail back. */
function aheadOf(ours: ReadonlySet<string>, records: MxRecord[]): MxRecord[] {
  const own = records.find(({ exchange }) => ours.has(exchange));
  return own ? records.filter(({ priority }) => priority < own.priority) : records;
}

/** RFC 5321 4.1.3: "[192.0.2.1]", "[IPv6:2001:db8::1]". */
function literal(domain: string, reach: Reach): Route {
  const address = domain.slice(1, -1).replace(/^ipv6:/i, "");
  if (!domain.endsWith("]") || isIP(address) === 0) return never("5.1.3", `${domain} is not an address literal`);
  if (!reach.mayCall(address)) return loop(domain);
  return { kind: "hosts", provider: address, hosts: [{ host: address, port: reach.port, addresses: [address] }] };
}
