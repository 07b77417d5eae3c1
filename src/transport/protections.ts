/**
 * Which rule counts for each mail host of a domain: DANE before MTA-STS, and without either any TLS will do.
 *
 * DANE counts where a resolver of the operator's choice has validated the whole way: the domain's MX, the host's address,
 * the TLSA records (RFC 7672 2.2). An answer that can't be had there is what an attacker would make of it, so such a host
 * gets no mail until it can (2.1.1).
 */
import { type Clock, MINUTE } from "../kit/clock.ts";
import { codeOf } from "../kit/errors.ts";
import { Memory } from "../kit/memory.ts";
import type { Dns } from "./dns.ts";
import { noRule, ofSts, type Policy, type Protection, recordText } from "./protection.ts";
import { names } from "./sts.ts";
import type { StsAnswer, StsCache } from "./sts-cache.ts";
import { type Tlsa, usable } from "./tlsa.ts";

/** A mail host of a domain. `secure`: its addresses were validated, and so was the MX that named it. */
export type Candidate = { host: string; port: number; secure?: { name: string } };

export type Protections = {
  /** In the order of the hosts. Rejects only for the database's sake. */
  of(domain: string, hosts: readonly Candidate[]): Promise<Protection[]>;
  stop(): Promise<void>;
};

const FOUND_KEPT = 5 * MINUTE;
const NOTHING_KEPT = 1 * MINUTE;
const HOSTS_KEPT = 20_000;

export function protections({ dns, cache, clock }: { dns: Dns; cache: StsCache; clock: Clock }): Protections {
  const known = new Memory<Tlsa[]>(clock, HOSTS_KEPT);
  const recordsAt = async (owner: string): Promise<Tlsa[] | "trouble"> => {
    const before = known.get(owner);
    if (before) return before;
    const found = await tlsaAt(dns, owner);
    // Trouble may be over the next time.
    return found === "trouble" ? found : known.keep(owner, found, found.length > 0 ? FOUND_KEPT : NOTHING_KEPT);
  };
  return {
    of: async (domain, hosts) => {
      const sts = cache.policyOf(domain);
      const dane = await Promise.all(hosts.map((host) => daneOf(recordsAt, domain, host)));
      const answer = await sts;
      return hosts.map(({ host }, i) => dane[i] ?? bySts(domain, host, answer));
    },
    stop: () => cache.stop(),
  };
}

function bySts(domain: string, host: string, { policy, trouble }: StsAnswer): Protection {
  if (!policy) {
    const none = noRule(domain);
    return trouble ? { ...none, policy: { ...none.policy, type: "sts" }, trouble } : none;
  }
  const isEnforced = policy.mode === "enforce";
  const whose = ofSts(domain, policy);
  if (names(policy, host)) return { domain, rule: { kind: "sts", isEnforced }, policy: whose };
  const text = `the MTA-STS policy of ${domain} does not name the host ${host}`;
  const rule: Protection["rule"] = isEnforced ? { kind: "refused", text } : { kind: "any" };
  return { domain, rule, policy: whose, trouble: "validation-failure" };
}

/** Undefined when the host has no TLSA records that count. */
async function daneOf(
  recordsAt: (owner: string) => Promise<Tlsa[] | "trouble">,
  domain: string,
  { host, port, secure }: Candidate,
): Promise<Protection | undefined> {
  if (!secure) return undefined;
  // RFC 7672 2.2.2: the name at the end of the aliases first, then the one they began with.
  for (const base of new Set([secure.name, host])) {
    const owner = `_${port}._tcp.${base}`;
    const found = await recordsAt(owner);
    if (found === "trouble") {
      const text = `the TLSA records of ${base} can't be read, and they are signed`;
      const policy: Policy = { type: "tlsa", domain: base, lines: [], hosts: [] };
      return { domain, rule: { kind: "refused", text }, policy, trouble: "dnssec-invalid" };
    }
    if (found.length === 0) continue;
    const lines = found.map((record) => `${owner}. IN TLSA ${recordText(record)}`).sort();
    const policy: Policy = { type: "tlsa", domain: base, lines, hosts: [] };
    const records = usable(found);
    if (records.length === 0) return { domain, rule: { kind: "encrypted" }, policy };
    return { domain, rule: { kind: "dane", base, names: [...new Set([base, host, domain])], records }, policy };
  }
  return undefined;
}

/** Records that were validated; none when there are none, or nobody has validated them. */
async function tlsaAt(dns: Dns, owner: string): Promise<Tlsa[] | "trouble"> {
  if (!dns.tlsa) return [];
  try {
    const { records, isSecure } = await dns.tlsa(owner);
    return isSecure ? records : [];
  } catch (error) {
    const code = codeOf(error);
    return code === "ENODATA" || code === "ENOTFOUND" ? [] : "trouble";
  }
}
