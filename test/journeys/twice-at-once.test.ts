/**
 * What the clock asks for, done by several at once, as if its lock were lost; and by somebody who is frozen in the middle,
 * wakes long after others have done the same, and goes on with what they had read: nothing comes twice, nothing is lost.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { sendDigests } from "../../src/chores/digests.ts";
import { writeSomeDownload } from "../../src/chores/downloads.ts";
import { eraseSome } from "../../src/chores/erasing.ts";
import { tendGroups } from "../../src/chores/groups.ts";
import { askTogether, settleDecisions } from "../../src/chores/held.ts";
import { tendJoining } from "../../src/chores/joining.ts";
import { endHolidays } from "../../src/chores/members.ts";
import { moderate } from "../../src/chores/moderation.ts";
import { sendReminders } from "../../src/chores/reminders.ts";
import { sendScheduled } from "../../src/chores/scheduled.ts";
import { fileBatch } from "../../src/commands/import-batch.ts";
import { ifFree } from "../../src/db/lock.ts";
import { closePool, openPool, type Pool, transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import * as drafts from "../../src/drafts/drafts.ts";
import * as health from "../../src/health/health.ts";
import { DAY, type HeldClock, HOUR, heldClock, MINUTE, SECOND } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import * as moderation from "../../src/moderation/moderation.ts";
import * as notices from "../../src/notices/notices.ts";
import * as privacy from "../../src/privacy/privacy.ts";
import * as queue from "../../src/queue/queue.ts";
import { seeOutages } from "../../src/returns/outages.ts";
import * as returns from "../../src/returns/returns.ts";
import { tellOwners } from "../../src/returns/telling.ts";
import { cloneDatabase } from "../support/database.ts";

const DOMAIN = "groups.test";
const URL_HERE = "http://groups.test";
const AT_ONCE = 4;

type House = {
  pool: Pool;
  /** As many nodes, each with its own connections. */
  others: Pool[];
  clock: HeldClock;
  group: directory.Group;
  means: ReturnType<typeof meansOf>;
};

const meansOf = (clock: HeldClock) => ({
  ...{
    domain: DOMAIN,
    url: URL_HERE,
    clock,
    log: silent,
    tokenSecret: Buffer.alloc(32, 7),
  },
  signInRows: async () => ({}),
  forgetSignIn: async () => undefined,
});

async function house(t: TestContext, members: string[] = [], settings: Record<string, string> = {}): Promise<House> {
  const { pool, target } = await cloneDatabase(t);
  const others = Array.from({ length: AT_ONCE }, () => openPool(target, { max: 3, name: "another node" }));
  t.after(() => Promise.all(others.map(closePool)));
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const group = await directory.addGroup(pool, { name: "readers", title: "Readers", ...settings }, clock);
  const here = { pool, others, clock, group, means: meansOf(clock) };
  if (members.length > 0) await add(here, members);
  return here;
}

const add = ({ pool, clock, group }: House, addresses: string[], role: "member" | "owner" = "member") =>
  directory.addMembers(
    pool,
    group.id,
    addresses.map((address) => ({ address, name: "", role })),
    "test",
    clock,
  );

const people = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${String(i).padStart(2, "0")}@far.test`);

const memberOf = async ({ pool, group }: House, address: string): Promise<directory.Membership> =>
  (await directory.membershipOf(pool, group.id, address))!;

/** All of them do it at the same moment. */
const together = <T>({ others }: House, duty: (pool: Pool) => Promise<T>): Promise<T[]> =>
  Promise.all(others.map(duty));

type Frozen = { pool: Pool; stopped: Promise<void>; goOn(): void };

/** A node that stands still in front of the first statement with these words (`begin` is one), until it is told to go on. */
function frozen(pool: Pool, before: string, failing?: string): Frozen {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: gate, resolve: goOn } = Promise.withResolvers<void>();
  let isOver = false;
  const halt = async (text: string): Promise<void> => {
    if (failing !== undefined && text.includes(failing)) throw new Error("made to fail");
    if (isOver || !text.includes(before)) return;
    isOver = true;
    stop();
    await gate;
  };
  const wrapped = (sql: Pool): Pool =>
    new Proxy(sql, {
      apply: (run, self, args) => {
        const query = Reflect.apply(run, self, args);
        const text = args[0]?.raw ? (args[0] as string[]).join("?") : "";
        if (!(text.includes(before) && !isOver) && !(failing !== undefined && text.includes(failing))) return query;
        return halt(text).then(() => query);
      },
      get: (from, name) => {
        if (name === "begin")
          return async (work: (sql: Pool) => Promise<unknown>) => {
            await halt("begin");
            return from.begin((sql) => work(wrapped(sql as never)));
          };
        const value = Reflect.get(from, name);
        return typeof value === "function" ? value.bind(from) : value;
      },
    });
  return { pool: wrapped(pool), stopped, goOn };
}

/** One node is frozen at that place while all others do the duty, and goes on a minute later. */
async function whileFrozen<T>(
  here: House,
  before: string,
  duty: (pool: Pool) => Promise<T>,
  meanwhile: () => Promise<unknown> = () => together(here, duty),
): Promise<T> {
  const sleeper = frozen(here.pool, before);
  const done = duty(sleeper.pool);
  await Promise.race([sleeper.stopped, done]);
  await meanwhile();
  here.clock.pass(MINUTE);
  sleeper.goOn();
  return done;
}

/** Waits until somebody waits for a row or lock. */
async function somebodyWaits({ pool }: House): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    const rows = await pool`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    if (rows.length > 0) return;
    await pause(10);
  }
  assert.fail("nobody waits for anybody");
}

/** Who got letters of a kind, as `address` or `address 2 times`; each is planned once. */
async function lettersOf({ pool }: House, kind: string): Promise<string[]> {
  const rows = await pool<{ recipient: string; letters: number; deliveries: number }[]>`
    select recipient, count(distinct l.id)::int as letters, count(d.id)::int as deliveries
    from letters l left join deliveries d on d.item_id = l.id where kind = ${kind} group by recipient order by recipient`;
  for (const row of rows) assert.equal(row.deliveries, row.letters, `${kind} to ${row.recipient} is planned once`);
  return rows.map(({ recipient, letters }) => (letters === 1 ? recipient : `${recipient} ${letters} times`));
}

const eventsOf = async ({ pool }: House, what: string): Promise<number> =>
  (await pool`select from membership_events where what = ${what}`).length;

/** Does a duty in three ways, each with work of its own: all at once, frozen before it takes anything, frozen before it writes. */
async function inThreeWays(
  here: House,
  writing: string,
  prepare: (way: number) => Promise<unknown>,
  duty: (pool: Pool) => Promise<unknown>,
): Promise<void> {
  await prepare(0);
  await together(here, duty);
  await prepare(1);
  await whileFrozen(here, "begin", duty);
  await prepare(2);
  await whileFrozen(here, writing, duty);
  await together(here, duty);
}

test("whose lock is lost ends the work that was begun before it begins again", async (t) => {
  const { pool, others } = await house(t);
  const { promise: gate, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const told: string[] = [];
  const work = async (): Promise<void> => {
    begin();
    await gate;
    told.push("the first has ended");
  };
  const first = ifFree(others[0]!, "duty", work).catch(() => told.push("and hears of the loss"));
  await begun;
  assert.equal(await ifFree(others[1]!, "duty", async () => "mine"), undefined, "one holder at a time");
  await pool`
    select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`;
  let second: string | undefined;
  for (let i = 0; i < 200 && !second; i += 1) second = await ifFree(others[1]!, "duty", async () => "mine");
  assert.equal(second, "mine", "somebody else has it now");
  await pause(100);
  assert.deepEqual(told, [], "the loss is known, and the work goes on");
  goOn();
  await first;
  assert.deepEqual(told, ["the first has ended", "and hears of the loss"]);
});

test("a holiday ends once, with one letter and one line in the history, however many end it", async (t) => {
  const all = people("ana", 30);
  const here = await house(t, all);
  await inThreeWays(
    here,
    "insert into letters",
    (way) => here.pool`
      update memberships set holiday_until = ${here.clock.now()} where address = any(${all.slice(10 * way, 10 * way + 10)})`,
    (pool) => endHolidays({ ...here.means, pool }),
  );
  assert.deepEqual(await lettersOf(here, "holiday-over"), all);
  assert.equal(await eventsOf(here, "holiday over"), 30);
});

test("each month's letter comes to each member once", async (t) => {
  const all = people("ben", 20);
  const here = await house(t, all, { monthly: "membership" });
  await inThreeWays(
    here,
    "insert into letters",
    async () => here.clock.pass(31 * DAY),
    (pool) => sendReminders({ ...here.means, pool }),
  );
  assert.deepEqual(
    await lettersOf(here, "reminder"),
    all.map((one) => `${one} 3 times`),
  );
});

test("requests and invitations are reminded of once and end once, whoever looks after them", async (t) => {
  const here = await house(t);
  const { pool, clock, group, means } = here;
  await add(here, ["olga@far.test"], "owner");
  const all = people("cleo", 9);
  const ask = async (way: number): Promise<void> => {
    const some = all.slice(3 * way, 3 * way + 3);
    for (const address of some) {
      const id = await directory.askToJoin(pool, group.id, { address, name: "" }, clock);
      await directory.letWait(pool, (await directory.joinRequest(pool, id))!, clock.now());
      await pool`
        insert into invitations (group_id, id, address, address_key, by_name, words, letter_id, made_at, due_at)
        values (${group.id}, ${newId(clock)}, ${`in-${address}`}, ${`in-${address}`}, 'Olga', '', ${newId(clock)},
          ${clock.now()}, ${new Date(clock.now().getTime() + 7 * DAY)})`;
    }
    clock.pass(8 * DAY);
  };
  const tend = (one: Pool) => tendJoining({ ...means, pool: one });
  await ask(0);
  await together(here, tend);
  await ask(1);
  await whileFrozen(here, "insert into letters", tend);
  await ask(2);
  await whileFrozen(here, "from invitations where state = 'waiting' and due_at", tend);
  assert.deepEqual(await lettersOf(here, "ask-to-admit"), ["olga@far.test 9 times"]);
  assert.deepEqual(
    await lettersOf(here, "invitation"),
    all.map((one) => `in-${one}`),
  );
  await pool`delete from deliveries`; // as if they had left
  clock.pass(21 * DAY);
  await together(here, tend);
  await whileFrozen(here, "begin", tend);
  assert.deepEqual(
    (
      await pool<{ recipient: string }[]>`select recipient from letters where kind = 'request-ended' order by recipient`
    ).map((one) => one.recipient),
    all,
  );
  const [left] = await pool`
    select (select count(*)::int from join_requests where state <> 'expired') as requests,
      (select count(*)::int from invitations where state <> 'expired') as invitations`;
  assert.deepEqual(left, { requests: 0, invitations: 0 });
});

/** Posts in the archive of the group. */
const mailsOf = (from: number, count: number, text = "Tea?") =>
  Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const head = `From: Mia <mia@far.test>\nSubject: Post ${n}\nMessage-ID: <${n}@far.test>\nDate: Thu, 01 Jan 2026 10:00:00 +0000\n`;
    const raw = Buffer.from(`${head}\n${text} ${n}\n`);
    return { raw, fromLine: "From mia@far.test Thu Jan  1 10:00:00 2026", offset: 0, file: "a.mbox", number: n };
  });

test("every post is in one digest of every member, and none is left out or told twice", async (t) => {
  const all = people("dan", 30);
  const here = await house(t, all);
  const { pool, clock, group, means } = here;
  await pool`update memberships set mode = 'digest', digest_upto = 0, digest_hour = 8`;
  await together(here, (one) => sendDigests({ ...means, pool: one }));
  await inThreeWays(
    here,
    "insert into digests",
    async (way) => {
      await fileBatch(pool, group.id, mailsOf(10 * way, 7), clock);
      await pool`update posts set source = 'mail'`; // what was imported is in no digest
      clock.pass(DAY);
    },
    (one) => sendDigests({ ...means, pool: one }),
  );
  const rows = await pool<{ first: number; last: number; members: number }[]>`
    select g.first_number as first, g.last_number as last, count(distinct m)::int as members, count(*)::int as copies
    from digests g join deliveries d on d.item_id = g.id, unnest(d.recipients) m group by 1, 2 order by 1`;
  assert.deepEqual(
    [...rows],
    [
      { first: 1, last: 7, members: 30, copies: 30 },
      { first: 8, last: 14, members: 30, copies: 30 },
      { first: 15, last: 21, members: 30, copies: 30 },
    ],
  );
});

async function draft({ pool, clock, group }: House, subject: string, sendAt: Date): Promise<string> {
  const id = newId(clock);
  const typed = {
    groupId: group.id,
    id,
    authorKey: "mia@far.test",
    address: "mia@far.test",
    answers: null,
    name: "Mia",
  };
  await drafts.save(pool, { ...typed, subject, body: subject, isSpecial: false, isPlain: false }, 0, clock.now());
  await drafts.schedule(pool, ["mia@far.test"], { id, version: 1, sendAt, client: "127.0.0.1" });
  return id;
}

test("a post for a time becomes one mail, and one that can't be sent brings one letter", async (t) => {
  const here = await house(t, ["mia@far.test"]);
  const { pool, clock, means } = here;
  const ids: string[] = [];
  await inThreeWays(
    here,
    "insert into mails",
    async (way) => {
      for (let i = 0; i < 5; i += 1) ids.push(await draft(here, `Post ${way} ${i}`, clock.now()));
    },
    (one) => sendScheduled({ ...means, pool: one }),
  );
  const mails = await pool<{ id: string }[]>`select id from mails order by id`;
  assert.deepEqual(
    mails.map((one) => one.id),
    ids.sort(),
  );
  await pool`update groups set closed_at = ${clock.now()}`;
  await inThreeWays(
    here,
    "insert into letters",
    (way) => draft(here, `Late ${way}`, clock.now()),
    (one) => sendScheduled({ ...means, pool: one }),
  );
  assert.deepEqual(await lettersOf(here, "not-sent"), ["mia@far.test 3 times"]);
  assert.equal((await pool`select from mails`).length, 15);
});

test("whoever failed to send a post for a time, and wakes late, does not touch the new time its author chose", async (t) => {
  const here = await house(t, ["mia@far.test"]);
  const { pool, clock, means } = here;
  const id = await draft(here, "Chapter two", clock.now());
  const nextWeek = new Date(clock.now().getTime() + 7 * DAY);
  const said: string[] = [];
  const log = { ...silent, error: (_: unknown, words: string) => void said.push(words) } as never;
  const sleeper = frozen(pool, "update drafts set send_at", "insert into mails");
  const done = sendScheduled({ ...means, pool: sleeper.pool, log });
  await sleeper.stopped;
  await drafts.schedule(pool, ["mia@far.test"], { id, version: 1, sendAt: nextWeek, client: "" });
  sleeper.goOn();
  await done;
  const [kept] = await pool<{ sendAt: Date }[]>`select send_at as "sendAt" from drafts`;
  assert.deepEqual(kept!.sendAt, nextWeek);
  assert.deepEqual(said, [], "nobody is told that it will be tried again");
});

/** A mail that waits for moderators of these groups, as the pipeline leaves it. */
async function hold({ pool, clock }: House, groups: directory.Group[], subject: string): Promise<string> {
  clock.pass(SECOND);
  const id = newId(clock);
  const receivedAt = clock.now();
  const recipients = groups.map((one) => `${one.name}@${DOMAIN}`);
  const client = { address: "127.0.0.1", helo: "x", protocol: "SMTP" };
  const raw = zstdCompressSync(Buffer.from(`Subject: ${subject}\n\nHello\n`));
  const sender = "ann@author.test";
  await queue.put(pool, [{ id, receivedAt, sender, recipients, client, size: 30, raw, chunked: false }]);
  await pool`update mails set state = 'held' where id = ${id}`;
  for (const group of groups) await toTheDesk(pool, group, id, receivedAt, subject);
  return id;
}

const toTheDesk = (pool: Pool, group: directory.Group, mailId: string, receivedAt: Date, subject: string) =>
  moderation.noteHeld(pool, [
    {
      ...{ groupId: group.id, mailId, recipient: `${group.name}@${DOMAIN}`, receivedAt, subject, words: "" },
      ...{
        authorName: "",
        authorAddress: "ann@author.test",
        size: 30,
        attachments: 0,
        reason: "not a member",
        auth: {},
      },
      ...{ messageId: null, answers: [], mayBeTold: true },
    },
  ]);

const BY = { membershipId: null, name: "Olga", how: "web" } as const;

const decide = (
  { pool, clock }: House,
  group: directory.Group,
  mailId: string,
  decision: moderation.Decision,
  ms = 0,
) =>
  moderation.decide(
    pool,
    {
      ...{ groupId: group.id, mailIds: [mailId], decision, by: BY, answer: "" },
      dueAt: new Date(clock.now().getTime() + ms),
    },
    clock,
  );

const decided = async ({ pool }: House): Promise<string[]> =>
  (await pool<{ is: string }[]>`select state as is from held_posts order by mail_id, group_id`).map((row) => row.is);

test("a decision takes effect once, with one letter and one line in the log", async (t) => {
  const here = await house(t);
  const { pool, group, means } = here;
  await inThreeWays(
    here,
    "insert into activity",
    async (way) => {
      for (let i = 0; i < 6; i += 1) {
        const id = await hold(here, [group], `Post ${way} ${i}`);
        await decide(here, group, id, i % 2 ? "approve" : "decline");
      }
    },
    (one) => settleDecisions({ ...means, pool: one }),
  );
  assert.deepEqual(await lettersOf(here, "declined"), ["ann@author.test 9 times"]);
  const [count] = await pool`
    select (select count(*)::int from activity) as told, (select count(*)::int from outcomes) as declined,
      (select count(*)::int from mails where state = 'waiting') as approved, (select count(*)::int from mails) as mails`;
  assert.deepEqual(count, { told: 18, declined: 9, approved: 9, mails: 9 });
});

test("whoever failed to carry a decision out, and wakes late, does not hurry on what was decided anew", async (t) => {
  const here = await house(t);
  const { pool, clock, group, means } = here;
  const id = await hold(here, [group], "Tea");
  const [first] = await decide(here, group, id, "approve");
  const sleeper = frozen(pool, "update held_posts set due_at", "insert into activity");
  const done = settleDecisions({ ...means, pool: sleeper.pool });
  await sleeper.stopped;
  clock.pass(10 * MINUTE);
  assert.equal(await moderation.takeBack(pool, group.id, first!.decisionId!), 1);
  const [second] = await decide(here, group, id, "decline", HOUR);
  sleeper.goOn();
  await done;
  assert.deepEqual((await moderation.heldPost(pool, group.id, id))!.dueAt, second!.dueAt);
});

test("what two groups decide about one mail at the same moment both takes effect, also where one was renamed", async (t) => {
  const here = await house(t);
  const { pool, clock, group, means } = here;
  const other = await directory.addGroup(pool, { name: "writers" }, clock);
  const id = await hold(here, [group, other], "Tea");
  await decide(here, group, id, "approve");
  await decide(here, other, id, "approve");
  await together(here, (one) => settleDecisions({ ...means, pool: one }));
  assert.deepEqual(
    (await decided(here)).sort(),
    ["approved", "due"],
    "one waits for what the pipeline makes of the other",
  );
  // The pipeline posts it to the one and holds it again for the other.
  const [mail] = await pool<{ for: string }[]>`select approved_for as for from mails`;
  const second = mail!.for.startsWith("readers") ? other : group;
  const renamed = (await transact(pool, (sql) => directory.renameGroup(sql, second.id, "poets", clock.now())))!.group;
  await pool`update mails set state = 'held', approved_for = null, recipients = ${[`poets@${DOMAIN}`]}`;
  await toTheDesk(pool, renamed, id, clock.now(), "Tea");
  clock.pass(10 * SECOND);
  await together(here, (one) => settleDecisions({ ...means, pool: one }));
  assert.deepEqual(await decided(here), ["approved", "approved"]);
  assert.deepEqual(
    [...(await pool`select approved_for as for, state from mails`)],
    [{ for: `poets@${DOMAIN}`, state: "waiting" }],
  );
  const late = await hold(here, [group], "Milk");
  await decide(here, group, late, "approve");
  await pool`delete from mails where id = ${late}`;
  await settleDecisions({ ...means, pool });
  assert.equal((await moderation.heldPost(pool, group.id, late))!.state, "gone", "what has left the queue is over");
});

test("moderators and authors are told of each held post once, however many tell them", async (t) => {
  const here = await house(t);
  const { pool, clock, group, means } = here;
  await add(here, ["olga@far.test", "otto@far.test"], "owner");
  await inThreeWays(
    here,
    "insert into letters",
    async (way) => {
      const mailId = await hold(here, [group], `Post ${way}`);
      const untold = { groupId: group.id, mailId, address: "ann@author.test", subject: "Post", reason: "not a member" };
      await moderation.tellLater(pool, [untold], clock.now());
      clock.pass(2 * HOUR);
    },
    (one) => askTogether({ ...means, pool: one }),
  );
  assert.deepEqual(await lettersOf(here, "moderate-many"), ["olga@far.test 3 times", "otto@far.test 3 times"]);
  await whileFrozen(here, "insert into letters", (one) => moderate({ ...means, pool: one }));
  await together(here, (one) => moderate({ ...means, pool: one }));
  assert.deepEqual(await lettersOf(here, "held-more"), ["ann@author.test"]);
});

test("posts are kept when their owner says so, also by somebody who had read that they may go", async (t) => {
  const here = await house(t, [], { keep: "30d" });
  const { pool, clock, group, means } = here;
  await fileBatch(pool, group.id, mailsOf(0, 5), clock);
  const tend = (one: Pool) => tendGroups({ ...means, pool: one });
  await whileFrozen(here, "for share skip locked", tend, () => directory.setGroup(pool, group.id, { keep: "forever" }));
  assert.equal((await pool`select from posts`).length, 5);
  await directory.setGroup(pool, group.id, { keep: "30d" });
  await fileBatch(pool, group.id, mailsOf(10, 700), clock);
  await together(here, tend);
  await together(here, tend);
  const [left] = await pool`
    select (select count(*)::int from posts) as posts, (select post_count from archives) as counted,
      (select sum((regexp_match(what, '30d: (\\d+)'))[1]::int)::int from activity) as told`;
  assert.deepEqual(left, { posts: 0, counted: 0, told: 705 }, "the log tells of each post once");
});

test("a removed group is erased to the last row, is said to be so once, and its owners hear of it once", async (t) => {
  const here = await house(t, people("eve", 5));
  const { pool, clock, group, means } = here;
  await add(here, ["olga@far.test"], "owner");
  const said: string[] = [];
  const log = { ...silent, info: (_: unknown, words: string) => void said.push(words) } as never;
  const tend = (one: Pool) => tendGroups({ ...means, pool: one, log });
  await pool`
    insert into activity (group_id, id, at, by_name, how, kind, what, link, words)
    select ${group.id}, gen_random_uuid(), now(), '', 'web', 'held', '', '', '' from generate_series(1, 2500)`;
  await pool`update groups set erase_at = ${clock.now()}`;
  await together(here, tend);
  assert.equal((await pool`select from groups`).length, 0);
  assert.deepEqual(await lettersOf(here, "removed"), ["olga@far.test"]);
  await pool`
    insert into activity (group_id, id, at, by_name, how, kind, what, link, words)
    select ${group.id}, gen_random_uuid(), now(), '', 'web', 'held', '', '', '' from generate_series(1, 2500)`;
  clock.pass(HOUR);
  // The first is frozen with a thousand rows deleted and not committed, and dies in its next step.
  const sleeper = frozen(pool, "update group_erasures");
  const mortal = frozen(sleeper.pool, "never", "never");
  let steps = 0;
  const dying = new Proxy(mortal.pool, {
    get: (from, name) => {
      if (name !== "begin") return Reflect.get(from, name);
      return (work: never) => {
        if (steps > 0) steps += 1;
        if (steps > 2) return Promise.reject(new Error("killed"));
        return from.begin(work);
      };
    },
  });
  const first = tend(dying).catch((error: Error) => error.message);
  await sleeper.stopped;
  steps = 1;
  const second = tend(here.others[0]!);
  await Promise.race([second, pause(300)]);
  sleeper.goOn();
  await Promise.all([first, second]);
  if ((await pool`select from activity`).length > 0)
    assert.equal((await pool`select from group_erasures`).length, 1, "what is not erased yet is not said to be");
  for (let i = 0; i < 3; i += 1) await together(here, tend);
  assert.equal((await pool`select from activity`).length + (await pool`select from memberships`).length, 0);
  assert.equal((await pool`select from group_erasures`).length, 0);
  assert.deepEqual(said, ["a removed group is erased"]);
});

test("a file that is imported by several at once is there once, and each hears what became of its mails", async (t) => {
  const here = await house(t);
  const { pool, clock, group } = here;
  const mails = [...mailsOf(0, 150), ...mailsOf(100, 10)];
  const results = (await together(here, (one) => fileBatch(one, group.id, mails, clock))).flat();
  const count = (kind: string): number => results.filter((one) => one.kind === kind).length;
  assert.deepEqual([count("placed"), count("already")], [150, 4 * 160 - 150]);
  assert.equal((await pool`select from posts`).length, 150);

  const [result] = await whileFrozen(
    here,
    "begin",
    (one) => fileBatch(one, group.id, mailsOf(900, 1), clock),
    () => fileBatch(pool, group.id, mailsOf(900, 1, "Quite another text"), clock),
  );
  assert.equal(result!.kind, "different", "what was left out is not said to be there");
  await assert.rejects(
    whileFrozen(
      here,
      "begin",
      (one) => fileBatch(one, group.id, mailsOf(950, 2), clock),
      () => transact(pool, (sql) => directory.endGroup(sql, group.id, clock.now())),
    ),
    /The group was removed meanwhile/,
  );
  assert.equal((await pool`select from posts`).length, 151, "nothing is put into a group that is gone");
});

test("a download has each piece once and one letter; what is being written when its person is erased goes too", async (t) => {
  const here = await house(t, ["mia@far.test"]);
  const { pool, clock, group, means } = here;
  await fileBatch(pool, group.id, mailsOf(0, 120), clock);
  const { personId } = await memberOf(here, "mia@far.test");
  const who = { personId, address: "mia@far.test", language: "en" };
  const write = (one: Pool) => writeSomeDownload({ ...means, pool: one });
  await transact(pool, (sql) => privacy.askForDownload(sql, who, "person", clock));
  await whileFrozen(here, "insert into download_pieces", write);
  for (let i = 0; i < 12; i += 1) await together(here, write);
  assert.deepEqual(await lettersOf(here, "download-ready"), ["mia@far.test"]);
  const [ready] = await pool`
    select posts, pieces, (select count(*)::int from download_pieces) as kept, ready_at is not null as "isReady" from downloads`;
  assert.deepEqual(ready, { posts: 120, pieces: ready!.kept, kept: ready!.kept, isReady: true });

  clock.pass(2 * DAY);
  await privacy.forgetDownloads(pool, clock.now());
  await transact(pool, (sql) => privacy.askForDownload(sql, who, "person", clock));
  const sleeper = frozen(pool, "update downloads set step");
  const writing = write(sleeper.pool);
  await sleeper.stopped;
  const forgetting = transact(here.others[0]!, (sql) => privacy.forgetDownloads(sql, clock.now(), personId));
  await somebodyWaits(here);
  sleeper.goOn();
  await Promise.all([writing, forgetting]);
  assert.equal((await pool`select from downloads`).length + (await pool`select from download_pieces`).length, 0);
});

test("of two owners who are erased at the same moment one stays, and is told once; each erasure is done once", async (t) => {
  const here = await house(t);
  const { pool, clock, means } = here;
  const owners = ["olga@far.test", "otto@far.test"];
  await add(here, owners, "owner");
  for (const address of owners) {
    const { personId } = await memberOf(here, address);
    await pool`
      insert into erasures (id, person_id, address, language, asked_at, state, due_at)
      values (${newId(clock)}, ${personId}, ${address}, 'en', ${clock.now()}, 'due', ${clock.now()})`;
  }
  const erase = (one: Pool) => eraseSome({ ...means, pool: one });
  const sleeper = frozen(pool, "update memberships set ended_at");
  const first = erase(sleeper.pool);
  await sleeper.stopped;
  const second = erase(here.others[0]!);
  await Promise.race([second, somebodyWaits(here)]);
  sleeper.goOn();
  await Promise.all([first, second]);
  const states = await pool<{ state: string }[]>`select state from erasures order by state`;
  assert.deepEqual(
    states.map((row) => row.state),
    ["stopped", "under way"],
  );
  for (let i = 0; i < 12; i += 1) await together(here, erase);
  clock.pass(3 * DAY);
  for (let i = 0; i < 3; i += 1) await together(here, erase);
  const [done] = await pool`select memberships, state from erasures where state <> 'stopped'`;
  assert.deepEqual(done, { memberships: 1, state: "done" });
  assert.equal((await lettersOf(here, "erasure-stopped")).length, 1);
  assert.equal((await pool`select from memberships where role = 'owner' and ended_at is null`).length, 1);
});

/** Troubles of some days, enough to be asked about. */
async function trouble(here: House, addresses: string[], provider = "far.test"): Promise<void> {
  const { pool, clock, group } = here;
  for (const address of addresses) {
    const { id } = await memberOf(here, address);
    for (let day = 0; day < 6; day += 1)
      await health.noteTroubles(pool, [
        {
          ...{
            groupId: group.id,
            membershipId: id,
            at: new Date(clock.now().getTime() - day * DAY),
            provider,
            address,
          },
          ...{ found: "returned", sense: "no such user" as never, kind: "permanent", status: "5.1.1", said: "gone" },
        },
      ]);
  }
}

/** A mail that came back. */
const cameBack = ({ pool, clock, group }: House, one: Partial<health.Return> & { address: string }) =>
  health.noteReturns(
    pool,
    [
      {
        ...{
          mailId: newId(clock),
          groupId: group.id,
          membershipId: null,
          letterId: null,
          itemId: null,
          kind: "bounce",
        },
        ...{ class: "permanent", status: "5.1.1", sense: "no such user", reason: "", said: "550 no such user", ...one },
      } as health.Return,
    ],
    clock,
  );

test("members in trouble are asked, paused and reminded once, and owners hear of it once, whoever weighs", async (t) => {
  const all = people("finn", 8);
  const here = await house(t, all);
  const { pool, clock, means } = here;
  await add(here, ["olga@far.test"], "owner");
  const weigh = (one: Pool) => returns.weighOnce({ ...means, pool: one });
  await trouble(here, all.slice(0, 4));
  await together(here, weigh);
  await trouble(here, all.slice(4));
  await whileFrozen(here, "insert into enquiries", weigh);
  assert.deepEqual(await lettersOf(here, "enquiry"), all);
  const enquiries = await pool<
    { letterId: string }[]
  >`select letter_id as "letterId" from enquiries order by asked_at, id`;
  for (const { letterId } of enquiries.slice(0, 6)) await cameBack(here, { address: "", letterId });
  for (const address of all)
    await pool`
    insert into addresses (address_key, address, person_id, verified_at)
    select 'other-' || address, 'other-' || address, person_id, now() from memberships where address = ${address}`;
  await whileFrozen(here, "update enquiries set state", weigh);
  await together(here, weigh);
  assert.equal(await eventsOf(here, "paused"), 6);
  assert.equal((await lettersOf(here, "paused")).length, 6);
  assert.deepEqual(await lettersOf(here, "newly-paused"), ["olga@far.test"]);
  const [left] = await pool<{ id: string; address: string }[]>`
    select id, address from memberships where paused_at is null and role = 'member' limit 1`;
  for (let i = 0; i < 3; i += 1)
    await cameBack(here, { address: left!.address, membershipId: left!.id, kind: "complaint" });
  await together(here, weigh);
  assert.equal(await eventsOf(here, "paused"), 7);
  assert.equal((await lettersOf(here, "complaint")).length, 1);
  clock.pass(8 * DAY);
  await whileFrozen(here, "update pauses set reminders", weigh);
  assert.equal((await lettersOf(here, "still-paused")).length, 6);
});

test("whoever found somebody in trouble long ago does not ask them again after they have answered", async (t) => {
  const here = await house(t, ["mia@far.test"]);
  const { pool, means } = here;
  await trouble(here, ["mia@far.test"]);
  const member = await memberOf(here, "mia@far.test");
  const weigh = (one: Pool) => returns.weighOnce({ ...means, pool: one });
  await whileFrozen(here, "insert into enquiries", weigh, async () => {
    await together(here, weigh);
    await transact(pool, (sql) => returns.bringBack(sql, { ...means, pool }, member, "the member"));
  });
  assert.deepEqual(await lettersOf(here, "enquiry"), ["mia@far.test"]);
});

test("owners hear of paused members once a day, also from somebody who wakes after they have heard", async (t) => {
  const here = await house(t, people("gus", 2));
  const { pool, clock, group, means } = here;
  await add(here, ["olga@far.test"], "owner");
  const stop = async (address: string): Promise<void> => {
    const { id } = await memberOf(here, address);
    await directory.pause(pool, id, "test", clock.now());
    const pauseOf = { groupId: group.id, membershipId: id, why: "returned", sense: "", provider: "far.test", said: "" };
    await health.beginPause(pool, pauseOf as health.NewPause, clock);
  };
  await stop("gus00@far.test");
  const tell = (one: Pool) => tellOwners({ ...means, pool: one });
  await whileFrozen(here, "begin", tell, async () => {
    await together(here, tell);
    await stop("gus01@far.test");
  });
  const toOwner = async () => (await pool`select from letters where recipient = 'olga@far.test'`).length;
  assert.equal(await toOwner(), 1);
  clock.pass(DAY);
  await together(here, tell);
  assert.equal(await toOwner(), 2, "of the other they hear a day later");
});

test("an outage that goes on is not ended by somebody who read it long ago, and excuses who was weighed beside it", async (t) => {
  const all = people("hal", 12);
  const here = await house(t, all);
  const { pool, clock, means } = here;
  const now = clock.now();
  const found = {
    provider: "far.test",
    sense: "no such user",
    failing: 12,
    usual: 0,
    firstAt: now,
    lastAt: now,
    said: "",
  };
  const id = (await health.openOutage(pool, found, 12, clock))!;
  // Noted by somebody who did not see the outage yet.
  const member = await memberOf(here, all[0]!);
  await trouble(here, [all[0]!]);
  await pool`update troubles set outage_id = null, at = ${now} where membership_id = ${member.id} and day = ${now}`;
  await directory.pause(pool, member.id, "test", now);
  const pauseOf = { groupId: here.group.id, membershipId: member.id, why: "returned" as const, sense: "", said: "" };
  await health.beginPause(pool, { ...pauseOf, provider: "far.test" }, clock);
  await together(here, (one) => seeOutages({ ...means, pool: one }, []));
  assert.equal(await eventsOf(here, "resumed"), 1);
  assert.equal((await pool`select from troubles where outage_id = ${id}`).length, 1);
  assert.equal((await lettersOf(here, "welcome-back")).length, 1);

  clock.pass(7 * HOUR);
  await whileFrozen(
    here,
    "update outages set ended_at",
    (one) => seeOutages({ ...means, pool: one }, []),
    () => health.extendOutage(pool, { ...found, lastAt: clock.now() }),
  );
  assert.equal((await health.openOutages(pool)).length, 1);
});

test("who marked a mail as spam stays without mail, also where somebody wakes who had an older pause to end", async (t) => {
  const here = await house(t, ["mia@far.test"]);
  const { pool, clock, group, means } = here;
  const { id } = await memberOf(here, "mia@far.test");
  const about = { groupId: group.id, membershipId: id, provider: "far.test", sense: "", said: "" };
  const letter = notices.holidayOverLetter(means, { to: "mia@far.test", group });
  const [plan] = await notices.write(pool, [letter], clock);
  await health.ask(
    pool,
    { id: newId(clock), groupId: group.id, membershipId: id, letterId: plan!.itemId },
    new Date(0),
    clock.now(),
  );
  await pool`
    insert into sendings (item_id, group_id, planned, planned_at, sent, last_at)
    values (${plan!.itemId}, ${group.id}, 1, ${clock.now()}, 1, ${clock.now()})`;
  await directory.pause(pool, id, "test", clock.now());
  await health.beginPause(pool, { ...about, why: "returned" }, clock);
  clock.pass(4 * DAY);
  const complain = async (): Promise<void> => {
    await directory.unpause(pool, id, "the member", clock.now());
    await health.endPause(pool, group.id, id, clock.now());
    await directory.pause(pool, id, "complaint", clock.now());
    await health.beginPause(pool, { ...about, why: "complaint" }, clock);
  };
  let complaining: Promise<void> | undefined;
  await whileFrozen(
    here,
    "update memberships set paused_at = null",
    (one) => returns.weighOnce({ ...means, pool: one }),
    () => {
      complaining = complain();
      return Promise.race([complaining, somebodyWaits(here)]);
    },
  );
  await complaining;
  assert.notEqual((await memberOf(here, "mia@far.test")).pausedAt, null);
});
