/** Groups made on the web and by the API, from templates; the directory, the front page, and what is new in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, MINUTE } from "../../src/kit/clock.ts";
import { fileMails } from "../support/browser.ts";
import { aSite, type Site } from "../support/site.ts";

const operator = async (site: Site, address: string): Promise<string> => {
  const cookie = await site.signIn(address);
  const person = await directory.personWith(site.pool, address);
  await directory.setOperator(site.pool, person!.id, true);
  return cookie;
};

const api = (site: Site, path: string, body: object, cookie: string) => site.json(`/api/v1${path}`, body, cookie);

test("an operator makes a group with a template and owns it; who is none is told whom to ask", async (t) => {
  const site = await aSite(t);
  assert.equal((await site.get("/groups/new")).status, 303, "led to sign in");
  const mia = await site.signIn("mia@far.test");
  assert.match((await site.get("/groups/new", mia)).text, /made by the operators of this service/);
  assert.equal((await site.post("/groups/new", { name: "mine" }, mia)).status, 403);

  const olga = await operator(site, "olga@far.test");
  const form = await site.get("/groups/new", olga);
  assert.match(form.text, /@groups\.example\.org/);
  assert.match(form.text, /A neighbourhood.*Posts stay.*2 years/s, "what a template changes is shown before");
  const typed = {
    name: "Olive-Lane",
    title: "",
    description: "We live here.",
    language: "de",
    template: "neighbourhood",
  };
  for (const [name, words] of [
    ["", "The group needs a name"],
    ["readers", "already a group called readers"],
    ["no good", "can&#39;t be a group&#39;s name"],
  ] as const) {
    const refused = await site.post("/groups/new", { ...typed, name }, olga);
    assert.equal(refused.status, 400, name);
    assert.ok(refused.text.includes(words), name);
    assert.ok(refused.text.includes("We live here."), "nothing typed is lost");
  }
  assert.equal((await site.post("/groups/new", typed, olga)).location, "/g/olive-lane/about?made=1");
  const group = (await directory.groupNamed(site.pool, "olive-lane"))!;
  assert.partialDeepStrictEqual(group, {
    ...{ title: "olive-lane", description: "We live here.", language: "de", keep: "2y", newcomers: 2 },
  });
  assert.deepEqual(
    (await directory.ownersOf(site.pool, group.id)).map((one) => one.address),
    ["olga@far.test"],
  );
  assert.match((await site.get("/g/olive-lane/about?made=1", olga)).text, /Your group is made\./);
});

test("where everybody may make groups, a person makes so many a day, and an operator any number", async (t) => {
  const site = await aSite(t, { config: { making: "everybody", makingADay: 2 } });
  const mia = await site.signIn("mia@far.test");
  for (const name of ["one", "two"]) assert.equal((await site.post("/groups/new", { name }, mia)).status, 303, name);
  const third = await site.post("/groups/new", { name: "three" }, mia);
  assert.equal(third.status, 400);
  assert.match(third.text, /You have made 2 groups within a day/);
  site.clock.pass(DAY + MINUTE);
  assert.equal((await site.post("/groups/new", { name: "three" }, mia)).status, 303);
  const olga = await operator(site, "olga@far.test");
  for (const name of ["a1", "a2", "a3"]) assert.equal((await site.post("/groups/new", { name }, olga)).status, 303);
});

test("every template is made of settings that can be, and makes a group as it says", async (t) => {
  const site = await aSite(t);
  for (const template of directory.TEMPLATES) {
    directory.checkSettings(template.settings);
    const group = await directory.addGroup(
      site.pool,
      { ...template.settings, name: template.name } as unknown as directory.NewGroup,
      site.clock,
    );
    for (const [key, value] of Object.entries(template.settings))
      assert.equal(directory.settingValue(group, key as directory.Setting["key"]), value, `${template.name} ${key}`);
  }
  assert.throws(() => directory.templateNamed("castle"), /choose one of club, team/);
});

test("the API makes, changes, renames and closes groups with the same rights and refusals", async (t) => {
  const site = await aSite(t);
  const mia = await site.signIn("mia@far.test");
  const mona = await site.signIn("mona@far.test");
  const olga = await operator(site, "olga@far.test");
  const made = await api(
    site,
    "/groups",
    { name: "books", title: "Books", template: "announcements", sizeMax: 500 },
    olga,
  );
  assert.equal(made.status, 201);
  assert.partialDeepStrictEqual(made.body, { name: "books", posting: "moderators", sizeMax: 500 });
  assert.equal((await api(site, "/groups", { name: "mine" }, mia)).status, 403);
  assert.equal((await api(site, "/groups", { title: "No name" }, olga)).status, 400);
  for (const cookie of [mia, mona])
    assert.equal((await api(site, "/groups/readers", { title: "Mine" }, cookie)).status, 403);
  const wrong = await api(site, "/groups/readers", { title: "New", reply: "nobody" }, olga);
  assert.equal(wrong.status, 400);
  assert.equal((await directory.groupNamed(site.pool, "readers"))?.title, "Readers", "all or nothing");
  assert.equal((await api(site, "/groups/readers", { weight: 50 }, olga)).status, 403, "an operator's, by the command");
  const changed = await api(site, "/groups/readers", { title: "New", name: "readers2" }, olga);
  assert.partialDeepStrictEqual(changed.body, { name: "readers2", title: "New", listId: "readers" });
  assert.equal((await api(site, "/groups/readers2/end", { do: "remove" }, olga)).status, 400);
  const going = await api(site, "/groups/readers2/end", { do: "remove", typed: "readers2" }, olga);
  assert.equal((going.body as { eraseAt: string }).eraseAt, "2026-03-16T10:00:00.000Z");
  assert.equal(
    ((await api(site, "/groups/readers2/end", { do: "restore" }, olga)).body as { eraseAt: null }).eraseAt,
    null,
  );
});

const mail = (number: number, subject: string): Buffer =>
  Buffer.from(
    `From: Ana <ana@far.test>\r\nSubject: ${subject}\r\nMessage-ID: <${number}.${subject.replace(/\W/g, "")}@far.test>\r\nDate: Sun, 1 Mar 2026 0${number % 10}:00:00 +0000\r\n\r\nHello\r\n`,
  );

test("the directory lists what everybody may know of, page by page in each order, and finds words; private groups stay out", async (t) => {
  const site = await aSite(t, { settings: { archive: "members", description: "hidden words" } });
  for (let i = 0; i < 60; i += 1) {
    site.clock.pass(MINUTE);
    const name = `g${String(i).padStart(2, "0")}`;
    const group = await directory.addGroup(
      site.pool,
      { name, title: `Title ${99 - i}`, description: `about ${name} write to x@far.test` },
      site.clock,
    );
    if (i % 10 === 0) await fileMails(site.pool, group.id, [mail(i / 10, `In ${name}`)], site.clock);
  }
  const walk = async (query: string): Promise<string[]> => {
    const names: string[] = [];
    for (let path: string | undefined = `/groups${query}`; path !== undefined; ) {
      const { text, status } = await site.get(path);
      assert.equal(status, 200, path);
      names.push(...[...text.matchAll(/class="group-link" href="\/g\/([^"]+)"/g)].map((found) => found[1]!));
      path = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
    }
    return names;
  };
  const all = Array.from({ length: 60 }, (_, i) => `g${String(i).padStart(2, "0")}`);
  assert.deepEqual(await walk("?by=title"), all.toReversed());
  assert.deepEqual(await walk("?by=newest"), all.toReversed());
  const lively = await walk("");
  assert.deepEqual(lively.slice(0, 6), ["g50", "g40", "g30", "g20", "g10", "g00"]);
  assert.deepEqual(lively.toSorted(), all, "each once, also without a post");
  assert.deepEqual(
    await walk("?find=ABOUT+g4"),
    all
      .filter((name) => name.startsWith("g4"))
      .toSorted((a, b) => (a === "g40" ? -1 : b === "g40" ? 1 : b.localeCompare(a))),
  );
  const page = await site.get("/groups?find=hidden");
  assert.match(page.text, /No group has “hidden”/);
  assert.ok(!(await site.get("/groups")).text.includes("x@far.test"), "addresses are cut");
  for (const odd of ["?after=%25", "?by=x", "?find=%25_'", "?after=nobody-here"])
    assert.equal((await site.get(`/groups${odd}`)).status, 200, odd);
});

test("the front page and the rail say in how many topics of my groups something is new", async (t) => {
  const site = await aSite(t);
  const mia = await site.signIn("mia@far.test");
  await fileMails(site.pool, site.group.id, [mail(1, "Old"), mail(2, "Older")], site.clock);
  await site.get("/g/readers", mia);
  assert.ok(!(await site.get("/", mia)).text.includes("something new"));
  await fileMails(site.pool, site.group.id, [mail(3, "News"), mail(4, "More"), mail(5, "Last")], site.clock);
  const home = await site.get("/", mia);
  assert.match(home.text, /3 topics with something new/);
  assert.match(home.text, /<bdi>Last<\/bdi>/, "the newest topic");
  assert.match(home.text, /class="waits" aria-hidden="true">3<\/b>/, "in the rail");
  const [topic] = await archive.topics(site.pool, site.group.id, null, 1);
  await site.get(`/g/readers/topic/${topic!.id}`, mia);
  assert.match((await site.get("/", mia)).text, /2 topics with something new/);
  assert.ok(!(await site.get("/")).text.includes("something new"), "strangers have nothing new");
});

test("about a group: its guidelines, how to join and write, how long posts stay; strangers see no addresses in its words", async (t) => {
  const site = await aSite(t, {
    settings: { description: "Write to ana@far.test", guidelines: "Be kind.\n\nNo <adverts>.", keep: "90d" },
  });
  const stranger = (await site.get("/g/readers/about")).text;
  for (const words of ["Be kind.", "No &lt;adverts&gt;.", "ana@…", "90 days", "readers+subscribe@groups.example.org"])
    assert.ok(stranger.includes(words), words);
  const member = (await site.get("/g/readers/about", await site.signIn("mia@far.test"))).text;
  assert.ok(member.includes("ana@far.test"));
  assert.ok(!member.includes("How to join"));
});
