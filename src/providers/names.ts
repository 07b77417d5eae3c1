/**
 * Whose mail hosts these are.
 *
 * The large providers are known by what their MX names end in; everybody else is named by the domain the host is
 * registered under. So Gmail and a firm that keeps its mail with Google are one provider, as Google counts them.
 */
import { isIP } from "node:net";
import { getDomain } from "tldts";
import { FACTS, type Facts } from "./facts.ts";

const bySuffix = new Map<string, string>();
for (const { name, mx, notMx = [] } of FACTS.values()) {
  for (const suffix of mx) bySuffix.set(suffix, name);
  for (const suffix of notMx) bySuffix.set(suffix, "");
}

/**
 * The provider of a domain's MX hosts; pass those of the best preference. Where several share it, always the same one
 * whatever their order: a large provider first.
 */
export function providerOf(mxHosts: readonly string[]): string {
  const hosts = mxHosts.map((host) => host.toLowerCase().replace(/\.$/, ""));
  const known = hosts.flatMap((host) => knownBy(host) ?? []);
  return smallest(known) ?? smallest(hosts.map((host) => getDomain(host) ?? host)) ?? "";
}

/** What is known of a provider of this name. */
export const factsOf = (provider: string): Facts | undefined => FACTS.get(provider);

/** Is this a host that the operator named: a route's or relay's host:port, or the name a route gives it? */
export const isNamed = (provider: string): boolean =>
  isIP(provider) === 0 && !FACTS.has(provider) && (/:\d{1,5}$/.test(provider) || !provider.includes("."));

/** From the whole name down to its last label; the longest ending that is known counts. */
function knownBy(host: string): string | undefined {
  for (let from = 0; from >= 0; from = host.indexOf(".", from) + 1 || -1) {
    const name = bySuffix.get(host.slice(from));
    if (name !== undefined) return name || undefined;
  }
  return undefined;
}

const smallest = (names: string[]): string | undefined => [...names].sort()[0];
