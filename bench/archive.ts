/**
 * How long the server takes for the pages of an archive of 1,000,000 posts, signed out and as a member.
 *
 *     npm run bench archive [-- POSTS]
 *
 * The posts are written by SQL, as placing so many would take half an hour: twenty years of topics whose sizes and pauses
 * are those of a lively list (most have a few posts, some have hundreds), and bodies of a few hundred bytes from a hand of
 * letters. Each page is asked for at random places, so that neither PostgreSQL nor we have it ready; the time is that
 * from the request to the whole answer, in the process that serves it. Needs 3 GB of disk.
 */
import { zstdCompressSync } from "node:zlib";
import { closePool, openPool, type Pool } from "../src/db/sql.ts";
import * as directory from "../src/directory/directory.ts";
import { elapsed, nodeClock } from "../src/kit/clock.ts";
import { silent } from "../src/kit/log.ts";
import { startWeb } from "../src/web/web.ts";
import { startService } from "./service.ts";

const POSTS = Number(process.argv[3] ?? 1_000_000);
const ASKED = 300;
const WARM = 20;
const MEMBER = "mia@far.test";
const URL_HERE = "http://groups.test";

type App = Awaited<ReturnType<typeof startWeb>>["app"];

export async function run(): Promise<void> {
  const service = await startService(1, { SMARTGROUPS_ROLES: "intake,chores" });
  const pool = openPool(service.database, { max: 8 });
  try {
    const clock = nodeClock();
    const group = await directory.addGroup(pool, { name: "lively", title: "A lively list" }, clock);
    await directory.addMembers(pool, group.id, [{ address: MEMBER, name: "Mia" }], "bench", clock);
    const began = elapsed();
    await fill(pool, group.id, clock.now());
    console.log(`${POSTS} posts written in ${Math.round((elapsed() - began) / 1000)} s`);
    const config = { domain: "groups.test", url: URL_HERE, outbound: { kind: "capture" } as const };
    const web = await startWeb({ listen: [], pool, config, clock, log: silent });
    const cookie = await signIn(web.app, pool);
    const rows: Record<string, string | number>[] = [];
    for (const [name, paths] of Object.entries(await pagesOf(pool, group.id))) {
      rows.push({
        page: name,
        ...(await measure(web.app, paths, {})),
        ...renamed(await measure(web.app, paths, { cookie })),
      });
    }
    await web.stop();
    console.table(rows);
  } finally {
    await closePool(pool);
    await service.stop();
  }
}

const renamed = (figures: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`member ${name}`, value]));

async function signIn(app: App, pool: Pool): Promise<string> {
  const form = (fields: Record<string, string>) => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: URL_HERE },
  });
  await app.request("/sign-in", form({ email: MEMBER, next: "/" }));
  const [letter] = await pool<{ raw: Buffer }[]>`select raw from letters where recipient = ${MEMBER}`;
  const token = /sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1];
  const answer = await app.request(`/sign-in/${token}`, form({ next: "/" }));
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

/**
 * Milliseconds from the request to the whole answer, and of our own processor in it: on a machine that has other work the
 * first say how long we waited for it too.
 */
async function measure(app: App, paths: string[], headers: Record<string, string>): Promise<Record<string, number>> {
  const times: number[] = [];
  const worked: number[] = [];
  for (const [i, path] of paths.entries()) {
    const began = elapsed();
    const before = process.cpuUsage();
    const answer = await app.request(path, { headers });
    await answer.text();
    const used = process.cpuUsage(before);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
    if (i < WARM) continue;
    times.push(elapsed() - began);
    worked.push((used.user + used.system) / 1000);
  }
  return { p50: at(times, 0.5), p99: at(times, 0.99), "CPU p50": at(worked, 0.5), "CPU p99": at(worked, 0.99) };
}

function at(times: number[], part: number): number {
  const inOrder = times.toSorted((a, b) => a - b);
  return Number(inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * part))]!.toFixed(1));
}

/** Addresses to ask for, by kind of page. */
async function pagesOf(pool: Pool, groupId: string): Promise<Record<string, string[]>> {
  const here = "/g/lively";
  const times = ASKED + WARM;
  const many = <T>(make: (i: number) => T): T[] => Array.from({ length: times }, (_, i) => make(i));
  const sample = (rows: { path: string }[]): string[] => many((i) => rows[i % rows.length]!.path);
  const topics = await pool<{ path: string }[]>`
    select ${`${here}?before=`} || to_char(last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '_' || id as path
    from topics tablesample system (1) where group_id = ${groupId} limit 20000`;
  const months = await pool<{ path: string }[]>`
    select ${`${here}/`} || to_char(month, 'YYYY-MM') as path from archive_months where group_id = ${groupId}`;
  const ofSize = (from: number, to: number) => pool<{ path: string }[]>`
    select ${`${here}/topic/`} || id as path from topics
    where group_id = ${groupId} and post_count between ${from} and ${to} order by md5(id::text) limit ${times}`;
  const post = (): number => 1 + Math.floor(Math.random() * POSTS);
  const feeds = await ofSize(5, 50);
  return {
    "topics, newest": many(() => here),
    "topics, anywhere": sample(topics.toSorted(() => Math.random() - 0.5)),
    months: many(() => `${here}/months`),
    "a month": sample(months),
    "a topic of 5": sample(await ofSize(5, 5)),
    "a topic of 200, page 1": sample(await ofSize(190, 210)),
    "a topic of 200, page 3": sample(await ofSize(190, 210)).map((path) => `${path}?page=3`),
    "a post": many(() => `${here}/${post()}`),
    "feed of the group": many(() => `${here}/feed.atom`),
    "feed of a topic": sample(feeds).map((path) => `${path}/feed.atom`),
  };
}

const WORDS =
  "the list server archive reply patch tested again yesterday members nobody would have thought that it works on my machine but not on theirs because of the old library which we should have removed last spring".split(
    " ",
  );

/** Some letters of 40 to 120 words, a few with a quote, a few with a patch. */
function bodies(): Buffer[] {
  return Array.from({ length: 200 }, (_, i) => {
    const words = Array.from({ length: 40 + ((i * 7) % 80) }, (_, k) => WORDS[(i * 31 + k * 17) % WORDS.length]!);
    const lines = words.join(" ").match(/.{1,72}(?:\s|$)/g)!;
    const quote =
      i % 2
        ? `On Monday, Ana wrote:\r\n${lines
            .slice(0, 3)
            .map((line) => `> ${line}`)
            .join("\r\n")}\r\n\r\n`
        : "";
    const patch = i % 10 === 0 ? "\r\n--- a/file.c\r\n+++ b/file.c\r\n@@ -1,3 +1,3 @@\r\n-old\r\n+new\r\n" : "";
    return zstdCompressSync(
      Buffer.from(
        `From: Ana Lima <ana@far.test>\r\nTo: lively@groups.test\r\nSubject: Number ${i}\r\nMessage-ID: <${i}@far.test>\r\nDate: Sun, 1 Mar 2026 09:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${quote}${lines.join("\r\n")}\r\n${patch}-- \r\nAna\r\n`,
      ),
    );
  });
}

/** The rows that placing would have written. Indexes are made afterwards, as they were. */
async function fill(pool: Pool, groupId: string, now: Date): Promise<void> {
  const indexes = await pool<{ name: string; made: string }[]>`
    select indexname as name, indexdef as made from pg_indexes i
    where schemaname = current_schema() and tablename in ('posts', 'topics')
      and not exists (select from pg_constraint where conname = i.indexname)`;
  for (const { name } of indexes) await pool`drop index ${pool(name)}`;
  const raws = bodies();
  await pool.begin(async (sql) => {
    await sql`set local synchronous_commit = off`;
    await sql`set local work_mem = '256MB'`;
    await sql`select setseed(0.5)`;
    await sql`create temp table letters_made on commit drop as
      select n, decode(hex, 'hex') as raw from unnest(${raws.map((raw) => raw.toString("hex"))}::text[]) with ordinality as u(hex, n)`;
    // One topic in 2,000 has two hundred posts; the others fall off as they do in life.
    await sql`create temp table begun on commit drop as
      select k, case when k % 2000 = 0 then 200 else 1 + floor(-5.2 * ln(1 - random()))::int end as posts,
        ${now}::timestamptz - interval '20 years' * random() as at
      from generate_series(1, ${Math.ceil(POSTS / 5.4)}) k`;
    await sql`create temp table made on commit drop as
      select row_number() over (order by at, k, i)::int as n, k, i, at from (
        select k, i, least(at + interval '7 hours' * i * (0.2 + random()), ${now}::timestamptz - interval '1 minute') as at
        from begun, generate_series(1, posts) i order by k limit ${POSTS}) x`;
    await sql`create temp table named on commit drop as
      select n, k, i, date_trunc('second', at) as at,
        (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid as id
      from made`;
    await sql`create temp table topped on commit drop as
      select n, k, i, at, id, first_value(id) over w as topic, lag(id, 1 + (n % 2)) over w as above, lag(id) over w as before
      from named window w as (partition by k order by n)`;
    await sql`
      insert into posts (group_id, id, number, topic_id, parent_id, message_id, author_name, author_address, subject,
        sent_at, received_at, words, size, parts, auth, fingerprint, source, raw)
      select ${groupId}, p.id, p.n, p.topic, coalesce(p.above, p.before), p.n || '@far.test', 'Writer ' || p.n % 997, 'w' || p.n % 997 || '@far.test',
        case when p.before is null then '' else 'Re: ' end || 'About matter ' || p.k, p.at, p.at,
        'These are the first words of the post, as a list shows them', 700, '[]'::jsonb, '{}'::jsonb,
        decode(md5(p.n::text), 'hex'), 'import', l.raw
      from topped p join letters_made l on l.n = 1 + p.n % 200 order by p.n`;
    await sql`
      insert into topics (group_id, id, subject, base_subject, started_at, last_at, post_count, last_number, last_author, last_words, authors)
      select ${groupId}, topic, 'About matter ' || min(k), 'About matter ' || min(k), min(at), max(at), count(*), max(n), 'Writer ' || max(n) % 997,
        'These are the first words of the post, as a list shows them', (array_agg('Writer ' || n % 997 order by n))[1:6]
      from topped group by topic`;
    await sql`
      insert into archive_months (group_id, month, post_count)
      select ${groupId}, date_trunc('month', at at time zone 'UTC')::date, count(*) from topped group by 2`;
    await sql`insert into archives (group_id, last_number, post_count, last_at) select ${groupId}, max(n), count(*), max(at) from topped`;
  });
  for (const { made } of indexes) await pool.unsafe(made);
  await pool`vacuum analyze posts`;
  await pool`vacuum analyze topics`;
}
