/** Languages: what a visitor chose or their browser asks for, a group's letters in its language, and commands in any. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { nodeClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import { catalogues } from "../../src/language/language.ts";
import { first, readHeader, splitMessage } from "../../src/mail/header.ts";
import { readMail } from "../../src/mail/read.ts";
import { startWeb } from "../../src/web/web.ts";
import { cloneDatabase } from "../support/database.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode } from "../support/node.ts";

const lettersTo = (node: TestNode, to: string): FarSideMail[] =>
  node.farSide.mailsFor(to).filter((mail) => mail.from === "");
const fieldOf = (mail: FarSideMail, name: string): string => first(readHeader(splitMessage(mail.raw).head), name) ?? "";

/** Proved by SPF and DMARC, so that they are told what became of their mail. */
const PROVED = { "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]], "_dmarc.far.test TXT": [["v=DMARC1; p=none"]] };

test("letters of a German group are German, whole, and say so", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"], zone: PROVED });
  await directory.setGroup(node.pool, node.group.id, { language: "de", nonmembers: "hold" });
  await node.pool`update memberships set role = 'owner'`;
  const from = "dan@far.test";
  await node.post({ from, to: "readers+hilfe@groups.test", subject: "" });
  await node.post({ from, to: "readers+beitreten@groups.test", subject: "" });
  await node.post({ from, to: "readers+austreten@groups.test", subject: "" });
  await node.post({ from, to: "readers@groups.test", subject: "Kapitel zwei" });
  await node.quiet();
  const letters = [...lettersTo(node, from), ...lettersTo(node, "ana@far.test")];
  const subjects = letters.map((mail) => readMail(mail.raw).subject);
  assert.deepEqual(subjects.toSorted(), [
    "Nicht an Readers geschickt: (ohne Betreff)",
    "Readers beitreten? Bitte bestätigen",
    "Readers per E-Mail benutzen",
    "Wartet auf die Moderation: Kapitel zwei",
    "Zu entscheiden in Readers: Kapitel zwei",
  ]);
  for (const mail of letters) {
    const { text, html } = readMail(mail.raw);
    assert.equal(fieldOf(mail, "content-language"), "de");
    assert.match(html!, /<html lang="de" dir="ltr">/);
    assert.doesNotMatch(
      text!.replace("Has anybody read it?", ""),
      /\b(?:the|and|with|your|you|of|by|are|has|this|that|it|its|is)\b/i,
    );
    for (const line of text!.split("\n").filter((one) => /\S\s\S/.test(one))) assert.ok(line.length <= 76, line);
  }
  const held = letters.find((mail) => readMail(mail.raw).subject.startsWith("Wartet"))!;
  assert.match(readMail(held.raw).text!, /Warum er wartet: Der Absender ist kein Mitglied\./);
  const help = letters.find((mail) => readMail(mail.raw).subject.includes("benutzen"))!;
  assert.match(readMail(help.raw).text!, / {2}Austreten: +readers\+verlassen@groups\.test\n/);
});

test("every command word of every language works behind a plus, and as the subject of a request", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"], zone: PROVED });
  const help = (): number => lettersTo(node, "eve@far.test").length;
  for (const [tag, { commands }] of catalogues())
    for (const word of commands.subscribe) {
      const from = `${tag}-${word.replace(/[^a-z]/g, "")}@far.test`;
      await node.post({ from, to: `readers+${word}@groups.test`, subject: "" });
    }
  await node.post({ from: "eve@far.test", to: "readers-request@groups.test", subject: "S'abonner" });
  await node.quiet();
  for (const [tag, { commands }] of catalogues())
    for (const word of commands.subscribe) {
      const [letter] = lettersTo(node, `${tag}-${word.replace(/[^a-z]/g, "")}@far.test`);
      assert.match(readMail(letter!.raw).subject, /^Join Readers\?/, word);
    }
  assert.equal(help(), 1);
  assert.match(readMail(lettersTo(node, "eve@far.test")[0]!.raw).subject, /^Join Readers\?/);
});

test("a group may end in a word of another language: nachbar-hilfe takes posts", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"] });
  const group = await directory.addGroup(node.pool, { name: "nachbar-hilfe" }, node.clock);
  await directory.addMembers(node.pool, group.id, [{ address: "ana@far.test", name: "" }], "test", node.clock);
  await node.post({ from: "ana@far.test", to: "nachbar-hilfe@groups.test", subject: "Wer hat eine Leiter?" });
  await node.quiet();
  assert.equal(node.farSide.mailsFor("ana@far.test").filter((mail) => mail.from !== "").length, 1);
});

test("a page is in the language of the visitor's choice, then of their browser, else English; caches are told", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = nodeClock();
  await directory.addGroup(pool, { name: "readers", title: "Readers" }, clock);
  const config = { domain: "groups.test", url: "http://groups.test", outbound: { kind: "direct" } as const };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const get = (headers: Record<string, string>): Promise<Response> =>
    Promise.resolve(web.app.request("http://groups.test/g/readers", { headers }));
  const languageOf = async (headers: Record<string, string>): Promise<string> =>
    /<html lang="([^"]+)"/.exec(await (await get(headers)).text())![1]!;
  assert.equal(await languageOf({}), "en-GB");
  assert.equal(await languageOf({ "accept-language": "fr-CH, en;q=0.5" }), "fr");
  assert.equal(await languageOf({ "accept-language": "fr", cookie: "language=de" }), "de");
  assert.equal(await languageOf({ "accept-language": "fr", cookie: "language=xx" }), "fr");
  assert.match((await get({})).headers.get("vary") ?? "", /accept-language/i);
  const german = await (await get({ "accept-language": "de" })).text();
  assert.match(german, /Neuer Beitrag/);

  const choose = (fields: Record<string, string>, origin = "http://groups.test"): Promise<Response> =>
    Promise.resolve(
      web.app.request("http://groups.test/language", {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { origin, "content-type": "application/x-www-form-urlencoded" },
      }),
    );
  const chosen = await choose({ language: "fr", next: "/g/readers?before=x" });
  assert.equal(chosen.headers.get("location"), "/g/readers?before=x");
  assert.match(chosen.headers.get("set-cookie")!, /^language=fr; .*HttpOnly.*SameSite=Lax/i);
  assert.equal((await choose({ language: "xx", next: "//evil.test/" })).headers.get("location"), "/");
  assert.equal((await choose({ language: "xx", next: "/" })).headers.get("set-cookie"), null);
  assert.equal((await choose({ language: "fr", next: "/" }, "http://evil.test")).status, 403);
});

test("two visitors at once each get their language, to the end of the page", async (t) => {
  const { pool } = await cloneDatabase(t);
  const config = { domain: "groups.test", url: "http://groups.test", outbound: { kind: "direct" } as const };
  const web = await startWeb({ listen: [], pool, config, clock: nodeClock(), log: silent });
  t.after(() => web.stop());
  const asked = Array.from({ length: 30 }, (_, i) => ["en", "de", "fr"][i % 3]!);
  const pages = await Promise.all(
    asked.map(async (language) =>
      (await web.app.request("http://groups.test/sign-in", { headers: { "accept-language": language } })).text(),
    ),
  );
  const words: Record<string, RegExp> = { en: /Mail me a link/, de: /Link zuschicken/, fr: /M’envoyer un lien/ };
  for (const [i, page] of pages.entries()) assert.match(page, words[asked[i]!]!);
});
