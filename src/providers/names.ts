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
 * The provider of a domain whose MX hosts these are. Hosts of several owners are nobody's but the domain's: one of them
 * could refuse in the name of another, and a large provider's lane would slow down for what a stranger said.
 */
export function providerOf(mxHosts: readonly string[], domain: string): string {
  const owners = new Set(mxHosts.map((host) => ownerOf(clean(host))));
  return owners.size === 1 ? [...owners][0]! : clean(domain);
}

/** What is known of a provider of this name. */
export const factsOf = (provider: string): Facts | undefined => FACTS.get(provider);

/** Is this a host that the operator named: a route's or relay's host:port, or the name a route gives it? */
export const isNamed = (provider: string): boolean =>
  isIP(provider) === 0 && !FACTS.has(provider) && (/:\d{1,5}$/.test(provider) || !provider.includes("."));

/** A single label keeps its dot: nobody has a mail host called "google". */
const ownerOf = (host: string): string => knownBy(host) ?? getDomain(host) ?? (host.includes(".") ? host : `${host}.`);

/** DNS allows any byte in a name; what no host name has would be misread in lists and logs. */
const clean = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/[^a-z0-9._-]/g, "?");

/** From the whole name down to its last label; the longest ending that is known counts. */
function knownBy(host: string): string | undefined {
  for (let from = 0; from >= 0; from = host.indexOf(".", from) + 1 || -1) {
    const name = bySuffix.get(host.slice(from));
    if (name !== undefined) return name || undefined;
  }
  return undefined;
}
