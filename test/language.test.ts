/** The catalogues have every sentence of the code, and no other. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { catalogues, en, inLanguage, languageFor, t, tn, told } from "../src/language/language.ts";

/** The keys of a source text: tagged templates t`…` and th`…`, and the last words of tn(count, "…", "…"). */
export function keysIn(source: string): string[] {
  const keys: string[] = [];
  for (const { index } of source.matchAll(/\b(?:th?|en)`/g)) {
    const key = templateAt(source, source.indexOf("`", index) + 1);
    if (key !== undefined) keys.push(key);
  }
  for (const found of source.matchAll(/\btn\(\s*[^"]*?,\s*("(?:[^"\\]|\\.)*"),\s*("(?:[^"\\]|\\.)*")/g))
    keys.push(JSON.parse(found[2]!) as string);
  return keys;
}

/** The template that begins here, with {0} for its values. */
function templateAt(source: string, from: number): string | undefined {
  let key = "";
  let count = 0;
  for (let at = from; at < source.length; at += 1) {
    const letter = source[at]!;
    if (letter === "`") return key;
    if (letter === "\\") {
      at += 1;
      key += source[at] === "n" ? "\n" : source[at];
    } else if (letter === "$" && source[at + 1] === "{") {
      key += `{${count++}}`;
      at = endOfValue(source, at + 2);
    } else key += letter;
  }
  return undefined;
}

/** Where the value that begins here ends: its braces and templates are skipped. */
function endOfValue(source: string, from: number): number {
  const open: string[] = ["}"];
  for (let at = from; at < source.length; at += 1) {
    const letter = source[at]!;
    const until = open.at(-1)!;
    if (letter === "\\") at += 1;
    else if (letter === until) {
      open.pop();
      if (open.length === 0) return at;
    } else if (until === "`") {
      if (letter === "$" && source[at + 1] === "{") {
        open.push("}");
        at += 1;
      }
    } else if (until === '"' || until === "'") continue;
    else if (letter === "{") open.push("}");
    else if (letter === "`" || letter === '"' || letter === "'") open.push(letter);
  }
  return source.length;
}

const root = new URL("../src/", import.meta.url);
const keys = new Set(
  globSync("**/*.ts", { cwd: root })
    .filter((file) => !file.endsWith(".test.ts") && !file.startsWith("language/"))
    .flatMap((file) => keysIn(readFileSync(new URL(file, root), "utf8"))),
);

const valuesIn = (text: string): string[] => [...text.matchAll(/\{\d+\}/g)].map((found) => found[0]).sort();
const tagsIn = (text: string): string[] => [...text.matchAll(/<\/?[a-z]+/g)].map((found) => found[0]).sort();

for (const [language, catalogue] of catalogues()) {
  if (language === "en") continue;
  test(`the catalogue ${language} has every sentence, with the same values and tags, and none that is gone`, () => {
    const had = new Set(Object.keys(catalogue.words));
    assert.deepEqual(
      { missing: [...keys].filter((key) => !had.has(key)), gone: [...had].filter((key) => !keys.has(key)) },
      { missing: [], gone: [] },
    );
    for (const [key, entry] of Object.entries(catalogue.words)) {
      for (const text of typeof entry === "string" ? [entry] : Object.values(entry)) {
        const wanted =
          typeof entry === "string" ? valuesIn(key) : valuesIn(key).filter((value) => text.includes(value));
        assert.deepEqual(valuesIn(text), wanted, `values in ${JSON.stringify(text)}`);
        assert.deepEqual(tagsIn(text), tagsIn(key), `tags in ${JSON.stringify(text)}`);
        assert.notEqual(text.trim(), "", `words for ${JSON.stringify(key)}`);
      }
    }
  });
}

/** Words that stand beside those of docs/words.md for the same thing, and apostrophes of a typewriter. */
const ASTRAY: Record<string, RegExp> = {
  de: /\b(?:Briefe?[ns]?|Eigentümern?|Besitzer|Moderatoren)\b|(?<!-)\bMails?\b(?!-)/,
  fr: /\p{L}'\p{L}|courriel|\blettres?\b(?!.*chiffre)(?! minuscules)/iu,
};

test("one thing has one word in German and in French, that of docs/words.md", () => {
  const astray = Object.entries(ASTRAY).flatMap(([language, pattern]) =>
    Object.values(catalogues().get(language)!.words)
      .flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)))
      .filter((text) => pattern.test(text)),
  );
  assert.deepEqual(astray, []);
});

test("sentences are found in the code, also where values have templates of their own", () => {
  const source = `t\`Join \${a}\` + th\`Leave <b>\${x ? \`\${y}\` : "}"}</b> \${z}?\` + tn(n, "{0} post", "{0} posts")`;
  assert.deepEqual(keysIn(source), ["Join {0}", "Leave <b>{0}</b> {1}?", "{0} posts"]);
});

test("without a catalogue, and outside of any language, it is English", () => {
  assert.equal(t`Join ${"readers"}`, "Join readers");
  assert.equal(tn(1, "{0} post", "{0} posts"), "1 post");
  assert.equal(tn(2, "{0} post", "{0} posts"), "2 posts");
  assert.equal(
    inLanguage("xx", () => t`Nobody has translated ${1} this`),
    "Nobody has translated 1 this",
  );
});

test("a reader's languages are weighed, and an odd field is English", () => {
  assert.equal(languageFor("de-AT,de;q=0.9,en;q=0.8"), "de");
  assert.equal(languageFor("xx, fr;q=0.3, en;q=0.2"), "fr");
  for (const odd of ["", "*", ";;;", "de;q=0", "de;q=x", "x".repeat(10_000)]) assert.equal(languageFor(odd), "en", odd);
});

test("what is kept in English is told in the language of the moment, with its values, and foreign text stays", () => {
  const member = en`${"Readers (a club)"} takes posts from its members only: join it first.`;
  assert.equal(member, "Readers (a club) takes posts from its members only: join it first.");
  inLanguage("de", () => {
    assert.equal(en`Its author is not a member.`, "Its author is not a member.", "kept in English whatever the moment");
    assert.equal(told("Its author is not a member."), "Der Absender ist kein Mitglied.");
    assert.match(told(member), /^Readers \(a club\) nimmt nur Beiträge von Mitgliedern an/);
    const nested = "mail came back, and the letter that asked too: the mailbox is full";
    assert.match(told(nested), /: das Postfach ist voll$/);
    for (const foreign of ["550 no such user", "constructor", "", "{0}", "x".repeat(100_000)])
      assert.equal(told(foreign), foreign);
  });
  assert.equal(told("Its author is not a member."), "Its author is not a member.");
});

test("counts are written as the language writes them", () => {
  assert.equal(tn(1204, "{0} post", "{0} posts"), "1,204 posts");
  assert.equal(
    inLanguage("de", () => tn(1204, "{0} post", "{0} posts")),
    "1.204 Beiträge",
  );
});

test("sides are start and end in the style sheet, so that pages turn around from right to left", () => {
  const sheets = globSync("web/assets/*.css", { cwd: root }).map((file) => readFileSync(new URL(file, root), "utf8"));
  const sheet = sheets.join("\n");
  const sided =
    /^\s+(?:(?:margin|padding|border)-(?:left|right)|left|right|float)\b.*|.*text-align: (?:left|right).*/gm;
  assert.deepEqual(sheet.match(sided), null);
});
