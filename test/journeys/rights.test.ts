/** Who may do what, walked: every route of the web and of the API, as everybody, with ids of their own and foreign ones. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { type Answer, type Row, TABLE, WHO, type Who } from "../support/rights/table.ts";
import { type Asked, newWorld, URL_HERE, type World } from "../support/rights/world.ts";

const FILE = new URL("../../docs/rights.md", import.meta.url);
/** What reading writes: how far a member has read. */
const MARKS = new Set(["group_reads", "topic_reads"]);

const isApi = (row: Row): boolean => row.route.includes(" /api/");
const methodOf = (row: Row): string => row.route.split(" ")[0]!;

function classOf({ status, text, headers }: Asked): string {
  if (status === 404) return "hidden";
  if (status === 401) return "sign in";
  if (headers.get("location")?.startsWith("/sign-in?next=")) return "sign in";
  if (status === 403) return text.includes("You are not signed in any more") ? "sign in" : "no";
  return status >= 200 && status < 400 ? "yes" : String(status);
}

function sent(row: Row, world: World, who: Who, headers: Record<string, string> = { origin: URL_HERE }): RequestInit {
  if (methodOf(row) === "GET") return {};
  const fields = row.body?.(world, who) ?? {};
  return isApi(row)
    ? { body: JSON.stringify(fields), headers: { "content-type": "application/json", ...headers } }
    : { body: new URLSearchParams(fields as Record<string, string>), headers };
}

const FROM_ELSEWHERE = ["", "https://evil.test", "null", "https://groups.test.evil.test", "https://groups.test:444"];

/** The tables in which something is not as it was before. */
async function changedBy(world: World, what: () => Promise<void>): Promise<string[]> {
  await world.changes();
  await what();
  return world.changes();
}

/** Waits for all of them, so that nothing is under way any more when the first that failed is told. */
async function all(asked: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(asked)).find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
}

/** As somebody else's page would send it, and with ids that are not theirs to name: nothing changes. */
async function tryOthers(world: World, row: Row, who: Who, wanted: Answer, said: string): Promise<void> {
  const method = methodOf(row);
  const path = await row.at(world, who);
  const foreign = (await row.foreign?.(world, who)) ?? [];
  const from = method === "POST" && !row.fromElsewhere ? FROM_ELSEWHERE : [];
  if (from.length + foreign.length === 0) return;
  const changed = await changedBy(world, async () => {
    // They are asked at once: none may change anything, so none can stand in another's way.
    const fromThere = from.map(async (origin) => {
      const headers: Record<string, string> = origin ? { origin, "sec-fetch-site": "cross-site" } : {};
      const { status } = await world.ask(who, method, path, sent(row, world, who, headers));
      assert.equal(status, 403, `${said}, sent from "${origin}"`);
    });
    // An address that no route has at all is 404 for everybody, signed in or not.
    const expected = wanted === "yes" ? [row.foreignAs ?? "hidden"] : [wanted, "hidden"];
    const toThere = foreign.map(async (one) => {
      const got = classOf(await world.ask(who, method, one, sent(row, world, who)));
      assert.ok(expected.includes(got as Answer), `${said} at ${one}: ${got}, not ${expected}`);
    });
    await all([...fromThere, ...toThere]);
  });
  assert.deepEqual(changed, [], `${said}, from elsewhere and with foreign ids`);
}

async function walk(world: World, row: Row, who: Who, wanted: Answer): Promise<void> {
  const method = methodOf(row);
  const said = `${row.route} (${row.what}) as ${who}`;
  await world.restore();
  await tryOthers(world, row, who, wanted, said);
  const path = await row.at(world, who);
  const changed = await changedBy(world, async () => {
    const answer = await world.ask(who, method, path, sent(row, world, who));
    assert.equal(classOf(answer), wanted, `${said} at ${path}: answered ${answer.status}, wanted ${wanted}`);
  });
  if (wanted !== "yes" || row.idle?.includes(who)) assert.deepEqual(changed, [], said);
  else if (method === "GET")
    assert.deepEqual(
      changed.filter((name) => !MARKS.has(name)),
      [],
      said,
    );
  else assert.notEqual(changed.length, 0, `${said} changed nothing: what is it for?`);
  if (row.route === "POST /sign-out") await world.signIn(who);
}

/** `GET /g/:name/topic/:id`: a route of Hono's without its patterns. */
const plainRoute = ({ method, path }: { method: string; path: string }): string =>
  `${method} ${path.replace(/\/(:\w+)[^/]*/g, "/$1")}`;

/** One row of each kind of right for a page and a call that read and one that writes, and all where listed and private show more. */
const KINDS: Row[] = TABLE.filter((row, i) => {
  const kind = (one: Row): string => `${one.right.name} ${methodOf(one)} ${isApi(one)}`;
  return row.right.front !== undefined || TABLE.findIndex((one) => kind(one) === kind(row)) === i;
}).filter(({ route }) => route.includes("/:name"));

// The worlds are walked side by side: while one waits for its database, the other asks.
describe("the walk", { concurrency: 4 }, () => {
  for (const archive of ["public", "members"] as const)
    test(`in a group with ${archive === "public" ? "a public archive" : "an archive for its members"} everybody may do what the table says, and nothing else`, async (t) => {
      const world = await newWorld(t, archive === "public" ? "public" : "secret");
      const routes = new Set(world.app.routes.filter(({ method }) => method !== "ALL").map(plainRoute));
      const named = new Set(TABLE.map(({ route }) => route));
      assert.deepEqual(
        [...routes].filter((route) => !named.has(route)),
        [],
        "routes that the table does not name",
      );
      assert.deepEqual(
        [...named].filter((route) => !routes.has(route)),
        [],
        "routes that are not there any more",
      );
      const wrong: string[] = [];
      for (const row of TABLE)
        for (const [i, who] of WHO.entries())
          await walk(world, row, who, row.right[archive][i]!).catch((error: Error) => wrong.push(error.message));
      assert.equal(wrong.join("\n"), "");
    });

  for (const visibility of ["listed", "private"] as const)
    test(`in a ${visibility} group everybody sees what it is, and the rest is as in a secret one`, async (t) => {
      const world = await newWorld(t, visibility);
      assert.ok(KINDS.length > 15, "kinds of routes");
      const wrong: string[] = [];
      for (const row of KINDS)
        for (const [i, who] of WHO.entries())
          await walk(world, row, who, (row.right.front ?? row.right.members)[i]!).catch((error: Error) =>
            wrong.push(error.message),
          );
      assert.equal(wrong.join("\n"), "");
      const home = await world.ask("visitor", "GET", "/");
      assert.equal(home.text.includes('href="/g/readers"'), visibility === "listed", "the directory");
      const { text } = await world.ask("visitor", "GET", "/g/readers");
      assert.doesNotMatch(text, /Chapter one|far\.test/, "no post and no address");
    });
});

const SIGNS: Record<Answer, string> = { yes: "✓", "sign in": "sign in", no: "403", hidden: "404", "400": "400" };

function documented(): string {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  const cellsOf = (row: Row): string[] =>
    WHO.map((_, i) => {
      const [open, closed] = [SIGNS[row.right.public[i]!], SIGNS[row.right.members[i]!]];
      return open === closed ? open : `${open} / ${closed}`;
    });
  return `# Who may do what

Every address of the web and every call of the API, as each kind of visitor is answered. This file is made from
\`test/support/rights/table.ts\` (\`UPDATE=1 npm test -- test/journeys/rights.test.ts\`), and the test walks every route of the
running service as each of them: with ids of their own, of another group, of nothing, and malformed; forms with our own
origin, without one, and with another's. Where something may not be done, no row of any table may be added, changed or taken out.

✓: done or shown. *sign in*: a page leads to signing in and back, a form is kept to be sent again, the API says 401.
403: here, but not for them. 404: the same answer as for what does not exist. Two words: in a group with a public archive /
in one whose archive is for its members. An id of another group is 404 for whoever may do the same in their own.

${line(["route", "what", "right", ...WHO])}
${line(Array(WHO.length + 3).fill("---"))}
${TABLE.map((row) => line([`\`${row.route}\``, row.what, row.right.name, ...cellsOf(row)])).join("\n")}
`;
}

test("docs/rights.md is the table", async () => {
  if (process.env["UPDATE"]) await writeFile(FILE, documented());
  assert.equal(
    await readFile(FILE, "utf8").catch(() => ""),
    documented(),
    "refresh with UPDATE=1 npm test -- test/journeys/rights.test.ts",
  );
});
