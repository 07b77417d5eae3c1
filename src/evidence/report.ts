/** What became of a post: in numbers for everybody who may read it, by name for those who run the group. */
import type { Post } from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as queue from "../queue/queue.ts";

export type ProviderReport = {
  provider: string;
  recipients: number;
  counts: Partial<Record<queue.RecipientState, number>>;
  nextDue: Date | null;
  lastAt: Date | null;
};

export type Report = {
  progress: queue.Progress | undefined;
  /** Empty when the log is no longer kept: then only `progress` is known. */
  counts: Partial<Record<queue.RecipientState, number>>;
  providers: ProviderReport[];
  isLogKept: boolean;
};

/** A provider that fewer wait for may be somebody's own mail server. */
const FEW = 5;
export const OTHERS = "other providers";

/** How far a post is, by state and by provider, those with most left to do first. */
export async function reportOf(sql: Sql, postId: string, keptSince: Date): Promise<Report> {
  const [progress, rows] = await Promise.all([queue.progressOf(sql, postId), queue.recipientCounts(sql, postId)]);
  const providers = byProvider(rows);
  const isLogKept = progress === undefined || progress.plannedAt.getTime() >= keptSince.getTime();
  return { progress, counts: summed(providers), providers, isLogKept };
}

function byProvider(rows: queue.ProviderCount[]): ProviderReport[] {
  const reports = [...Map.groupBy(rows, (row) => row.provider)].map(([provider, some]): ProviderReport => {
    const times = some.flatMap((row) => row.lastAt ?? []);
    const due = some.flatMap((row) => row.nextDue ?? []);
    return {
      provider,
      recipients: some.reduce((sum, row) => sum + row.recipients, 0),
      counts: Object.fromEntries(some.map((row) => [row.state, row.recipients])),
      nextDue: due.length > 0 ? new Date(Math.min(...due.map(Number))) : null,
      lastAt: times.length > 0 ? new Date(Math.max(...times.map(Number))) : null,
    };
  });
  return reports.sort(
    (a, b) => openIn(b) - openIn(a) || b.recipients - a.recipients || (a.provider < b.provider ? -1 : 1),
  );
}

const openIn = ({ counts }: ProviderReport): number =>
  (counts.waiting ?? 0) + (counts["on its way"] ?? 0) + (counts.held ?? 0);

function summed(providers: ProviderReport[]): Report["counts"] {
  const sums: Report["counts"] = {};
  for (const { counts } of providers)
    for (const state of queue.RECIPIENT_STATES) if (counts[state]) sums[state] = (sums[state] ?? 0) + counts[state];
  return sums;
}

/** For who does not run the group: providers of a few recipients, which could name one of them, are summed up. */
export function withoutSmall(report: Report): Report {
  const small = report.providers.filter((one) => one.recipients < FEW);
  if (small.length === 0) return report;
  const due = small.flatMap((one) => one.nextDue ?? []);
  const others: ProviderReport = {
    provider: OTHERS,
    recipients: small.reduce((sum, one) => sum + one.recipients, 0),
    counts: summed(small),
    nextDue: due.length > 0 ? new Date(Math.min(...due.map(Number))) : null,
    lastAt: null,
  };
  return { ...report, providers: [...report.providers.filter((one) => one.recipients >= FEW), others] };
}

export type NamedRecipient = queue.ItemRecipient & { address: string; name: string; isGone: boolean };

/** Recipients of a post with their names, in the order in which they joined. `find` looks into addresses and names. */
export async function recipientsOf(
  sql: Sql,
  { id, groupId }: Pick<Post, "id" | "groupId">,
  asked: queue.RecipientsAsked & { find?: string },
): Promise<NamedRecipient[]> {
  const { find, ...rest } = asked;
  const ids = find ? (await directory.findMemberships(sql, groupId, find, FOUND)).map((one) => one.id) : undefined;
  return named(sql, groupId, await queue.recipientsOf(sql, id, { ...rest, ids }));
}

const FOUND = 1000;

/** The same, all of them, in batches. */
export async function* eachRecipient(
  sql: Sql,
  { id, groupId }: Pick<Post, "id" | "groupId">,
  state: queue.RecipientState | undefined,
): AsyncGenerator<NamedRecipient[]> {
  for await (const some of queue.eachRecipient(sql, id, state, 1000)) yield await named(sql, groupId, some);
}

async function named(sql: Sql, groupId: string, found: queue.ItemRecipient[]): Promise<NamedRecipient[]> {
  if (found.length === 0) return [];
  const memberships = await directory.membershipsById(
    sql,
    groupId,
    found.map((one) => one.id),
  );
  const byId = new Map(memberships.map((one) => [one.id, one]));
  return found.map((one) => {
    const member = byId.get(one.id);
    return { ...one, address: member?.address ?? "", name: member?.name ?? "", isGone: member?.endedAt !== null };
  });
}
