/** The API: held against its own description, against what the commands print, and against who may see what. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Hono } from "hono";
import { openPool, type Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import * as keys from "../../src/keys/keys.ts";
import { type HeldClock, heldClock, MINUTE } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import * as providers from "../../src/providers/providers.ts";
import * as queue from "../../src/queue/queue.ts";
import { unpack } from "../../src/web/bytes.ts";
import type { Environment } from "../../src/web/house.ts";
import { startWeb } from "../../src/web/web.ts";
import { bare, runHere } from "../commands/run.ts";
import { fileMails, groupWith, oddMails } from "../support/browser.ts";
import { without } from "../support/corpora.ts";
import { cloneDatabase } from "../support/database.ts";

const URL_HERE = "https://groups.test";
const API = "/api/v1";

type Headers = Record<string, string>;
/** A document as it is looked into here: whatever is asked of it, it may be. */
type Json = { [key: string]: Json } & Json[] & string;
type Site = {
  app: Hono<Environment>;
  pool: Pool;
  clock: HeldClock;
  environment: Record<string, string>;
  /** Asks the API; answers the status, the document and the headers. */
  ask(path: string, headers?: Headers): Promise<{ status: number; body: Json; headers: globalThis.Headers }>;
  send(path: string, body: unknown, headers?: Headers): Promise<{ status: number; body: Json }>;
};

async function site(t: TestContext): Promise<Site> {
  const { pool, target } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: "groups.test", url: URL_HERE, outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(() => web.stop());
  assert.ok("host" in target);
  const url = `postgresql://${target.user}@/${target.database}?host=${encodeURIComponent(target.host)}&port=${target.port}`;
  return {
    app: web.app,
    pool,
    clock,
    environment: bare({ DATABASE_URL: url }),
    ask: async (path, headers = {}) => {
      const answer = await web.app.request(`${API}${path}`, { headers });
      return { status: answer.status, body: (await answer.json()) as Json, headers: answer.headers };
    },
    send: async (path, body, headers = {}) => {
      const answer = await web.app.request(`${API}${path}`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "content-type": "application/json", origin: URL_HERE, ...headers },
      });
      return { status: answer.status, body: (await answer.json()) as Json };
    },
  };
}

const mail = (subject: string, id: string, extra = "", body = "I liked it.\r\nWrite to ben@far.test about it.\r\n") =>
  Buffer.from(
    `From: Ana Lima <ana@far.test>\r\nSubject: ${subject}\r\nMessage-ID: <${id}>\r\nDate: Sun, 1 Mar 2026 09:00:00 +0000\r\n${extra}\r\n${body}`,
  );

const FORMATTED = mail(
  "A table",
  "table@far.test",
  "MIME-Version: 1.0\r\nReferences: <one@far.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n",
  `--b\r\nContent-Type: text/html\r\n\r\n<p title="from ana@far.test">See <a href="https://far.test/?who=ana@far.test">this</a><script>alert(1)</script></p>\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="list.txt"\r\n\r\na list\r\n--b--\r\n`,
);

const MAILS = [mail("Chapter one", "one@far.test"), FORMATTED, mail("Tea", "tea@far.test")];

const members: directory.NewMember[] = [
  { address: "olga@far.test", name: "Olga", role: "owner" },
  { address: "mo@far.test", name: "Mo", role: "moderator" },
  { address: "mia@far.test", name: "Mia" },
];

/** Signs in as a reader would, with the link in the letter; answers the cookie. */
async function signedIn({ app, pool }: Site, address: string): Promise<Headers> {
  const form = (fields: Headers) => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: URL_HERE },
  });
  await app.request("/sign-in", form({ email: address }));
  const [letter] = await pool<{ raw: Buffer }[]>`select raw from letters where recipient = ${address} order by id desc`;
  const token = /sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]!;
  const answer = await app.request(`/sign-in/${token}`, form({ next: "/" }));
  const cookies = answer.headers.getSetCookie().map((one) => one.split(";")[0]);
  return { cookie: cookies.join("; ") };
}

/** Where in `value` it is not as the schema says: the few words of JSON Schema that the description uses. */
function strayFrom(schema: Json, value: unknown, root: Json, path = "$"): string[] {
  if (schema["$ref"]) {
    const named = schema["$ref"].split("/").slice(1);
    return strayFrom(
      named.reduce((at: Json, name) => at[name]!, root),
      value,
      root,
      path,
    );
  }
  if (schema["anyOf"]) {
    const tried = schema["anyOf"].map((one: Json) => strayFrom(one, value, root, path));
    return tried.some((strays: string[]) => strays.length === 0) ? [] : tried[0]!;
  }
  const types = [schema["type"]].flat();
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const fits = types.includes(kind as Json) || (types.includes("integer" as Json) && Number.isInteger(value));
  if (!fits) return [`${path} is ${kind}, not ${types.join(" or ")}`];
  if (schema["enum"] && !schema["enum"].includes(value as Json)) return [`${path} is ${value}`];
  if (kind === "string" && schema["format"] === "date-time" && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(value)))
    return [`${path} is no time: ${value}`];
  if (kind === "string" && schema["format"] === "uuid" && !/^[0-9a-f-]{36}$/.test(String(value)))
    return [`${path} is no id: ${value}`];
  if (Array.isArray(value))
    return value.flatMap((one, i) => strayFrom(schema["items"]!, one, root, `${path}[${i}]`)).slice(0, 5);
  if (kind !== "object" || !schema["properties"]) return [];
  const given = value as Record<string, unknown>;
  const missing = (schema["required"] as string[]).filter((name) => !(name in given));
  const unknown = Object.keys(given).filter((name) => !(name in schema["properties"]!));
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...unknown.map((name) => `${path}.${name} is not described`),
    ...Object.entries(given).flatMap(([name, one]) => {
      const inner = schema["properties"]![name];
      return inner ? strayFrom(inner, one, root, `${path}.${name}`) : [];
    }),
  ];
}

/** A post under way: four of thirteen have it; seven wait at large.test, two at home.test, where a name was said. */
async function underWay({ pool, clock }: Site, postId: string): Promise<void> {
  const now = clock.now();
  await pool`insert into sendings (item_id, planned, sent, planned_at, last_at) values (${postId}, 13, 4, ${now}, ${now})`;
  for (const [provider, count, problem] of [
    ["large.test", 7, ""],
    ["home.test", 2, "450 <mia@home.test> is asleep"],
  ] as const) {
    const ids = Array.from({ length: count }, () => newId(clock));
    await pool`
      insert into deliveries (id, class, carries, item_id, provider, recipients, size, created_at, due_at, problem)
      values (${newId(clock)}, 1, 'post', ${postId}, ${provider}, ${ids}::uuid[], 100, ${now}, ${now}, ${problem})`;
  }
}

async function filed({ pool, clock }: Site, groupName: string): Promise<{ mailId: string; postId: string }> {
  const [post] = await pool<{ id: string; groupId: string }[]>`
    select p.id, group_id as "groupId" from posts p join groups g on g.id = group_id where g.name = ${groupName} and number = 1`;
  const mailId = newId(clock);
  await pool`
    insert into outcomes (mail_id, recipient, received_at, at, outcome, detail, sender, group_id, post_id)
    values (${mailId}, ${`${groupName}@groups.test`}, ${clock.now()}, ${clock.now()}, 'posted', 'for mia@far.test',
      'ana@far.test', ${post!.groupId}, ${post!.id})`;
  return { mailId, postId: post!.id };
}

test("every address is described, and every description answers as it says, to strangers, members and owners", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers", footer: "Ask ana@far.test" }, MAILS, members);
  const { mailId, postId } = await filed(here, "readers");
  await underWay(here, postId);
  const { body: description } = await here.ask("/openapi.json");
  const documented = Object.entries(description["paths"]!).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  const served = here.app.routes
    .filter(({ path, method }) => path.startsWith(API) && method !== "ALL")
    .map(
      ({ path, method }) =>
        `${method} ${path.slice(API.length).replace(/:(\w+)(?:\{(?:[^{}]|\{[^{}]*\})*\})?/g, "{$1}")}`,
    );
  assert.deepEqual([...new Set(served)].sort(), documented.sort());

  const [topic] = (await here.ask("/groups/readers/topics")).body;
  const [visitors, typed] = [
    [{}, await signedIn(here, "mia@far.test"), await signedIn(here, "olga@far.test")] as Headers[],
    { subject: "Hello", text: "A word", inReplyTo: 1 },
  ];
  const answers: string[] = [];
  for (const [path, verbs] of Object.entries(description["paths"]!)) {
    const of = path.includes("topics") ? topic!["id"]! : mailId;
    const filled = path
      .replace("{name}", "readers")
      .replace("{number}", path.endsWith("delivery") || path.endsWith("recipients") ? "1" : "2")
      .replace("{id}", of)
      .replace("{address}", "mia@far.test")
      .replace("{letter}", "welcome");
    for (const [verb, operation] of Object.entries(verbs)) {
      for (const headers of visitors) {
        const answer = await here.app.request(`${API}${filled}`, {
          method: verb.toUpperCase(),
          headers: { ...headers, origin: URL_HERE, ...(verb === "post" && { "content-type": "application/json" }) },
          ...(verb === "post" && { body: JSON.stringify(typed) }),
        });
        answers.push(`${answer.status}`);
        const [type, { schema }] = Object.entries(
          (operation as Json)["responses"]![String(answer.status)]!["content"]!,
        )[0]! as [string, Json];
        assert.equal(answer.headers.get("content-type")?.split(";")[0], type, path);
        const body: unknown = type === "text/plain" ? await answer.text() : await answer.json();
        assert.deepEqual(strayFrom(schema!, body, description), [], `${verb} ${path}`);
        assert.equal(answer.headers.get("access-control-allow-origin"), null);
      }
    }
  }
  const cookie = description["components"]!["securitySchemes"]!["session"]!["name"]!;
  assert.equal(visitors[1]!["cookie"]!.split("=")[0], `__Secure-${cookie}`);
  assert.equal(
    answers.filter((status) => status === "401").length,
    25,
    "strangers: members, health, one's own membership, held posts, requests, invitations, rules, recipients, histories, letters, and writing",
  );
  assert.equal(
    answers.filter((status) => status === "403").length,
    30,
    "a member: members, held posts, requests, invitations, rules, recipients, letters; all three: providers",
  );
  assert.equal(answers.filter((status) => status === "202").length, 2);
  assert.deepEqual(
    strayFrom(description["components"]!["schemas"]!["Group"]!, { name: 1, extra: 2 }, description).slice(-2),
    ["$.extra is not described", "$.name is number, not string"],
    "what strays is noticed",
  );
});

test("groups and members have the shape that the commands print", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers", footer: "Ask ana@far.test" }, MAILS, members);
  const olga = await signedIn(here, "olga@far.test");
  const printed = async (...words: string[]): Promise<unknown> =>
    JSON.parse((await runHere([...words, "--json"], here.environment)).out);
  assert.deepEqual((await here.ask("/groups", olga)).body, await printed("group", "list"));
  assert.deepEqual((await here.ask("/groups/readers", olga)).body, await printed("group", "show", "readers"));
  assert.deepEqual((await here.ask("/groups/readers/members", olga)).body, await printed("member", "list", "readers"));
});

test("strangers get no address, in no field of anything", async (t) => {
  const here = await site(t);
  const group = { name: "readers", footer: "Ask ana@far.test", description: "By olga@far.test" };
  await groupWith(here.pool, here.clock, group, MAILS, members);
  const [topic] = (await here.ask("/groups/readers/topics?limit=1")).body;
  const paths = ["/groups", "/groups/readers", "/groups/readers/topics", `/groups/readers/topics/${topic!["id"]}`];
  for (const path of [...paths, "/groups/readers/posts/1", "/groups/readers/posts/2", "/groups/readers/posts/1/raw"]) {
    const answer = await here.app.request(`${API}${path}`);
    assert.equal(answer.status, 200, path);
    assert.doesNotMatch(await answer.text(), /@far/, path);
  }
  const stranger = (await here.ask("/groups/readers/posts/1")).body;
  assert.deepEqual(stranger["from"], { name: "Ana Lima", address: "ana@…" });
  assert.match(stranger["text"]!, /Write to ben@… about it/);
  const mia = await signedIn(here, "mia@far.test");
  const member = (await here.ask("/groups/readers/posts/1", mia)).body;
  assert.deepEqual(member["from"], { name: "Ana Lima", address: "ana@far.test" });
  assert.equal(member["messageId"], "one@far.test");
  const { html, attachments, references } = (await here.ask("/groups/readers/posts/2", mia)).body as unknown as {
    html: string;
    attachments: unknown[];
    references: string[];
  };
  assert.match(html, /who=ana@far\.test/);
  assert.doesNotMatch(html, /alert/);
  assert.deepEqual(references, ["one@far.test"]);
  const url = `${URL_HERE}/g/readers/2/part/0`;
  assert.deepEqual(attachments, [{ filename: "list.txt", type: "text/plain", size: 6, index: 0, url }]);
});

test("a members-only group and one that does not exist are one and the same to strangers", async (t) => {
  const here = await site(t);
  const secret = { name: "committee", title: "Secret plans", archive: "members" as const };
  await groupWith(here.pool, here.clock, secret, MAILS, members);
  const mia = await signedIn(here, "mia@far.test");
  const [topic] = (await here.ask("/groups/committee/topics", mia)).body;
  const other = await signedIn(here, "other@far.test");
  const below = ["", "/topics", `/topics/${topic!["id"]}`, "/posts/1", "/posts/1/raw"];
  for (const headers of [{}, other]) {
    for (const path of below) {
      const [closed, nowhere] = await Promise.all([
        here.ask(`/groups/committee${path}`, headers),
        here.ask(`/groups/nowhere00${path}`, headers),
      ]);
      assert.equal(closed.status, 404, path);
      assert.deepEqual(closed.body, nowhere.body);
    }
    const [closed, nowhere] = await Promise.all([
      here.ask("/groups/committee/members", headers),
      here.ask("/groups/nowhere00/members", headers),
    ]);
    assert.deepEqual([closed.status, closed.body], [nowhere.status, nowhere.body]);
    assert.deepEqual((await here.ask("/groups", headers)).body, []);
    const writing = await here.send("/groups/committee/posts", { subject: "x", text: "y" }, headers);
    assert.equal(writing.status, headers === other ? 404 : 401);
  }
  for (const path of below) {
    const answer = await here.app.request(`${API}/groups/committee${path}`, { headers: mia });
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("cache-control") ?? "", /^private/, "no cache on the way keeps it");
  }
  assert.equal((await here.ask("/groups", mia)).body[0]!["title"], "Secret plans");
  assert.equal((await here.ask("/groups/committee/members", mia)).body["error"]!["code"], "not_allowed");
  assert.equal((await here.ask("/groups/committee", mia)).body["owners"], undefined);
  for (const decider of ["mo@far.test", "olga@far.test"]) {
    const headers = await signedIn(here, decider);
    assert.equal((await here.ask("/groups/committee/members", headers)).body.length, 3);
    assert.deepEqual((await here.ask("/groups/committee", headers)).body["owners"], ["olga@far.test"]);
  }
});

test("ids of other groups, unknown ids and unknown addresses are not found, in JSON", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [mail("Chapter", "c@far.test")], members);
  await groupWith(
    here.pool,
    here.clock,
    { name: "cooks" },
    [mail("Soup", "s@far.test"), mail("Tea", "t@far.test")],
    members,
  );
  const [soup] = (await here.ask("/groups/cooks/topics")).body;
  const unknown = newId(here.clock);
  for (const path of [
    `/groups/readers/topics/${soup!["id"]}`,
    `/groups/readers/topics/${unknown}`,
    `/groups/readers/topics/${"-".repeat(36)}`,
    "/groups/readers/posts/2",
    "/groups/readers/posts/0",
    "/groups/readers/posts/99999999999",
    "/groups/%00",
    "/groups/readers%00/topics",
    `/mails/${unknown}`,
    "/mails/1",
    "/nowhere",
    "",
    "/",
  ]) {
    const { status, body } = await here.ask(path);
    assert.equal(status, 404, path);
    assert.equal(body["error"]!["code"], "not_found", path);
  }
  const wrongVerb = await here.app.request(`${API}/groups`, { method: "DELETE" });
  assert.equal(wrongVerb.status, 404);
  const mia = await signedIn(here, "mia@far.test");
  for (const inReplyTo of [2, "s@far.test", "<t@far.test>", "\0", -1, 1.5]) {
    const { status, body } = await here.send("/groups/readers/posts", { subject: "x", text: "y", inReplyTo }, mia);
    assert.equal(status, 400, String(inReplyTo));
    assert.match(body["error"]!["message"]!, /names no post of this group/);
  }
});

test("bad questions are answered with 400 and one sentence", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, MAILS, members);
  const [topic] = (await here.ask("/groups/readers/topics")).body;
  for (const query of [
    ...["limit=0", "limit=101", "limit=-1", "limit=many", "limit=", "limit=1e2", "limit=9999999999999"],
    ...["before=yesterday", "before=", "before=0000-01-01T00:00:00Z", "before=%2B275760-09-13T00:00:00.000Z"],
    ...["before=2026-13-01T00:00:00Z", "before=%00", "before=infinity"],
  ]) {
    const { status, body } = await here.ask(`/groups/readers/topics?${query}`);
    assert.equal(status, 400, query);
    assert.match(body["error"]!["message"]!, /^[^\n]+\.$/);
  }
  for (const query of ["limit=101", "before=0", "before=99999999999", "before=2026-03-01T09:00:00Z"])
    assert.equal((await here.ask(`/groups/readers/topics/${topic!["id"]}?${query}`)).status, 400, query);
  assert.equal((await here.ask("/groups?after=%00%ff")).status, 200, "nothing is asked of the database with it");
  const mia = await signedIn(here, "mia@far.test");
  for (const [body, words] of [
    ["{", /one JSON object/],
    ["[]", /one JSON object/],
    ["null", /one JSON object/],
    [{ text: "y" }, /subject must be a string/],
    [{ subject: 1, text: "y" }, /subject must be a string/],
    [{ subject: "x" }, /text must be a string/],
    [{ subject: "\r\n", text: "y" }, /Give it a subject/],
    [{ subject: "x".repeat(301), text: "y" }, /300 characters/],
    [{ subject: "x", text: " \n" }, /nothing to send/],
    [{ subject: "x", text: "y".repeat(500_001) }, /half a million/],
    [{ subject: "x", text: "y", inReplyTo: {} }, /inReplyTo must be/],
    [{ subject: "x", text: "y", from: "eve@far.test" }, /leave out everything else/],
  ] as const) {
    const answer = await here.send("/groups/readers/posts", body, mia);
    assert.equal(answer.status, 400);
    assert.match(answer.body["error"]!["message"]!, words);
  }
  const huge = await here.send("/groups/readers/posts", { subject: "x", text: "y".repeat(5_000_000) }, mia);
  assert.deepEqual([huge.status, huge.body["error"]!["code"]], [413, "too_large"]);
  assert.equal((await here.pool`select id from mails`).length, 0);
});

test("a list is walked to its end by its Link header, nothing twice and nothing left out", async (t) => {
  const here = await site(t);
  const thread = Array.from({ length: 7 }, (_, i) =>
    mail("Re: Long", `r${i}@far.test`, i === 0 ? "" : `In-Reply-To: <r${i - 1}@far.test>\r\n`),
  );
  const apart = Array.from({ length: 9 }, (_, i) => {
    const day = String(10 + Math.floor(i / 2)).padStart(2, "0");
    const text = mail(`Topic ${i}`, `t${i}@far.test`).toString();
    return Buffer.from(text.replace("Sun, 1 Mar 2026", `${day} Feb 2026`));
  });
  const many = Array.from({ length: 12 }, (_, i) => ({ address: `m${i}@far.test`, name: "" }));
  await groupWith(here.pool, here.clock, { name: "readers" }, [...thread, ...apart], [...members, ...many]);
  for (const name of ["ants", "bees", "cats"]) await directory.addGroup(here.pool, { name }, here.clock);
  const olga = await signedIn(here, "olga@far.test");
  const walk = async (
    path: string,
    pick: (body: Json) => Json[],
    limit: number,
  ): Promise<{ ids: Json[]; pages: number }> => {
    const ids: Json[] = [];
    let next: string | undefined = `${API}${path}?limit=${limit}`;
    let pages = 0;
    while (next && pages < 50) {
      const answer: Response = await here.app.request(next, { headers: olga });
      assert.equal(answer.status, 200, next);
      const some = pick((await answer.json()) as Json);
      assert.ok(some.length > 0 && some.length <= limit);
      ids.push(...some);
      pages += 1;
      next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    return { ids, pages };
  };
  const topics = await walk("/groups/readers/topics", (body) => body.map((one) => one["subject"]!), 3);
  assert.equal(topics.ids.length, 10);
  assert.equal(new Set(topics.ids).size, 10, "topics of the same minute are not cut in two");
  assert.ok(topics.pages >= 4);
  const [long] = (await here.ask("/groups/readers/topics?limit=1")).body;
  const posts = await walk(`/groups/readers/topics/${long!["id"]}`, (body) => body["posts"]!, 3);
  assert.deepEqual(
    posts.ids.map((post) => [post["number"], post["answers"]]),
    [7, 6, 5, 4, 3, 2, 1].map((number) => [number, number === 1 ? null : number - 1]),
  );
  const people = await walk("/groups/readers/members", (body) => body.map((one) => one["address"]!), 4);
  assert.deepEqual([people.ids.length, new Set(people.ids).size, people.pages], [15, 15, 4]);
  const groups = await walk("/groups", (body) => body.map((one) => one["name"]!), 2);
  assert.deepEqual([groups.ids, groups.pages], [["ants", "bees", "cats", "readers"], 2]);
});

test("a post sent to the API waits in the queue as one written on the page does, and can be followed", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, MAILS, members);
  const mia = await signedIn(here, "mia@far.test");
  const typed = {
    subject: "Re: Chapter\r\nBcc: all@far.test",
    text: "So did I — 日本\ud800",
    inReplyTo: "<one@far.test>",
  };
  const { status, body } = await here.send("/groups/readers/posts", typed, mia);
  assert.equal(status, 202);
  assert.equal(body["follow"], `${URL_HERE}/mail/${body["mail"]}`);
  const followed = (await here.ask(`/mails/${body["mail"]}`)).body;
  assert.equal(followed["state"], "waiting");
  assert.deepEqual(followed["waiting"]!["recipients"], ["readers@groups.test"]);
  assert.doesNotMatch(JSON.stringify(followed), /mia@/, "whose it is, is not said");
  assert.equal((await here.app.request(`/mail/${body["mail"]}`)).status, 200);
  const [waiting] = await queue.takeMails(here.pool, newId(here.clock), 10, here.clock.now());
  assert.equal(waiting!.sender, "mia@far.test");
  const [kept] = await here.pool<{ raw: Buffer }[]>`select raw from mails`;
  const written = unpack(kept!.raw).toString();
  assert.match(written, /^From: Mia <mia@far\.test>\r$/m);
  assert.match(written, /^In-Reply-To: <one@far\.test>\r$/m);
  assert.match(written, /^Subject: Re: Chapter Bcc: all@far\.test\r$/m, "a line end makes no field");
});

test("what writes comes from our own origin, as JSON, from somebody signed in", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers", nonmembers: "refuse" }, MAILS, members);
  const mia = await signedIn(here, "mia@far.test");
  const path = "/groups/readers/posts";
  const typed = { subject: "x", text: "y" };
  const code = async (headers: Headers): Promise<unknown[]> => {
    const { status, body } = await here.send(path, typed, headers);
    return [status, body["error"]?.["code"]];
  };
  assert.deepEqual(await code({}), [401, "sign_in_first"]);
  assert.deepEqual(await code(await signedIn(here, "other@far.test")), [403, "not_allowed"]);
  assert.deepEqual(await code({ ...mia, origin: "https://evil.test" }), [403, "from_elsewhere"]);
  assert.deepEqual(await code({ ...mia, origin: "null" }), [403, "from_elsewhere"]);
  const crossSite = { ...mia, origin: "https://evil.test", "sec-fetch-site": "cross-site" };
  assert.deepEqual(await code(crossSite), [403, "from_elsewhere"]);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
    assert.deepEqual(await code({ ...mia, "content-type": type }), [415, "not_json"], type);
  const silentOne = await here.app.request(`${API}${path}`, {
    method: "POST",
    body: JSON.stringify(typed),
    headers: { ...mia, "content-type": "application/json" },
  });
  assert.equal(silentOne.status, 403, "who does not say where it comes from is not believed");
  assert.equal((await here.pool`select id from mails`).length, 0);
  assert.deepEqual(await code({ ...mia, "content-type": "Application/JSON; charset=utf-8" }), [202, undefined]);
});

test("the status and the tracker speak of numbers and providers, never of whom", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "committee", archive: "members" }, MAILS, members);
  const { mailId, postId } = await filed(here, "committee");
  await underWay(here, postId);
  const { body: status } = await here.ask("/status");
  assert.equal(status["deliveries"]!["waiting"], 9);
  assert.deepEqual(
    status["deliveries"]!["providers"]!.map((one) => [one["provider"], one["recipients"]]),
    [
      ["large.test", 7],
      ["others", 2],
    ],
  );
  assert.doesNotMatch(JSON.stringify(status), /@|home\.test|committee|asleep/);
  const { body: followed } = await here.ask(`/mails/${mailId}`);
  assert.equal(followed["state"], "filed");
  assert.equal(followed["outcomes"]![0]!["outcome"], "posted");
  const [post] = followed["posts"]!;
  assert.deepEqual([post!["number"], post!["progress"]!["sent"], post!["progress"]!["planned"]], [1, 4, 13]);
  assert.doesNotMatch(JSON.stringify(followed), /far\.test|asleep/);

  await here.pool`delete from deliveries`;
  assert.equal(
    (await here.ask("/status")).body["deliveries"]!["waiting"],
    9,
    "sums are not made for everybody who asks",
  );
  here.clock.pass(MINUTE);
  assert.equal((await here.ask("/status")).body["deliveries"]!["waiting"], 0);
});

test("what has not changed is not sent again", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, MAILS, members);
  const { headers } = await here.ask("/groups/readers/posts/1");
  assert.match(headers.get("cache-control")!, /^public/);
  const again = { headers: { "if-none-match": headers.get("etag")! } };
  assert.equal((await here.app.request(`${API}/groups/readers/posts/1`, again)).status, 304);
  const mia = await signedIn(here, "mia@far.test");
  const member = await here.app.request(`${API}/groups/readers/posts/1`, { headers: { ...mia, ...again.headers } });
  assert.equal(member.status, 200, "a member sees more than a stranger");
  assert.match(member.headers.get("cache-control")!, /^private/);
  assert.match(member.headers.get("vary")!, /Cookie/);
});

test("with the database away the API says so, in JSON", async (t) => {
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: "groups.test", url: URL_HERE, outbound: { kind: "capture" } as const };
  const lost = openPool({ host: "127.0.0.1", port: 1, user: "nobody", database: "nowhere" }, { max: 1 });
  t.after(() => lost.end({ timeout: 1 }));
  const web = await startWeb({ listen: [], pool: lost, config, clock, log: silent });
  t.after(() => web.stop());
  for (const path of ["/groups", "/status", "/groups/readers/posts/1"]) {
    const answer = await web.app.request(`${API}${path}`);
    assert.equal(answer.status, 503, path);
    assert.equal(answer.headers.get("retry-after"), "10");
    assert.equal(((await answer.json()) as Json)["error"]!["code"], "away");
  }
});

test("every odd mail of the corpora is answered as described", { skip: without("mime") }, async (t) => {
  const here = await site(t);
  const odd = oddMails();
  const group = await groupWith(here.pool, here.clock, { name: "odd" }, [], members);
  const raws = odd.map((one) => one.raw);
  const numbers = await fileMails(here.pool, group.id, raws, here.clock);
  assert.ok(numbers.filter(Boolean).length > 100);
  const mia = await signedIn(here, "mia@far.test");
  const { body: description } = await here.ask("/openapi.json");
  const schema = description["components"]!["schemas"]!["Post"]!;
  for (const [i, number] of numbers.entries()) {
    if (number === 0) continue;
    for (const headers of [{}, mia]) {
      const { status, body } = await here.ask(`/groups/odd/posts/${number}`, headers);
      assert.equal(status, 200, odd[i]!.name);
      assert.deepEqual(strayFrom(schema, body, description), [], odd[i]!.name);
      assert.doesNotMatch(body["html"] ?? "", /<script|\son\w+=|javascript:/i, odd[i]!.name);
      if (headers !== mia) assert.doesNotMatch(JSON.stringify(body), /[\w.+=-]@[\w-]+\.[a-z]{2,}\b/i, odd[i]!.name);
    }
  }
  const topics = (await here.ask("/groups/odd/topics?limit=100", mia)).body;
  assert.deepEqual(
    strayFrom(
      { type: "array", items: description["components"]!["schemas"]!["Topic"]! } as unknown as Json,
      topics,
      description,
    ),
    [],
  );
});

test("providers are shown to operators as they are described, and changed by them alone", async (t) => {
  const here = await site(t);
  const { token } = await keys.serviceKeys(here.pool, "groups.test", here.clock);
  const operator = { cookie: `smartgroups.operator=${keys.operatorPass(token, "cookie", here.clock.now())}` };
  const link = { cookie: `smartgroups.operator=${keys.operatorPass(token, "link", here.clock.now())}` };
  await providers.standings(here.pool, ["google"], ["192.0.2.1"], here.clock.now());
  const settings = { standing: "closed", address: "192.0.2.1", connections: 3, "per-minute": "none" };
  for (const headers of [{}, link]) {
    for (const path of ["/providers", "/providers/google", "/providers/nowhere"])
      assert.equal((await here.ask(path, headers)).status, 403);
    assert.equal((await here.send("/providers/google", settings, headers)).status, 403);
  }
  const { body: description } = await here.ask("/openapi.json");
  const shape = (name: string) => ({ $ref: `#/components/schemas/${name}` }) as unknown as Json;
  const list = await here.ask("/providers?all=1", operator);
  assert.deepEqual(
    strayFrom({ type: "array", items: shape("Provider") } as unknown as Json, list.body, description),
    [],
  );
  assert.deepEqual(
    (await here.ask("/providers", operator)).body.map((one) => one["provider"]),
    ["google"],
  );
  const set = await here.send("/providers/google", settings, operator);
  assert.equal(set.status, 200);
  assert.deepEqual(strayFrom(shape("ProviderDetail"), set.body, description), []);
  assert.deepEqual(set.body["set"], ["connections", "per-minute"]);
  assert.equal(set.body["addresses"]![0]!["standing"], "closed");
  for (const [body, status] of [
    [{ connections: 0 }, 400],
    [{ connections: [] }, 400],
    [[], 400],
    ["{", 400],
    [{ colour: "red" }, 400],
  ] as const)
    assert.equal((await here.send("/providers/google", body, operator)).status, status);
  const elsewhere = { ...operator, origin: "https://elsewhere.test" };
  assert.equal((await here.send("/providers/google", { connections: 9 }, elsewhere)).status, 403);
  assert.equal((await here.ask("/providers/nowhere", operator)).status, 404);
  const after = await providers.limitsOf(here.pool, ["google"]);
  assert.equal(after.get("google")!.connections, 3);
});
