/** The settings page of a group: sections, refusals beside their fields, and who may. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { inLanguage, told } from "../../src/language/language.ts";
import { aSite } from "../support/site.ts";

test("an owner sees what is set by section, changes a section, and only that is changed", async (t) => {
  const site = await aSite(t);
  const olga = await site.signIn("olga@far.test");
  const overview = await site.get("/g/readers/settings", olga);
  assert.equal(overview.status, 200);
  for (const words of ["About the group", "Seeing and joining", "Wait for a moderator", "/g/readers/settings/mail"])
    assert.ok(overview.text.includes(words), words);
  const form = await site.get("/g/readers/settings/about", olga);
  assert.match(form.text, /name="title" [^>]*value="Readers"/s);
  const answer = await site.post(
    "/g/readers/settings/about",
    { title: " The readers ", description: "Books.\r\nAnd more.\r\n", guidelines: "Be kind.", language: "de" },
    olga,
  );
  assert.equal(answer.status, 303);
  assert.equal(answer.location, "/g/readers/settings?saved=1");
  const group = await directory.groupNamed(site.pool, "readers");
  assert.partialDeepStrictEqual(group, {
    ...{ title: "The readers", description: "Books.\nAnd more.", guidelines: "Be kind.", language: "de" },
    ...{ archive: "public", nonmembers: "hold" },
  });
});

test("what can't be comes back with everything typed, and a sentence beside its field", async (t) => {
  const site = await aSite(t);
  const olga = await site.signIn("olga@far.test");
  const typed = { title: "", description: "Kept <as> typed", language: "klingon" };
  const answer = await site.post("/g/readers/settings/about", typed, olga);
  assert.equal(answer.status, 400);
  assert.match(answer.text, /id="field-title-problem">It needs some words\./);
  assert.ok(answer.text.includes("Kept &lt;as&gt; typed"));
  assert.equal((await directory.groupNamed(site.pool, "readers"))?.description, "");
});

test("only who may change settings sees them, and a section that is none is not there", async (t) => {
  const site = await aSite(t);
  const mia = await site.signIn("mia@far.test");
  const olga = await site.signIn("olga@far.test");
  for (const path of ["/g/readers/settings", "/g/readers/settings/about"]) {
    assert.equal((await site.get(path)).status, 303);
    assert.equal((await site.get(path, mia)).status, 403);
  }
  assert.equal((await site.post("/g/readers/settings/about", { title: "Mine" }, mia)).status, 403);
  assert.equal((await site.get("/g/readers/settings/nothing", olga)).status, 404);
  assert.equal((await directory.groupNamed(site.pool, "readers"))?.title, "Readers");
});

test("every setting has a kind that its column keeps, and its refusal is told in German", async (t) => {
  const site = await aSite(t);
  const group = (await directory.groupNamed(site.pool, "readers"))!;
  for (const setting of directory.SETTINGS) {
    const value = directory.settingValue(group, setting.key);
    assert.equal(directory.problemWith(setting, value), undefined, `${setting.key} as it is by itself: "${value}"`);
    const again = await directory.setGroup(site.pool, group.id, { [setting.key]: value });
    assert.deepEqual(again[setting.key], group[setting.key], setting.key);
  }
  const problem = directory.problemWith(directory.settingOf("reply")!, "nobody")!;
  assert.equal(problem, "Choose one of these: author, group.");
  assert.equal(
    inLanguage("de", () => told(problem)),
    "Wählen Sie eines davon: author, group.",
  );
});
