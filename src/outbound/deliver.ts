/**
 * One delivery, from its list of recipients to a definite answer for each of them.
 *
 * Recipients are joined by where their mail goes now, and each of these sets is sent over one connection, several mails
 * in the pipeline. A mail the far side never heard of (its connection broke first) gets one more connection; every
 * other answer is final for this try. Nothing here throws for a far side's sake.
 */
import { domainOf } from "../mail/address.ts";
import { policyKey } from "../transport/transport.ts";
import { type Connection, type SendResult, securityText, WINDOW } from "./connection.ts";
import type { Connections, Line } from "./connections.ts";
import type { Item, Recipient } from "./prepare.ts";
import type { Reply } from "./reply.ts";
import type { Route, RouteHost, Router } from "./route.ts";

/** What came of a recipient, and over which line. */
export type Answer = { recipient: Recipient; reply: Reply; over: Over };
export type Over = { provider: string; host: string; source: string; tls: string };

export type Means = {
  route: Router;
  connections: Connections;
  /** Is what we took still ours? When our lease may have run out, nothing more is begun. */
  isHolding(): boolean;
};

/**
 * Sends `item` to everybody; each recipient is told to `heard` once, as soon as it is known, or is among those answered:
 * they were not begun, since what we took may not be ours any more.
 */
export async function deliver(
  means: Means,
  provider: string,
  item: Item,
  recipients: readonly Recipient[],
  heard: (answers: Answer[]) => void,
): Promise<Recipient[]> {
  const sets = await byRoute(means.route, recipients);
  const unbegun = await Promise.all(
    sets.map(async ({ route, some }) => {
      if (route.kind === "hosts") return overHosts(means, route, item, some, heard);
      const over: Over = { provider, host: "", source: "", tls: "" };
      heard(some.map((recipient) => ({ recipient, reply: route.reply, over })));
      return [];
    }),
  );
  return unbegun.flat();
}

async function byRoute(
  route: Router,
  recipients: readonly Recipient[],
): Promise<{ route: Route; some: Recipient[] }[]> {
  const byDomain = Map.groupBy(recipients, (one) => domainOf(one.address));
  const routes = await Promise.all([...byDomain].map(async ([domain, some]) => ({ route: await route(domain), some })));
  const joined = new Map<string, { route: Route; some: Recipient[] }>();
  for (const one of routes) {
    // Domains with the same hosts share a connection; the order of equal hosts is chance and does not count.
    const key = one.route.kind === "hosts" ? placesOf(one.route.hosts) : `${one.route.kind} ${one.route.reply.text}`;
    const known = joined.get(key);
    if (known) known.some.push(...one.some);
    else joined.set(key, { route: one.route, some: [...one.some] });
  }
  return [...joined.values()];
}

const placesOf = (hosts: readonly RouteHost[]): string =>
  hosts
    .map((host) => `${host.host}:${host.port} ${policyKey(host)}`)
    .sort()
    .join(" ");

async function overHosts(
  means: Means,
  route: Extract<Route, { kind: "hosts" }>,
  item: Item,
  recipients: readonly Recipient[],
  heard: (answers: Answer[]) => void,
): Promise<readonly Recipient[]> {
  let left: readonly Recipient[] = recipients;
  for (let round = 1; left.length > 0 && means.isHolding(); round += 1) {
    const line = await means.connections.open(route.hosts);
    if (!("connection" in line)) {
      const over: Over = { provider: route.provider, host: route.hosts[0]?.host ?? "", source: "", tls: "" };
      heard(left.map((recipient) => ({ recipient, reply: line, over })));
      return [];
    }
    left = await overLine(means, line, route.provider, item, left, heard, round >= 2);
  }
  return left;
}

/** Sends over one connection; answers who was not tried: it broke (and this is not the last one), or we hold no more. */
async function overLine(
  means: Means,
  line: Line,
  provider: string,
  item: Item,
  recipients: readonly Recipient[],
  heard: (answers: Answer[]) => void,
  isLast: boolean,
): Promise<Recipient[]> {
  const { connection, target } = line;
  const over: Over = {
    provider,
    host: target.host,
    source: target.localAddress ?? "",
    tls: securityText(connection.security),
  };
  const untried: Recipient[] = [];
  const groups = item.isShared ? [recipients] : recipients.map((one) => [one]);
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  for (const [i, group] of groups.entries()) {
    if ((connection.broken && !isLast) || !means.isHolding()) {
      untried.push(...groups.slice(i).flat());
      break;
    }
    const sending = send(connection, item, group).then((result: SendResult) => {
      underWay.delete(sending);
      const isUntried = !result.tried && !isLast && result.recipients.every((one) => one.reply.kind === "later");
      if (isUntried) untried.push(...group);
      else heard(group.map((recipient, k) => ({ recipient, reply: result.recipients[k]!.reply, over })));
    });
    underWay.add(sending);
    sent += 1;
    if (underWay.size >= WINDOW) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  means.connections.rest(line, sent);
  return untried;
}

async function send(connection: Connection, item: Item, group: readonly Recipient[]): Promise<SendResult> {
  return connection.send(await item.mailFor(group, connection.capabilities));
}
