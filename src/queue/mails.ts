/**
 * Incoming mail, from the commit behind the 250 to the commit that says what became of it.
 *
 * waiting → taken → (row gone, its outcomes written), or aside: `held` for a moderator, `unreadable` for a person.
 * Bytes are zstd: one frame in the row, or for a large mail several in `mail_pieces`, which joined are a valid stream.
 */
import type { Sql } from "../db/sql.ts";
import type { Outcome } from "./outcomes.ts";

/** The SMTP client a mail came from, as intake saw it. */
export type Client = { address: string; helo: string; name?: string; tls?: string; protocol: string };

export type NewMail = {
  id: string;
  receivedAt: Date;
  sender: string;
  recipients: string[];
  client: Client;
  size: number;
  /** zstd of our Received field and the mail; the end of it when `chunked`. */
  raw: Buffer;
  /** The beginning was written in pieces before. */
  chunked: boolean;
};

/**
 * `approvedFor` is the recipient whom a moderator's yes is for; null when it is for all. `waitedFor` is why it was held
 * until a time that has come.
 */
export type TakenMail = NewMail & {
  attempts: number;
  approvedBy: string | null;
  approvedFor: string | null;
  waitedFor: string | null;
};

/** Bytes of mail that a worker takes at once, unless a single mail is larger. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Keeps a batch of mails in one statement. Run again after a lost reply, it keeps each once. */
export async function put(sql: Sql, mails: NewMail[]): Promise<void> {
  const rows = mails.map((mail) => ({
    id: mail.id,
    received_at: mail.receivedAt,
    due_at: mail.receivedAt,
    sender: mail.sender,
    recipients: mail.recipients,
    client: mail.client,
    size: mail.size,
    raw: mail.raw,
    chunked: mail.chunked,
  }));
  await sql`
    with kept as (
      insert into mails ${sql(rows as never)}
      on conflict (id) do nothing
    )
    select pg_notify('smartgroups', 'mail')`;
}

/** Writes one piece of a large mail that is still being heard; without its `put` it means nothing and is swept. */
export async function putPiece(sql: Sql, mailId: string, index: number, piece: Buffer): Promise<void> {
  await sql`
    insert into mail_pieces (mail_id, index, piece) values (${mailId}, ${index}, ${piece})
    on conflict (mail_id, index) do update set piece = excluded.piece`;
}

/**
 * Takes up to `count` mails that are due, oldest first, of some megabytes together, and of those that were taken before
 * and never finished only one: it may have killed its worker, and its neighbours must not be counted for it. No other
 * worker gets the same ones. What was never put off is due whatever a clock says that was set back since.
 */
export async function takeMails(sql: Sql, worker: string, count: number, now: Date): Promise<TakenMail[]> {
  const rows = await sql<TakenMail[]>`
    with fresh as (
      select id, size, due_at from mails
      where state = 'waiting' and (due_at <= ${now} or due_at = received_at) and attempts = 0
      order by due_at
      limit ${count}
      for update skip locked
    ), suspect as (
      select id, size, due_at from mails
      where state = 'waiting' and due_at <= ${now} and attempts > 0
      order by due_at
      limit 1
      for update skip locked
    ), fitting as (
      select id, sum(size) over (order by due_at, id) - size as before from fresh
      union all
      select id, 0 from suspect
    )
    update mails m
    set state = 'taken', taken_by = ${worker}, attempts = attempts + 1
    from fitting
    where m.id = fitting.id and fitting.before < ${MOST_BYTES}
    returning m.id, m.received_at as "receivedAt", m.sender, m.recipients, m.client, m.size, m.raw, m.chunked, m.attempts,
      m.approved_by as "approvedBy", m.approved_for as "approvedFor",
      case when m.release_for is not null then m.problem end as "waitedFor"`;
  // An update returns its rows in any order, and an answer must not be placed before what it answers.
  const inOrder = rows.toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || (a.id < b.id ? -1 : 1));
  return Promise.all(
    inOrder.map(async (row) => (row.chunked ? { ...row, raw: await whole(sql, row.id, row.raw) } : row)),
  );
}

/** The pieces of a large mail and its end: zstd frames one after another are a zstd stream. */
async function whole(sql: Sql, mailId: string, end: Buffer): Promise<Buffer> {
  const rows = await sql<{ piece: Buffer }[]>`select piece from mail_pieces where mail_id = ${mailId} order by index`;
  return Buffer.concat([...rows.map((row) => row.piece), end]);
}

/** The bytes of a mail that is still here, compressed; undefined when it has been filed. */
export async function rawOf(sql: Sql, mailId: string): Promise<Buffer | undefined> {
  const [row] = await sql<{ raw: Buffer; chunked: boolean }[]>`select raw, chunked from mails where id = ${mailId}`;
  return row?.chunked ? whole(sql, mailId, row.raw) : row?.raw;
}

/**
 * Ends mails: they leave the queue and their outcomes are written. Part of the transaction that files them.
 * Answers the ids that were still ours; the caller must roll back when one is missing.
 */
export async function finish(sql: Sql, worker: string, mailIds: string[], outcomes: Outcome[]): Promise<string[]> {
  const ended = await sql<{ id: string }[]>`
    with ended as (
      delete from mails where id = any(${mailIds}::uuid[]) and state = 'taken' and taken_by = ${worker} returning id
    ), emptied as (
      delete from mail_pieces where mail_id in (select id from ended)
    )
    select id from ended`;
  if (outcomes.length > 0) {
    const rows = outcomes.map((outcome) => ({
      mail_id: outcome.mailId,
      recipient: outcome.recipient,
      received_at: outcome.receivedAt,
      at: outcome.at,
      outcome: outcome.outcome,
      detail: outcome.detail,
      message_id: outcome.messageId,
      sender: outcome.sender,
      group_id: outcome.groupId,
      post_id: outcome.postId,
    }));
    await sql`insert into outcomes ${sql(rows)} on conflict (mail_id, recipient) do update
      set at = excluded.at, outcome = excluded.outcome, detail = excluded.detail, post_id = excluded.post_id`;
  }
  return ended.map((row) => row.id);
}

/** Puts a taken mail back, to be tried at `dueAt`. */
export async function retryMail(sql: Sql, worker: string, mailId: string, dueAt: Date, problem: string): Promise<void> {
  await sql`
    update mails set state = 'waiting', taken_by = null, due_at = ${dueAt}, problem = ${problem}
    where id = ${mailId} and taken_by = ${worker}`;
}

/** Puts taken mails back, to be looked at again at `dueAt`, as if they had not been tried. Answers how many were ours. */
export async function postpone(
  sql: Sql,
  worker: string,
  mailIds: string[],
  dueAt: Date,
  problem: string,
): Promise<number> {
  const rows = await sql`
    update mails set state = 'waiting', taken_by = null, due_at = ${dueAt}, problem = ${problem},
      attempts = greatest(attempts - 1, 0)
    where id = any(${mailIds}::uuid[]) and state = 'taken' and taken_by = ${worker} returning id`;
  return rows.length;
}

/** Sets a mail aside: `held` for a moderator of the group, `unreadable` for a person to look at. It is kept until then. */
export async function setAside(
  sql: Sql,
  worker: string,
  mailId: string,
  state: "held" | "unreadable",
  problem: string,
): Promise<void> {
  await sql`
    update mails set state = ${state}, taken_by = null, problem = ${problem}
    where id = ${mailId} and taken_by = ${worker}`;
}

/** Until when a mail waits, if not for a moderator alone, and whose it is: a group and an author. */
export type Release = { at: Date; groupId: string; author: string };

export type Holding = {
  mailId: string;
  recipients: string[];
  problem: string;
  release: Release | undefined;
  /** What the spam filter said. */
  spam: unknown;
};

/** Keeps a mail for a moderator and, in the same row, only for `recipients` (the others are done); false when not ours. */
export async function holdMail(
  sql: Sql,
  worker: string,
  { mailId, recipients, problem, release, spam }: Holding,
): Promise<boolean> {
  const rows = await sql`
    update mails set state = 'held', taken_by = null, recipients = ${recipients}, problem = ${problem},
      approved_by = null, approved_for = null, release_at = ${release?.at ?? null},
      release_for = ${release ? keyOf(release) : null}, spam = ${spam === undefined ? null : sql.json(spam as never)}
    where id = ${mailId} and state = 'taken' and taken_by = ${worker} returning id`;
  return rows.length > 0;
}

const keyOf = ({ groupId, author }: Pick<Release, "groupId" | "author">): string => `${groupId} ${author}`;

/** Those of these mails that are still held. */
export async function heldAmong(sql: Sql, mailIds: string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from mails where id = any(${mailIds}::uuid[]) and state = 'held'`;
  return rows.map((row) => row.id);
}

/** Whose mail waits for a time that is to come, beside `mailIds`: of these groups and authors, as `group author`. */
export async function waitingOf(
  sql: Sql,
  whose: Pick<Release, "groupId" | "author">[],
  mailIds: string[],
): Promise<Set<string>> {
  if (whose.length === 0) return new Set();
  const rows = await sql<{ key: string }[]>`
    select distinct release_for as key from mails
    where release_at is not null and state = 'held' and release_for = any(${whose.map(keyOf)})
      and id <> all(${mailIds}::uuid[])`;
  return new Set(rows.map((row) => row.key));
}

/** Lets mails whose time has come go on to the pipeline, where they are judged anew. Answers how many. */
export async function releaseDue(sql: Sql, now: Date): Promise<number> {
  const rows = await sql`
    with due as (
      update mails set state = 'waiting', due_at = ${now}, attempts = 0, release_at = null
      where state = 'held' and release_at <= ${now} returning id
    )
    select pg_notify('smartgroups', 'mail') from (select 1 from due limit 1) as any_due`;
  return rows.length;
}

export type AsideMail = {
  id: string;
  receivedAt: Date;
  state: "held" | "unreadable";
  sender: string;
  recipients: string[];
  size: number;
  problem: string;
  /** When it goes on by itself; null for those that wait for a person. */
  releaseAt: Date | null;
  /** What the spam filter said, if it was asked. */
  spam: unknown;
};

/** Mails set aside, oldest first; for one recipient address when given. */
export async function aside(
  sql: Sql,
  state: "held" | "unreadable",
  recipient: string | null,
  limit: number,
): Promise<AsideMail[]> {
  return sql<AsideMail[]>`
    select id, received_at as "receivedAt", state, sender, recipients, size, coalesce(problem, '') as problem,
      release_at as "releaseAt", spam
    from mails
    where state = ${state} and (${recipient}::text is null or ${recipient} = any(recipients))
    order by received_at
    limit ${limit}`;
}

/**
 * A moderator lets a held mail through: it goes back to the pipeline, which asks no more about `recipient`, their group's
 * address; null is for all recipients, and an operator's to give. Answers false when it was gone.
 */
export async function approve(
  sql: Sql,
  mailId: string,
  by: string,
  now: Date,
  recipient: string | null = null,
): Promise<boolean> {
  const rows = await sql`
    update mails set state = 'waiting', due_at = ${now}, approved_by = ${by}, approved_for = ${recipient}, problem = null,
      release_at = null, release_for = null
    where id = ${mailId} and state = 'held' and (${recipient}::text is null or ${recipient} = any(recipients))
    returning id`;
  return rows.length > 0;
}

/** Lets an unreadable mail be tried again, after a mend. */
export async function tryAgain(sql: Sql, mailId: string, now: Date): Promise<boolean> {
  const rows = await sql`
    update mails set state = 'waiting', due_at = ${now}, attempts = 0
    where id = ${mailId} and state = 'unreadable' returning id`;
  return rows.length > 0;
}

/**
 * A moderator declines a held mail for one recipient: it ends here, with its outcome, unless it waits for others too.
 * Answers false when it was gone.
 */
export async function decline(sql: Sql, mailId: string, outcome: Outcome): Promise<boolean> {
  const rows = await sql`
    with ended as (
      delete from mails where id = ${mailId} and state = 'held' and recipients = array[${outcome.recipient}::text]
      returning id
    ), lessened as (
      update mails set recipients = array_remove(recipients, ${outcome.recipient})
      where id = ${mailId} and state = 'held' and ${outcome.recipient} = any(recipients) and cardinality(recipients) > 1
      returning id
    ), emptied as (
      delete from mail_pieces where mail_id in (select id from ended)
    )
    insert into outcomes (mail_id, recipient, received_at, at, outcome, detail, message_id, sender, group_id, post_id)
    select id, ${outcome.recipient}, ${outcome.receivedAt}, ${outcome.at}, ${outcome.outcome}, ${outcome.detail},
      ${outcome.messageId}, ${outcome.sender}, ${outcome.groupId}, ${outcome.postId}
    from (select id from ended union all select id from lessened) as declined
    on conflict (mail_id, recipient) do nothing
    returning mail_id`;
  return rows.length > 0;
}
