/**
 * The resolver that the operator named, as outbound asks it: `mx`, `a` and `aaaa` say whether they were validated.
 *
 * Its word on that is believed, so it must be one that nobody can stand in front of: on this machine, or on a line that
 * is ours. An answer of the system's resolver is never secure, whatever it says.
 */
import { lookup, Resolver as SystemResolver } from "node:dns/promises";
import { isIP } from "node:net";
import { SECOND } from "../kit/clock.ts";
import { ask, type DnsServer, type Said, type Type } from "./dns-client.ts";
import type { Tlsa } from "./tlsa.ts";

export type { DnsServer } from "./dns-client.ts";

/** Records, whether they were validated, and the name that aliases led to. */
export type Found<T> = { records: T[]; isSecure: boolean; name: string };

/** Rejects with the codes of node:dns: ENOTFOUND for no such name, ENODATA for no such record. */
export type Dns = {
  txt(name: string): Promise<string[]>;
  /** Only of a resolver that validates. */
  tlsa?(name: string): Promise<Found<Tlsa>>;
};

export type ValidatingDns = Required<Dns> & {
  mx(domain: string): Promise<Found<{ exchange: string; priority: number }>>;
  a(host: string): Promise<Found<string>>;
  aaaa(host: string): Promise<Found<string>>;
  local(host: string): Promise<string[]>;
};

export function systemDns(): Dns {
  const dns = new SystemResolver({ timeout: 3 * SECOND, tries: 2 });
  return { txt: async (name) => (await dns.resolveTxt(name)).map((strings) => strings.join("")) };
}

export function validatingDns(server: DnsServer, patienceMs?: number): ValidatingDns {
  const asked = async <T>(name: string, type: Type, dataOf: (record: Said["records"][number]) => T[]) => {
    const said = await ask(server, name, type, patienceMs);
    if (said.kind !== "found")
      throw Object.assign(new Error(`${name} has no ${type}`), {
        code: said.kind === "none" ? "ENODATA" : "ENOTFOUND",
      });
    return { records: said.records.flatMap(dataOf), isSecure: said.isSecure, name: said.name };
  };
  return {
    mx: (domain) =>
      asked(domain, "MX", (one) =>
        one.type === "MX"
          ? [{ exchange: one.data.exchange === "." ? "" : one.data.exchange, priority: one.data.preference ?? 0 }]
          : [],
      ),
    a: (host) => asked(host, "A", (one) => (one.type === "A" && isIP(one.data) === 4 ? [one.data] : [])),
    aaaa: (host) => asked(host, "AAAA", (one) => (one.type === "AAAA" && isIP(one.data) === 6 ? [one.data] : [])),
    local: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    txt: async (name) =>
      (await asked(name, "TXT", (one) => (one.type === "TXT" ? [[one.data].flat().map(String).join("")] : []))).records,
    tlsa: (name) =>
      asked(name, "TLSA", (one) => {
        if (one.type !== "TLSA") return [];
        const { usage, selector, matchingType: matching, certificate } = one.data;
        return [{ usage, selector, matching, data: Buffer.from(certificate) }];
      }),
  };
}

/** Does this resolver validate? The root is signed, so what it says of the root must be marked. */
export async function validates(server: DnsServer, patienceMs?: number): Promise<boolean> {
  return (await ask(server, ".", "SOA", patienceMs)).isSecure;
}
