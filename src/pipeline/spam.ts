/**
 * What a spam filter says of a mail: rspamd, asked over HTTP before any transaction opens, with a time limit.
 *
 * It helps and is not needed: a mail whose question gets no answer waits a while and is asked about again, and after
 * PATIENCE it is judged without. So a filter that is down delays mail and loses none. After a failure nobody is asked for a
 * moment: else each mail of a long queue would wait for the same dead machine.
 */
import { type Clock, HOUR, MINUTE, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import type { Errand, Opened } from "./recognise.ts";

/** What it said; `away` when there was no answer in the time that we wait for one. */
export type Spam = { score: number; action: string; symbols: string[] } | "away";

export type SpamFilter = {
  /** Its answer, or "away". Never throws. */
  ask(opened: Opened): Promise<Spam>;
};

/** For how long a mail waits for the filter to come back. */
export const PATIENCE = 15 * MINUTE;
/** When it is asked about again. */
export const AGAIN = 30 * SECOND;
const TIME_LIMIT = 8 * SECOND;
/** After a failure, so long nobody is asked. */
const REST = 3 * SECOND;
const LONGEST_ANSWER = 512 * 1024;
const MOST_SYMBOLS = 12;
/** Larger mail is not asked about: filters skip it too, and spam is small. */
const LARGEST = 8 * 1024 * 1024;

/** Whether what it says can change anything for this mail. */
export const isAsked = (opened: Opened, errands: readonly Errand[]): boolean =>
  opened.raw.length <= LARGEST &&
  opened.mail.approvedBy === null &&
  errands.some((one) => one.kind === "post" && (one.group.spamHold > 0 || one.group.spamDecline > 0));

/** Is there time left to wait for the filter? */
export const mayWait = ({ mail }: Opened, now: Date): boolean =>
  now.getTime() < mail.receivedAt.getTime() + PATIENCE && now.getTime() >= mail.receivedAt.getTime() - HOUR;

export function newSpamFilter(
  url: string,
  { domain, clock, log, timeLimitMs = TIME_LIMIT }: { domain: string; clock: Clock; log: Log; timeLimitMs?: number },
): SpamFilter {
  let restUntil = 0;
  return {
    ask: async (opened) => {
      const now = clock.now().getTime();
      if (now < restUntil) return "away";
      try {
        return await asked(url, domain, opened, timeLimitMs);
      } catch (error) {
        restUntil = now + REST;
        log.warn({ mail: opened.mail.id, err: reasonOf(error) }, "the spam filter did not answer");
        return "away";
      }
    },
  };
}

async function asked(url: string, domain: string, { mail, raw }: Opened, timeLimitMs: number): Promise<Spam> {
  const { client } = mail;
  const answer = await fetch(`${url}/checkv2`, {
    method: "POST",
    body: new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength) as Uint8Array<ArrayBuffer>,
    headers: {
      "content-type": "application/octet-stream",
      "queue-id": mail.id,
      from: inHeader(mail.sender),
      rcpt: inHeader(mail.recipients[0] ?? ""),
      "mta-name": domain,
      // Who wrote on our web has signed in: there is no client to look up.
      ...(client.protocol === "HTTP"
        ? { user: inHeader(mail.sender) }
        : { ip: inHeader(client.address), helo: inHeader(client.helo), hostname: inHeader(client.name ?? "unknown") }),
    },
    redirect: "error",
    signal: AbortSignal.timeout(timeLimitMs),
  });
  if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
  return spamFrom(JSON.parse(await bounded(answer)));
}

/** A value of an HTTP field: visible ASCII, bounded. */
const inHeader = (text: string): string => text.replace(/[^\x21-\x7e]/g, "?").slice(0, 500);

async function bounded(answer: Response): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer.body ?? []) {
    size += piece.length;
    if (size > LONGEST_ANSWER) throw new Error("its answer is too long");
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The score and what made it, the weightiest first; throws when it is no answer of rspamd's. */
export function spamFrom(answer: unknown): Exclude<Spam, "away"> {
  const { score, action, symbols } = (answer ?? {}) as Record<string, unknown>;
  if (typeof score !== "number" || !Number.isFinite(score)) throw new Error("its answer has no score");
  const weighty = Object.entries((typeof symbols === "object" && symbols) || {})
    .map(([name, one]) => [name, Number((one as { score?: unknown } | null)?.score) || 0] as const)
    .filter(([, weight]) => weight !== 0)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, MOST_SYMBOLS)
    .map(([name, weight]) => `${name.replace(/[^\w.-]/g, "").slice(0, 60)} ${rounded(weight)}`);
  const bound = Math.max(-9999, Math.min(9999, score));
  return { score: rounded(bound), action: typeof action === "string" ? action.slice(0, 40) : "", symbols: weighty };
}

const rounded = (score: number): number => Math.round(score * 10) / 10;
