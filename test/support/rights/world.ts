/** Two groups with their people, posts and held mail, and a browser for each kind of visitor: what the table of rights is tried on. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { TestContext } from "node:test";
import { zstdCompressSync } from "node:zlib";
import type { Hono } from "hono";
import { Registry } from "prom-client";
import * as archiveRoom from "../../../src/archive/archive.ts";
import type { Pool } from "../../../src/db/sql.ts";
import { transact } from "../../../src/db/sql.ts";
import * as directory from "../../../src/directory/directory.ts";
import * as keys from "../../../src/keys/keys.ts";
import { type HeldClock, HOUR, heldClock } from "../../../src/kit/clock.ts";
import { idToBytes, newId } from "../../../src/kit/id.ts";
import { silent } from "../../../src/kit/log.ts";
import { sealToken, type TokenKind } from "../../../src/mail/token.ts";
import * as mailbox from "../../../src/mailbox/mailbox.ts";
import * as moderation from "../../../src/moderation/moderation.ts";
import * as pipeline from "../../../src/pipeline/pipeline.ts";
import * as privacy from "../../../src/privacy/privacy.ts";
import * as queue from "../../../src/queue/queue.ts";
import type { Environment } from "../../../src/web/house.ts";
import { startWeb } from "../../../src/web/web.ts";
import { fileMails } from "../browser.ts";
import { cloneDatabase } from "../database.ts";
import type { Who } from "./table.ts";

export const URL_HERE = "https://groups.test";
const DOMAIN = "groups.test";

const ADDRESSES: Partial<Record<Who, string>> = {
  member: "mia@far.test",
  moderator: "mo@far.test",
  owner: "olga@far.test",
  "owner of another group": "otto@far.test",
};

const ROLES = { "mia@far.test": "member", "mo@far.test": "moderator", "olga@far.test": "owner" } as const;

/** What `restore` puts back; while nothing touched these there is nothing to put back. */
const RESTORED = ["memberships", "topics", "group_reads", "sign_in_requests", "downloads", "erasures"];

const mailOf = (id: string, subject: string): Buffer =>
  Buffer.from(
    `From: Ana Lima <ana@far.test>\r\nSubject: ${subject}\r\nMessage-ID: <${id}>\r\nDate: Sun, 1 Mar 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>I liked it</p>\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=list.txt\r\n\r\na list\r\n--b--\r\n`,
  );

export type Asked = { status: number; text: string; headers: Headers };

/** Tokens that stand in letters of ours. */
export type LetterToken = "join" | "back" | "leave" | "confirm" | "erase" | "invite";

export type World = {
  app: Hono<Environment>;
  pool: Pool;
  clock: HeldClock;
  /** The group that is walked. */
  name: string;
  topicId: string;
  foreign: {
    topicId: string;
    number: number;
    memberId: string;
    heldId: string;
    sessionId: string;
    requestId: string;
    invitationId: string;
  };
  /** Of who asked to join last. */
  requestId: string;
  freshRequest(): Promise<string>;
  freshInvitation(): Promise<string>;
  asset: string;
  capturedId: string;
  usedLink: string;
  badFeeds: string[];
  /** A number that is another each time. */
  next(): number;
  ask(who: Who, method: string, path: string, init?: RequestInit): Promise<Asked>;
  freshAddress(): string;
  freshMember(): Promise<string>;
  freshHeld(): Promise<string>;
  freshRule(): Promise<string>;
  freshReport(): Promise<number>;
  freshPost(): Promise<number>;
  ownId(who: Who): Promise<string>;
  /** The address of a download that is ready, theirs where they have an account. */
  downloadOf(who: Who): Promise<string>;
  /** An operator's page of a member who has just come. */
  personPage(): Promise<string>;
  /** Has somebody confirmed that they want to be erased; answers the page on which they take it back. */
  dueErasure(who: Who): Promise<string>;
  token(kind: LetterToken): Promise<string>;
  badTokens(kind: LetterToken): Promise<string[]>;
  operatorLink(): string;
  /** The link of a service that has no operator yet. */
  setupToken(): Promise<string>;
  link(): Promise<string>;
  signIn(who: Who): Promise<void>;
  /** Everybody is again who they were. */
  restore(): Promise<void>;
  /** The tables in which a row was added, changed or taken out since this was last asked. */
  changes(): Promise<string[]>;
};

const form = (fields: Record<string, string>): RequestInit => ({
  method: "POST",
  body: new URLSearchParams(fields),
  headers: { origin: URL_HERE },
});

export async function newWorld(t: TestContext, visibility: directory.Visibility): Promise<World> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: DOMAIN, url: URL_HERE, outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent, registry: new Registry() });
  t.after(() => web.stop());
  const { app } = web;
  const { token: secret } = await keys.serviceKeys(pool, DOMAIN, clock);
  const group = await directory.addGroup(
    pool,
    { name: "readers", title: "Readers", visibility, joining: "open" },
    clock,
  );
  const other = await directory.addGroup(pool, { name: "others", title: "Others", archive: "members" }, clock);
  const add = async (to: directory.Group, address: string, role: directory.Role = "member"): Promise<string> => {
    await transact(pool, (sql) => directory.addMembers(sql, to.id, [{ address, name: "", role }], "test", clock));
    return (await directory.membershipOf(pool, to.id, address))!.id;
  };
  for (const [address, role] of Object.entries(ROLES)) await add(group, address, role);
  await add(group, "pat@far.test");
  await add(other, "eva@far.test");
  const memberId = await add(other, "otto@far.test", "owner");
  await fileMails(pool, group.id, [mailOf("one@far.test", "Chapter one #books")], clock);
  const [topic] = await pool<{ id: string }[]>`select id from topics where group_id = ${group.id}`;
  await fileMails(pool, other.id, [mailOf("elsewhere@far.test", "Not yours #elsewhere")], clock);
  const [foreignTopic] = await pool<{ id: string }[]>`select id from topics where group_id = ${other.id}`;
  // Numbers count in each group: a number that only the other group has.
  await pool`update posts set number = 77 where group_id = ${other.id}`;

  const hold = async (to: directory.Group): Promise<string> => {
    const raw = mailOf(`${randomBytes(6).toString("hex")}@far.test`, "May I?");
    const id = newId(clock);
    const client = { address: "192.0.2.1", helo: "x", protocol: "ESMTP" };
    const recipients = [`${to.name}@${DOMAIN}`];
    const envelope = { id, receivedAt: clock.now(), sender: "x@far.test", recipients, client };
    await queue.put(pool, [{ ...envelope, size: raw.length, raw: zstdCompressSync(raw), chunked: false }]);
    await pool`update mails set state = 'held', problem = 'Its author is not a member.' where id = ${id}`;
    await pipeline.adoptHeld(pool, to, DOMAIN);
    return id;
  };
  const heldId = await hold(other);
  const raw = zstdCompressSync(mailOf("c@far.test", "Hello"));
  await mailbox.keep(pool, [
    { id: newId(clock), at: clock.now(), recipient: "mia@far.test", sender: "", subject: "Hello", raw },
  ]);
  const [captured] = await mailbox.captured(pool, null, 1);

  const cookies = new Map<Who, string>();
  await watchTables(pool);

  const asks = async (to: directory.Group, address: string): Promise<string> => {
    const id = await directory.askToJoin(pool, to.id, { address, name: "" }, clock);
    await directory.letWait(pool, (await directory.joinRequest(pool, id))!, clock.now());
    return id;
  };
  const invites = async (to: directory.Group, address: string): Promise<string> => {
    const by = { membershipId: null, name: "", isModerator: true };
    const made = await transact(pool, (sql) =>
      directory.invite(sql, to.id, { address, words: "", letterId: newId(clock), by }, clock),
    );
    return typeof made === "string" ? made : made.id;
  };
  const requestId = await asks(other, "x@new.test");
  const invitationId = await invites(other, "y@new.test");

  const idOf = async (kind: LetterToken): Promise<string> => {
    if (kind === "invite") return invites(group, world.freshAddress());
    if (kind === "confirm") {
      const person = (await directory.membershipOf(pool, group.id, "mia@far.test"))!.personId;
      return transact(pool, (sql) => directory.claimAddress(sql, person, world.freshAddress(), clock));
    }
    if (kind === "erase") {
      const address = world.freshAddress();
      const people = await directory.peopleFor(pool, [{ address, name: "" }], clock);
      const who = { personId: people.get(address)!, address, language: "en" };
      return transact(pool, (sql) => privacy.askForErasure(sql, who, clock));
    }
    if (kind !== "join") {
      const member = await world.freshMember();
      if (kind === "back") await pool`update memberships set paused_at = ${clock.now()} where id = ${member}`;
      return member;
    }
    const who = { address: world.freshAddress(), name: "" };
    return transact(pool, (sql) => directory.askToJoin(sql, group.id, who, clock));
  };

  const personOf = async (who: Who): Promise<string> =>
    (await directory.personWith(pool, ADDRESSES[who] ?? "eva@far.test"))!.id;

  let count = 0;
  const touched = new Set<string>(RESTORED);
  const world: World = {
    app,
    pool,
    clock,
    name: group.name,
    topicId: topic!.id,
    foreign: { topicId: foreignTopic!.id, number: 77, memberId, heldId, sessionId: "", requestId, invitationId },
    requestId: "",
    asset: "",
    capturedId: captured!.id,
    usedLink: "",
    badFeeds: [
      "",
      "aaaa",
      sealToken(secret, "feed", idToBytes(memberId)),
      sealToken(randomBytes(32), "feed", idToBytes((await directory.membershipOf(pool, group.id, "mia@far.test"))!.id)),
      sealToken(secret, "leave", idToBytes((await directory.membershipOf(pool, group.id, "mia@far.test"))!.id)),
    ],
    next: () => {
      count += 1;
      return count;
    },
    ask: async (who, method, path, init = {}) => {
      const headers = new Headers(init.headers);
      const cookie =
        who === "operator"
          ? `smartgroups.operator=${keys.operatorPass(secret, "cookie", clock.now())}`
          : cookies.get(who);
      if (cookie) headers.set("cookie", cookie);
      const answer = await app.request(path, { ...init, method, headers });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    freshAddress: () => `m${world.next()}@far.test`,
    freshMember: () => add(group, world.freshAddress()),
    freshHeld: () => hold(group),
    freshReport: async () => {
      const number = await world.freshPost();
      const post = (await archiveRoom.postNumbered(pool, group.id, number))!;
      const report = { groupId: group.id, postId: post.id, number, membershipId: memberId, byName: "Mia", reason: "x" };
      await pool.begin((sql) => moderation.report(sql as never, report, clock));
      await pool`update reports set at = at - interval '2 days'`;
      return number;
    },
    freshRequest: async () => {
      world.requestId = await asks(group, world.freshAddress());
      return world.requestId;
    },
    freshInvitation: () => invites(group, world.freshAddress()),
    freshRule: async () => {
      const rule = { field: "subject", how: "words", pattern: "win", action: "hold", why: "" } as const;
      return (await moderation.addRule(pool, group.id, rule, moderation.OPERATOR, clock)).id;
    },
    freshPost: async () =>
      (await fileMails(pool, group.id, [mailOf(`p${world.next()}@far.test`, "A post")], clock))[0]!,
    ownId: async (who) => {
      const address = ADDRESSES[who];
      const mine = address && (await directory.membershipOf(pool, group.id, address));
      return mine ? mine.id : memberId;
    },
    downloadOf: async (who) => {
      const personId = await personOf(who);
      const asked = { personId, address: "x@far.test", language: "en" };
      const one = await transact(pool, (sql) => privacy.askForDownload(sql, asked, "person", clock));
      const next = { step: "", place: "", readyAt: clock.now() };
      await privacy.keepPieces(pool, one, [], next);
      return `/account/data/${one.id}`;
    },
    personPage: async () => {
      const [member] = await directory.presentMemberships(pool, [await world.freshMember()]);
      return `/operator/people/${member!.personId}`;
    },
    dueErasure: async (who) => {
      const asked = { personId: await personOf(who), address: "x@far.test", language: "en" };
      const id = await transact(pool, (sql) => privacy.askForErasure(sql, asked, clock));
      await privacy.confirmErasure(pool, id, clock.now());
      return "/account/erase";
    },
    token: async (kind) => sealToken(secret, kind, idToBytes(await idOf(kind))),
    badTokens: async (kind) => {
      const id = idToBytes(await idOf(kind));
      const good = sealToken(secret, kind, id);
      const kinds = (
        ["return", "leave", "join", "confirm", "moderate", "letter", "back", "feed", "erase"] as TokenKind[]
      ).filter((one) => one !== kind);
      return [
        ...kinds.map((one) => sealToken(secret, one, id)),
        sealToken(randomBytes(32), kind, id),
        sealToken(secret, kind, idToBytes(newId(clock))),
        sealToken(secret, kind, id.subarray(1)),
        sealToken(secret, kind, Buffer.concat([id, id])),
        ...[
          good.slice(1),
          good.slice(0, -1),
          good.slice(0, -8),
          `${good}a`,
          `${good}${good}`,
          `${good.slice(0, -1)}%00`,
          "a",
          "a".repeat(5000),
        ],
        `${good.slice(0, -2)}${good.at(-2) === "a" ? "b" : "a"}${good.at(-1)}`,
      ];
    },
    setupToken: async () => {
      await pool`update people set is_operator = false where is_operator`;
      return keys.operatorPass(secret, "setup", clock.now());
    },
    operatorLink: () => keys.operatorPass(secret, "link", clock.now()),
    link: async () => {
      clock.pass(2 * HOUR);
      const address = world.freshAddress();
      await app.request("/sign-in", form({ email: address }));
      return linkTo(pool, address);
    },
    signIn: async (who) => {
      const address = ADDRESSES[who];
      if (!address) return;
      clock.pass(2 * HOUR);
      assert.equal((await app.request("/sign-in", form({ email: address }))).status, 200);
      world.usedLink = await linkTo(pool, address);
      const answer = await app.request(`/sign-in/${world.usedLink}`, form({ next: "/" }));
      cookies.set(
        who,
        answer.headers
          .getSetCookie()
          .map((one) => one.split(";")[0])
          .join("; "),
      );
    },
    restore: async () => {
      await world.changes();
      if (!RESTORED.some((name) => touched.has(name))) return;
      for (const [address, role] of Object.entries(ROLES))
        if (!(await directory.membershipOf(pool, group.id, address))) await add(group, address, role);
      const otto = await directory.membershipOf(pool, group.id, "otto@far.test");
      if (otto) await transact(pool, (sql) => directory.leave(sql, otto, "test", clock.now()));
      await pool`update memberships set mode = 'each', paused_at = null`;
      await pool`update topics set locked_at = null where locked_at is not null`;
      await pool`delete from group_reads`;
      await pool`delete from sign_in_requests`;
      await pool`delete from downloads`;
      await pool`delete from erasures`;
      await world.changes();
      touched.clear();
    },
    changes: async () => {
      const found = await pool<{ name: string }[]>`
        with seen as (delete from changed_tables returning name) select distinct name from seen order by name`;
      for (const { name } of found) touched.add(name);
      return found.map(({ name }) => name);
    },
  };
  for (const who of Object.keys(ADDRESSES)) await world.signIn(who as Who);
  await app.request(`/sign-in/${await world.link()}`, form({ next: "/" }));
  const [session] = await pool<{ id: string }[]>`select id from sign_in_sessions order by id desc limit 1`;
  world.foreign.sessionId = session!.id;
  world.asset = /href="(\/assets\/[^"]+)"/.exec((await world.ask("visitor", "GET", "/")).text)![1]!;
  return world;
}

/** Has every table note what is done to its rows, in the transaction that does it. */
async function watchTables(pool: Pool): Promise<void> {
  await pool.unsafe(`
    create table changed_tables (name text);
    create function note_change() returns trigger language plpgsql as $$
    begin
      if tg_op <> 'UPDATE' or new is distinct from old then insert into changed_tables values (tg_argv[0]); end if;
      return null;
    end $$;
    do $$ declare one text; begin
      for one in
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'changed_tables'
      loop
        execute format('create trigger note_change after insert or update or delete on %I for each row execute function note_change(%L)', one, one);
      end loop;
    end $$`);
}

async function linkTo(pool: Pool, address: string): Promise<string> {
  const [letter] = await pool<{ raw: Buffer }[]>`select raw from letters where recipient = ${address} order by id desc`;
  return /sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]!;
}
