/**
 * The pipeline: takes stored mail through its stages and files what came of it.
 *
 *     take → open → verify, ask the spam filter → judge → file (one transaction)
 *
 * Everything that waits (DNS) happens before the transaction opens. A batch whose filing fails for a reason of its own
 * is filed mail by mail, so one poisonous mail never stops its neighbours; that one is tried again with growing pauses
 * and then set aside as `unreadable`, for a person. A mail that was taken before and never finished may have killed its
 * worker: it is worked on alone.
 */

import type { DNSResolver } from "mailauth";
import { isPassing, type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { type Clock, MINUTE } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { type Loop, startLoop } from "../kit/loop.ts";
import { en } from "../language/language.ts";
import type { Disposable } from "../mail/disposable.ts";
import * as queue from "../queue/queue.ts";
import { factsOf } from "./facts.ts";
import { type Filing, file, type Judged, LostHold } from "./file.ts";
import { judge } from "./judge.ts";
import { errandsOf, groupNames, type Opened, open } from "./recognise.ts";
import { cameBack } from "./returns.ts";
import { AGAIN, isAsked, mayWait, type SpamFilter } from "./spam.ts";
import { NO_FACTS } from "./verdict.ts";
import { verify } from "./verify.ts";

export { adoptHeld } from "./held.ts";
export { newSpamFilter } from "./spam.ts";

const BATCH = 16;

/** Tries before a mail is set aside; the pauses between them are 1, 2, 4 … minutes. */
const TRIES = 5;

export type PipelineOptions = {
  pool: Pool;
  worker: string;
  domain: string;
  url: string;
  tokenSecret: Buffer;
  isCapturing: boolean;
  disposable?: Disposable;
  resolver: DNSResolver;
  /** Where one is configured. */
  spamFilter?: SpamFilter;
  clock: Clock;
  log: Log;
  /** How often to look when nobody wakes us, in milliseconds. */
  everyMs?: number;
};

export function startPipeline(options: PipelineOptions): Loop {
  // After trouble mails may be in our name that we don't work on: they could not be put back, or the statement that
  // took them lost its answer.
  let isTroubled = false;
  const work = async (): Promise<"more" | "idle"> => {
    if (isTroubled) await queue.freeMailsOf(options.pool, options.worker);
    isTroubled = true;
    const left = await workOnce(options);
    isTroubled = false;
    return left;
  };
  return startLoop("pipeline", work, { everyMs: options.everyMs ?? 1000, log: options.log });
}

/** Takes one batch and files it. */
async function workOnce(options: PipelineOptions): Promise<"more" | "idle"> {
  const { pool, worker, clock } = options;
  const mails = await queue.takeMails(pool, worker, BATCH, clock.now());
  if (mails.length === 0) return "idle";
  const suspects = mails.filter((mail) => mail.attempts > 1);
  await work(
    options,
    mails.filter((mail) => mail.attempts <= 1),
  );
  for (const mail of suspects) await work(options, [mail]);
  return "more";
}

async function work(options: PipelineOptions, mails: queue.TakenMail[]): Promise<void> {
  const opened: Opened[] = [];
  for (const mail of mails) {
    // A mail that was taken this often and never finished has killed its worker each time.
    if (mail.attempts > TRIES + 1) await fail(options, mail, "it was tried again and again, and never finished");
    else
      await open(mail).then(
        (one) => opened.push(one),
        (error) => fail(options, mail, reasonOf(error)),
      );
  }
  await judgeAndFile(options, opened);
}

/** Together; what can't be done together is done one by one, so that the mail at fault is found. */
async function judgeAndFile(options: PipelineOptions, opened: Opened[]): Promise<void> {
  if (opened.length === 0) return;
  const filing: Filing = options;
  try {
    const { judged, later } = await judgeAll(options, opened);
    await transact(options.pool, async (sql) => {
      await postpone(sql, options, later);
      await file(sql, filing, judged);
    });
  } catch (error) {
    if (isPassing(error)) throw error; // the loop frees what we hold when the database is back
    if (opened.length > 1) for (const one of opened) await judgeAndFile(options, [one]);
    else if (!(error instanceof LostHold)) await fail(options, opened[0]!.mail, reasonOf(error));
  }
}

/** Mails whose question to the spam filter got no answer wait for it, and their waiting is no try of theirs. */
async function postpone(sql: Sql, { worker, clock }: PipelineOptions, opened: Opened[]): Promise<void> {
  if (opened.length === 0) return;
  const ids = opened.map(({ mail }) => mail.id);
  const dueAt = new Date(clock.now().getTime() + AGAIN);
  const ours = await queue.postpone(sql, worker, ids, dueAt, en`The spam filter is away: it is asked again soon.`);
  if (ours !== ids.length) throw new LostHold("a mail of the batch was taken over by another worker");
}

type Judging = { judged: Judged[]; later: Opened[] };

/** Authentication of the whole batch at once, as it mostly waits for DNS; the spam filter is asked meanwhile. */
async function judgeAll(options: PipelineOptions, opened: Opened[]): Promise<Judging> {
  const { pool, domain, resolver } = options;
  const byName = await directory.groupsCalled(pool, groupNames(opened.map((one) => one.mail)));
  const groups = [...new Map([...byName.values()].map((group) => [group.id, group])).values()];
  const memberships = await directory.membershipsOf(
    pool,
    groups.map((group) => group.id),
    opened.map((one) => one.summary.authorAddress),
  );
  const errandsOfAll = opened.map((one) => errandsOf(one.mail, byName));
  const [auths, spams] = await Promise.all([
    Promise.all(opened.map((one) => verify(one, { authservId: domain, resolver }))),
    Promise.all(opened.map((one, i) => (isAsked(one, errandsOfAll[i]!) ? options.spamFilter?.ask(one) : undefined))),
  ]);
  const now = options.clock.now();
  const facts = await factsOf(pool, opened, errandsOfAll, now);
  const isLater = (one: Opened, i: number): boolean => spams[i] === "away" && mayWait(one, now);
  const judged = opened.map((one, i) => {
    const auth = auths[i]!;
    const errands = errandsOfAll[i]!;
    const back = cameBack(one, errands, options.tokenSecret);
    const verdicts = errands.map((errand) => ({
      errand,
      verdict: judge({
        opened: one,
        auth,
        errand,
        domain,
        membership: membershipFor(memberships, one, errand),
        back,
        facts: facts.get(errand) ?? NO_FACTS,
        spam: spams[i],
      }),
    }));
    return { opened: one, auth, verdicts, back, spam: spams[i] };
  });
  return { judged: judged.filter(({ opened: one }, i) => !isLater(one, i)), later: opened.filter(isLater) };
}

function membershipFor(
  memberships: directory.Membership[],
  opened: Opened,
  errand: ReturnType<typeof errandsOf>[number],
): directory.Membership | undefined {
  if (!("group" in errand)) return undefined;
  const author = opened.summary.authorAddress.toLowerCase();
  return memberships.find((one) => one.groupId === errand.group.id && one.address.toLowerCase() === author);
}

/** Later, or aside for a person: never lost, never bounced, and nobody waits for it. */
async function fail(options: PipelineOptions, mail: queue.TakenMail, problem: string): Promise<void> {
  const { pool, worker, clock, log } = options;
  log.error({ mail: mail.id, attempts: mail.attempts, err: problem }, "a mail could not be filed");
  if (mail.attempts > TRIES) {
    await queue.setAside(pool, worker, mail.id, "unreadable", problem);
  } else {
    const dueAt = new Date(clock.now().getTime() + MINUTE * 2 ** (mail.attempts - 1));
    await queue.retryMail(pool, worker, mail.id, dueAt, problem);
  }
}
