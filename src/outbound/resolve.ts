/**
 * What DNS says, with four answers and no exceptions: records, none, no such name, trouble.
 *
 * The resolver is handed in and throws as node:dns does; the cache in front is bounded, forgets the least used first,
 * keeps no trouble, and lets those who ask at the same time share one question.
 */
import { lookup, Resolver as SystemResolver } from "node:dns/promises";
import { type Clock, MINUTE, SECOND } from "../kit/clock.ts";
import { codeOf, reasonOf } from "../kit/errors.ts";
import type { Found } from "../transport/transport.ts";

export type MxRecord = { exchange: string; priority: number };

/** Just the records, or with them whether somebody we trust has validated them. */
type Records<T> = T[] | Found<T>;

/** Rejects with the codes of node:dns: ENOTFOUND for no such name, ENODATA for no such record. */
export type Resolver = {
  mx(domain: string): Promise<Records<MxRecord>>;
  a(host: string): Promise<Records<string>>;
  aaaa(host: string): Promise<Records<string>>;
  /** As the system resolves names (hosts file included): for hosts that the operator named. */
  local(host: string): Promise<Records<string>>;
};

export function systemResolver(): Resolver {
  const dns = new SystemResolver({ timeout: 5 * SECOND, tries: 2 });
  return {
    mx: (domain) => dns.resolveMx(domain),
    a: (host) => dns.resolve4(host),
    aaaa: (host) => dns.resolve6(host),
    local: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  };
}

type Answer<T> =
  /** `secure` when all of it was validated (DNSSEC), with the name that aliases led to. */
  | { kind: "found"; records: T[]; secure?: { name: string } }
  | { kind: "none" }
  | { kind: "no name" }
  | { kind: "trouble"; reason: string };

export type Questions = {
  mx(domain: string): Promise<Answer<MxRecord>>;
  /** IPv4 first, then IPv6, each family shuffled. */
  addresses(host: string): Promise<Answer<string>>;
  /** The same, as the operator's own machine resolves names. */
  local(host: string): Promise<Answer<string>>;
};

const FOUND_KEPT = 5 * MINUTE;
const NOTHING_KEPT = 1 * MINUTE;
const TROUBLE_KEPT = 0;
const ANSWERS_KEPT = 20_000;
/** Longer than the resolver's own patience, for resolvers that have none. */
const PATIENCE = 30 * SECOND;

export function questions(resolver: Resolver, clock: Clock, kept = ANSWERS_KEPT): Questions {
  const mx = remembered((domain) => asked(() => resolver.mx(domain)), clock, kept);
  const addresses = remembered((host) => bothFamilies(resolver, host), clock, kept);
  const local = remembered((host) => asked(() => resolver.local(host)), clock, kept);
  return { mx, addresses, local };
}

async function asked<T>(ask: () => Promise<Records<T>>): Promise<Answer<T>> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "trouble", reason: "DNS did not answer in time" }), PATIENCE);
  });
  const answer = async (): Promise<Answer<T>> => {
    try {
      const said = await ask();
      const { records, isSecure, name } = Array.isArray(said) ? { records: said, isSecure: false, name: "" } : said;
      if (records.length === 0) return { kind: "none" };
      return { kind: "found", records, ...(isSecure && { secure: { name } }) };
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENODATA") return { kind: "none" };
      if (code === "ENOTFOUND") return { kind: "no name" };
      return { kind: "trouble", reason: `DNS: ${code ?? reasonOf(error)}` };
    }
  };
  try {
    return await Promise.race([answer(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function bothFamilies(resolver: Resolver, host: string): Promise<Answer<string>> {
  const answers = await Promise.all([asked(() => resolver.a(host)), asked(() => resolver.aaaa(host))]);
  const found = answers.filter((answer) => answer.kind === "found");
  const records = found.flatMap((answer) => shuffled(answer.records));
  const secure = found.every((answer) => answer.secure?.name === found[0]?.secure?.name) && found[0]?.secure;
  if (records.length > 0) return { kind: "found", records, ...(secure && { secure }) };
  // One family in trouble may be the one that the host has.
  return answers.find(({ kind }) => kind === "trouble") ?? answers.find(({ kind }) => kind === "none") ?? answers[0];
}

/** In an order of chance (Fisher and Yates), so that equals share the load. */
export function shuffled<T>(items: readonly T[]): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

function remembered<T>(
  ask: (name: string) => Promise<Answer<T>>,
  clock: Clock,
  kept: number,
): (name: string) => Promise<Answer<T>> {
  // A Map keeps the order of insertion: what is used is put in again, so the first key is the least used.
  const known = new Map<string, { answer: Promise<Answer<T>>; until: number }>();
  return (name) => {
    const before = known.get(name);
    if (before && clock.now().getTime() < before.until) {
      known.delete(name);
      known.set(name, before);
      return before.answer;
    }
    const entry = { answer: ask(name), until: Number.POSITIVE_INFINITY };
    known.delete(name);
    known.set(name, entry);
    if (known.size > kept) known.delete(known.keys().next().value!);
    void entry.answer.then(({ kind }) => {
      const keep = kind === "found" ? FOUND_KEPT : kind === "trouble" ? TROUBLE_KEPT : NOTHING_KEPT;
      entry.until = clock.now().getTime() + keep;
    });
    return entry.answer;
  };
}
