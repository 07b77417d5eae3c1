/** What `trace` says about single recipients: all of them with `--recipients`, one with `--address` and why it got nothing. */
import * as archive from "../archive/archive.ts";
import type { Pool } from "../db/sql.ts";
import * as evidence from "../evidence/evidence.ts";
import { Refusal } from "../kit/errors.ts";
import { parseAddress } from "../mail/address.ts";
import type * as queue from "../queue/queue.ts";
import { clean, counted, print, span, stamp } from "./terminal.ts";

export type TracedCopy = Omit<queue.ItemRecipient, "itemId" | "id">;
export type TracedRecipient = { address: string; name: string } & TracedCopy;
export type TracedAnswer = {
  address: string;
  /** `left` and `paused` are times; null while the member is in the group and gets mail. */
  member: { since: Date; left: Date | null; mode: string; paused: Date | null } | null;
  copy: TracedCopy | null;
  /** Why there was no copy; "" when there was one. */
  why: string;
  attempts: queue.RecipientAttempt[];
};

export async function recipientsOf(pool: Pool, post: { id: string; groupId: string }): Promise<TracedRecipient[]> {
  const found: TracedRecipient[] = [];
  for await (const some of evidence.eachRecipient(pool, post, undefined))
    found.push(...some.map((one) => ({ address: one.address, name: one.name, ...copyOf(one) })));
  return found;
}

/** Did this address get this post, and why (not)? Always at least one answer. */
export async function answersFor(
  pool: Pool,
  postId: string,
  address: string,
  keptSince: Date,
): Promise<TracedAnswer[]> {
  const post = await archive.postById(pool, postId);
  const answers = post ? await evidence.answersFor(pool, post, address, keptSince) : [];
  if (answers.length === 0)
    return [{ address, member: null, copy: null, why: "has never been a member of the group", attempts: [] }];
  return answers.map(({ membership, copy, why, attempts }) => ({
    address: membership.address,
    member: {
      since: membership.joinedAt,
      left: membership.endedAt,
      mode: membership.mode,
      paused: membership.pausedAt,
    },
    copy: copy ? copyOf(copy) : null,
    why,
    attempts,
  }));
}

function copyOf({ itemId: _, id: __, ...copy }: queue.ItemRecipient): TracedCopy {
  const { state, provider, at, host, source, tls, code, status, reply, tries, copies, dueAt } = copy;
  return { state, provider, at, host, source, tls, code, status, reply, tries, copies, dueAt };
}

export function checkAddress(address: string): string {
  if (!parseAddress(address)) throw new Refusal(`"${address}" is not an address: write it as name@example.org.`);
  return address;
}

export function printRecipient(one: TracedRecipient, now: Date): void {
  print(clean(`  ${one.address}: ${inWords(one, now)}`));
}

export function printAnswer(answer: TracedAnswer, now: Date): void {
  for (const one of answer.attempts.toReversed())
    print(clean(`${stamp(one.at)}  ${answer.address}: ${one.kind} ${wayOf(one)}: ${saidOf(one)}`));
  print(clean(`${answer.address}: ${answer.copy ? inWords(answer.copy, now) : `not sent: ${answer.why}`}`));
}

function inWords(copy: TracedCopy, now: Date): string {
  const next = copy.dueAt ? copy.dueAt.getTime() - now.getTime() : 0;
  const due = next > 0 ? `, next try in ${span(next)}` : "";
  const times = copy.tries > 1 ? ` after ${counted(copy.tries, "try", "tries")}` : "";
  switch (copy.state) {
    case "on its way":
      return "on its way, not tried yet";
    case "held":
      return "held by the operator";
    case "left":
      return `not sent: ${copy.reply}`;
    default:
      return `${copy.state} ${stamp(copy.at)}${times} ${wayOf(copy)}: ${saidOf(copy)}${copy.state === "waiting" ? due : ""}`;
  }
}

type Way = Pick<TracedCopy, "host" | "provider" | "tls" | "source">;

function wayOf({ host, provider, tls, source }: Way): string {
  const from = source === "" ? "" : ` from ${source}`;
  return `at ${host || provider}${host === "" ? "" : `, ${tls === "" ? "in clear" : tls}`}${from}`;
}

const saidOf = ({ code, status, reply }: Pick<TracedCopy, "code" | "status" | "reply">): string =>
  [code || "", status, reply].filter((part) => part !== "").join(" ");
