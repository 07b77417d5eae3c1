/**
 * The MTA-STS policy of a domain, now (RFC 8461 3 and 5.1).
 *
 *     what is kept in memory → in the database → the domain's TXT record → its policy host
 *
 * A policy counts until it expires, whatever an attacker does to DNS or the policy host meanwhile. A new id in the TXT
 * record, or a day gone by, has it fetched again; what is kept goes on counting until the new one is here. Mail waits for
 * the strangers in this only so long (`waitMs`): then it goes by what is kept, or without, and the asking goes on behind it.
 */
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY, MINUTE, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { Memory } from "../kit/memory.ts";
import type { Dns } from "./dns.ts";
import type { FetchPolicy } from "./policy-host.ts";
import type { Result } from "./protection.ts";
import { type KeptPolicy, keepPolicy, keptPolicy } from "./store.ts";
import { idIn } from "./sts.ts";

export type StsAnswer = {
  /** Undefined: the domain has none, or one that says "none". */
  policy: KeptPolicy | undefined;
  /** A policy is announced and can't be had; RFC 8460 4.3.2.2. */
  trouble?: Exclude<Result, "ok">;
};

export type StsCache = {
  /** Rejects only for the database's sake. */
  policyOf(domain: string): Promise<StsAnswer>;
  /** Gives up what is being asked. */
  stop(): Promise<void>;
};

type Means = { sql: Sql; clock: Clock; log: Log; dns: Pick<Dns, "txt">; fetchPolicy: FetchPolicy; waitMs?: number };

/** How long an answer is believed before the TXT record is read again. */
const BELIEVED = 5 * MINUTE;
/** RFC 8461 3.3: a policy that can't be fetched is not asked for more often. */
const TROUBLE_KEPT = 5 * MINUTE;
const REFRESHED_AFTER = DAY;
const WAIT = 5 * SECOND;
const DOMAINS_KEPT = 20_000;

/** `late`: all who ask meanwhile have waited long enough. */
type Asking = { answer: Promise<StsAnswer>; late: Promise<void> };

export function stsCache({ sql, clock, log, dns, fetchPolicy, waitMs = WAIT }: Means): StsCache {
  const known = new Memory<StsAnswer>(clock, DOMAINS_KEPT);
  const asking = new Map<string, Asking>();
  const stopping = new AbortController();

  const remember = (domain: string, answer: StsAnswer, keptMs: number): StsAnswer => {
    const expiresIn = answer.policy ? answer.policy.expiresAt.getTime() - clock.now().getTime() : keptMs;
    return known.keep(domain, answer, Math.min(keptMs, expiresIn));
  };

  const refreshed = async (domain: string, kept: KeptPolicy | undefined): Promise<StsAnswer> => {
    const id = await recordId(dns, domain);
    const keptOnly = { policy: inForce(kept) };
    if (id === undefined) return remember(domain, keptOnly, BELIEVED);
    const isFresh =
      kept && clock.now().getTime() - kept.fetchedAt.getTime() < Math.min(REFRESHED_AFTER, (kept.maxAgeS * SECOND) / 2);
    if (kept && kept.recordId === id && isFresh) return remember(domain, keptOnly, BELIEVED);
    const fetched = await fetchPolicy(domain, stopping.signal);
    const now = clock.now();
    if ("trouble" in fetched) {
      log.info({ domain, reason: fetched.reason }, "an MTA-STS policy could not be fetched");
      const isKept = kept !== undefined && kept.expiresAt > now;
      return remember(domain, isKept ? keptOnly : { policy: undefined, trouble: fetched.trouble }, TROUBLE_KEPT);
    }
    const expiresAt = new Date(now.getTime() + fetched.policy.maxAgeS * SECOND);
    const policy = { ...fetched.policy, recordId: id, fetchedAt: now, expiresAt };
    const answer = remember(domain, { policy: inForce(policy) }, BELIEVED);
    await keepPolicy(sql, domain, policy).catch((error: unknown) => {
      log.warn({ domain, err: reasonOf(error) }, "an MTA-STS policy could not be kept");
    });
    return answer;
  };

  /** One asking a domain at a time. */
  const ask = (domain: string, kept: KeptPolicy | undefined): Asking => {
    const present = asking.get(domain);
    if (present) return present;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs);
    });
    const answer = refreshed(domain, kept).finally(() => {
      clearTimeout(timer);
      asking.delete(domain);
    });
    const fresh = { answer, late };
    asking.set(domain, fresh);
    return fresh;
  };

  return {
    policyOf: async (domain) => {
      const before = known.get(domain);
      if (before) return before;
      const kept = await keptPolicy(sql, domain, clock.now());
      // Somebody else's asking may have ended while we read.
      const meanwhile = known.get(domain);
      if (meanwhile) return meanwhile;
      const { answer, late } = ask(domain, kept);
      return Promise.race([answer, late.then(() => ({ policy: inForce(kept) }))]);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([...asking.values()].map((one) => one.answer));
    },
  };
}

/** A policy that says "none" is kept like others, so that its domain is not asked again and again, and asks for nothing. */
const inForce = (policy: KeptPolicy | undefined): KeptPolicy | undefined =>
  policy?.mode === "none" ? undefined : policy;

async function recordId(dns: Pick<Dns, "txt">, domain: string): Promise<string | undefined> {
  try {
    return idIn(await dns.txt(`_mta-sts.${domain}`));
  } catch {
    // No answer is no record (3.1): mail goes by what is kept.
    return undefined;
  }
}
