/**
 * DNS for authentication: as `mailauth` asks it, with bounded patience and a small memory.
 *
 * Half of all questions are asked again within the minute (the same author, the same DKIM key), and a resolver that is
 * away must not hold up every mail for its full patience: failures are remembered for a moment too.
 */
import { Resolver as SystemResolver } from "node:dns/promises";
import type { DNSResolver } from "mailauth";
import { type Clock, MINUTE, SECOND } from "../kit/clock.ts";
import { codeOf } from "../kit/errors.ts";

const KEPT = 2 * MINUTE;
const TROUBLE_KEPT = 5 * SECOND;
const MOST = 20_000;

type Memory = { until: number; answer: Promise<string[][] | string[]> };

/** Asks the server that the operator named, "192.0.2.1:53", or those of the system. */
export function authResolver(clock: Clock, server?: string): DNSResolver {
  const dns = new SystemResolver({ timeout: 3 * SECOND, tries: 2 });
  if (server !== undefined) dns.setServers([server]);
  const memory = new Map<string, Memory>();
  return (name, type) => {
    const now = clock.now().getTime();
    const key = `${type} ${name.toLowerCase()}`;
    const known = memory.get(key);
    if (known && known.until > now) return known.answer;
    const answer = dns.resolve(name, type as "TXT") as Promise<string[][]>;
    const entry: Memory = { until: now + KEPT, answer };
    answer.catch((error) => {
      if (!["ENOTFOUND", "ENODATA"].includes(codeOf(error) ?? "")) entry.until = now + TROUBLE_KEPT;
    });
    memory.set(key, entry);
    if (memory.size > MOST) memory.delete(memory.keys().next().value!);
    return answer;
  };
}
