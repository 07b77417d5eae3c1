/**
 * What is known of the large providers: how their MX hosts are called, how much they take at a time, how they meet an
 * address that has never sent to them, and what can be asked of them. Data only; the tables are in facts/.
 *
 * Limits are ceilings of one sending address, as providers count by address; pace finds what holds below them. Most are
 * what the providers themselves publish or have told KumoMTA (its shaping.toml); where nobody says, they are modest.
 */
import { AMERICAS } from "./facts/americas.ts";
import { ASIA } from "./facts/asia.ts";
import { EUROPE } from "./facts/europe.ts";
import { FILTERS } from "./facts/filters.ts";
import { HOSTERS } from "./facts/hosters.ts";
import { LARGEST } from "./facts/largest.ts";

export type Limits = {
  connections: number;
  mailsPerConnection: number;
  /** Mails; Infinity for none. */
  perMinute: number;
  /** In one transaction. */
  recipients: number;
};

/**
 * How a provider meets an address that is new to it. `start` mails the first day, then `growth` times what was used,
 * until `enough` a day need no counting any more.
 */
export type Newcomer = {
  /** `closed`: does not take mail before it was asked. Kept only while another address of ours is approved there. */
  standing: "approved" | "warming" | "closed";
  start: number;
  growth: number;
  enough: number;
};

/** Something an operator can ask of a provider, and where. */
export type Ask = { what: string; where: string };

export type Facts = {
  name: string;
  title: string;
  /** The names its MX hosts end in. */
  mx: readonly string[];
  /** Below `mx`, and not its mail hosts. */
  notMx?: readonly string[];
  limits?: Partial<Limits>;
  newcomer?: Newcomer;
  ask?: readonly Ask[];
};

/** Of a provider nothing is known of. RFC 5321 4.5.3.1.8: everybody takes 100 recipients. */
export const ORDINARY: Limits = {
  connections: 20,
  mailsPerConnection: 100,
  perMinute: Number.POSITIVE_INFINITY,
  recipients: 100,
};

/** Of a host that the operator named, by a route or as the relay: it is expected to look after itself. */
export const NAMED: Limits = {
  connections: 100,
  mailsPerConnection: 10_000,
  perMinute: Number.POSITIVE_INFINITY,
  recipients: 100,
};

export const APPROVED: Newcomer = { standing: "approved", start: 500, growth: 2, enough: 20_000 };

/** By name, in the order of the tables: the largest first. */
export const FACTS: ReadonlyMap<string, Facts> = new Map(
  [...LARGEST, ...EUROPE, ...AMERICAS, ...ASIA, ...HOSTERS, ...FILTERS].map((one) => [one.name, one]),
);
