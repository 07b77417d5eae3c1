/** Every letter, as its receiver reads it: the texts are kept in test/letters, so that a person can read them all. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import PostalMime from "postal-mime";
import { catalogues, inLanguage } from "../src/language/language.ts";
import * as notices from "../src/notices/notices.ts";

const folder = new URL("./letters/", import.meta.url);
const languages = [...catalogues().keys()];
const writer = {
  domain: "groups.test",
  url: "https://groups.test",
  clock: { now: () => new Date("2026-11-24T09:00:00Z") },
};

const group = (language: string) => ({ id: "01890000-0000-7000-8000-000000000000", name: "readers", language });
const ordinary = (language: string): notices.OfGroup => ({
  to: "ana@far.test",
  name: "Ana Ruiz",
  about: { messageId: "one@far.test", subject: "The March meeting" },
  group: { ...group(language), title: "The Thursday readers" },
});

const EVIL = `Evil\r\nBcc: all@far.test\r\n\r\n<script>alert(1)</script> {link} {group} https://evil.test/ "\u202e\0`;
const hostile = (language: string): notices.OfGroup => ({
  to: "ana@far.test",
  name: EVIL.repeat(50),
  about: { messageId: "one@far.test", subject: EVIL },
  group: { ...group(language), title: EVIL },
});

const sample = (name: string, to: notices.OfGroup, wording?: notices.Wording): notices.Letter =>
  notices.sampleLetter(writer, notices.noticeNamed(name)!, to, wording);

/** Those of no group, and those about a group's own fate: nobody words them. */
const further = (language: string): notices.Letter[] => {
  const to = ordinary(language);
  const by = "Olga Novak";
  const day = new Date("2026-12-24T00:00:00Z");
  return inLanguage(language, () => [
    notices.signInLetter(writer, "ana@far.test", "https://groups.test/sign-in/example"),
    notices.confirmAddressLetter(writer, "ana@far.test", "ben@far.test", "example"),
    notices.accountChangedLetter(writer, "ana@far.test", "passkey"),
    notices.renamedLetter(writer, to, "thursday", by),
    notices.removingLetter(writer, to, day, by),
    notices.restoredLetter(writer, to, by),
    notices.removedLetter(writer, to),
    notices.topicWishLetter(writer, to, { id: "01890000", subject: "The March meeting" }, "mute"),
    notices.downloadReadyLetter(writer, "ana@far.test", 2),
    notices.confirmErasureLetter(writer, "ana@far.test", "example"),
    notices.erasureDueLetter(writer, "ana@far.test", "example", "2026-12-24"),
    notices.erasureStoppedLetter(writer, "ana@far.test", "The Thursday readers"),
    notices.erasedLetter(writer, "ana@far.test", 2, 12),
  ]);
};

const digests = (language: string): { kind: string; raw: Buffer }[] => {
  const of = (number: number, text: string) => ({
    ...{
      number,
      topicId: "01890000",
      subject: "The March meeting",
      authorName: "Ben Ito",
      authorAddress: "ben@far.test",
    },
    ...{ sentAt: writer.clock.now(), messageId: `${number}@far.test`, references: [], text, attachments: [] },
  });
  const posts = [of(1, "Shall we meet on Thursday?"), of(2, "> Shall we meet on Thursday?\n\nGladly.")];
  const about = { ...ordinary(language).group, tag: "" };
  return (["digest", "summary"] as const).flatMap((kind) =>
    notices
      .digestMails(writer, about, posts, { kind, form: "html", zone: "Europe/Berlin" })
      .map(({ raw }) => ({ kind, raw })),
  );
};

for (const language of languages) {
  test(`the letters in ${language} read as they are kept`, async () => {
    const texts: string[] = [];
    const worded = notices.NOTICES.map(({ name }) => ({ kind: name, raw: sample(name, ordinary(language)).raw }));
    for (const { kind, raw } of [...worded, ...digests(language), ...further(language)]) {
      const mail = await PostalMime.parse(raw);
      texts.push(`${"=".repeat(72)}\n${kind}\nSubject: ${mail.subject}\n\n${mail.text}`);
    }
    const written = texts.join("\n");
    const file = new URL(`${language}.txt`, folder);
    mkdirSync(folder, { recursive: true });
    if (process.env["UPDATE"]) writeFileSync(file, written);
    assert.equal(written, readFileSync(file, "utf8"), "UPDATE=1 keeps them anew");
  });
}

test("every letter is a sound mail, says what it is, and has the header it needs", async () => {
  for (const language of languages) {
    for (const { name, to } of notices.NOTICES) {
      for (const occasion of [ordinary(language), hostile(language)]) {
        const { raw } = sample(name, occasion);
        const head = raw.subarray(0, raw.indexOf("\r\n\r\n")).toString("latin1");
        const lines = raw.toString("latin1").split("\r\n");
        const mail = await PostalMime.parse(raw);
        const value = (key: string): string | undefined => mail.headers.find((one) => one.key === key)?.value;
        const what = `${name} in ${language}`;
        assert.ok(
          raw.every((byte) => byte < 128 && byte !== 0),
          `${what} is ASCII on the wire`,
        );
        assert.ok(
          lines.every((line) => line.length <= 998 && !/[\r\n]/.test(line)),
          `${what} has lines as RFC 5322 2.1.1 asks`,
        );
        assert.ok(Math.max(...head.split("\r\n").map((line) => line.length)) <= 200, `${what} has a folded header`);
        assert.equal(value("bcc"), undefined, what);
        assert.equal(value("precedence"), undefined, what);
        assert.equal(value("auto-submitted"), "auto-replied", what);
        assert.equal(value("content-language"), language, what);
        assert.equal(value("in-reply-to"), "<one@far.test>", what);
        assert.match(value("list-id")!, /<readers\.groups\.test>$/, what);
        assert.equal(value("list-unsubscribe") !== undefined, to !== "whoever asks", what);
        assert.match(value("message-id")!, /^<[0-9a-f-]{36}@groups\.test>$/, what);
        assert.ok(!Number.isNaN(Date.parse(mail.date!)), what);
        assert.equal(mail.from?.address, "readers-owner@groups.test", what);
        assert.deepEqual(
          mail.to?.map((one) => one.address),
          ["ana@far.test"],
          what,
        );
      }
    }
  }
});

test("text and HTML say the same, and neither takes a name for more than a name", async () => {
  for (const language of languages) {
    for (const { name } of notices.NOTICES) {
      const good = await PostalMime.parse(sample(name, ordinary(language)).raw);
      const bad = await PostalMime.parse(sample(name, hostile(language)).raw);
      const what = `${name} in ${language}`;
      assert.ok(good.html!.length < 20_000, `${what} is small`);
      assert.doesNotMatch(good.html!, /<img|<script|url\(|@import/, what);
      assert.match(good.html!, new RegExp(`<html lang="${language}" dir="ltr">`), what);
      assert.match(good.text!, /\n-- \nThe Thursday readers\nhttps:\/\/groups\.test\/g\/readers\n+$/, what);
      for (const line of good.text!.split("\n"))
        assert.ok(
          line.length <= (line.startsWith("  ") ? 78 : 72) || /^\S*$|https?:/.test(line.trim()),
          `${what} is wrapped: ${line}`,
        );
      for (const link of good.text!.match(/https:\S+/g) ?? [])
        assert.ok(good.html!.includes(link.replace(/[.,]$/, "")), link);
      assert.doesNotMatch(bad.html!, /<script|href="https:\/\/evil|[\u202a-\u202e\u2066-\u2069]/, what);
      assert.doesNotMatch(bad.text!, /[\u202a-\u202e\u2066-\u2069\0]/, what);
      assert.doesNotMatch(bad.subject!, /[\r\n\0]/, what);
    }
  }
});

test("an owner's wording is put around the values, once, and can't leave out what the letter is for", async () => {
  const wording = {
    subject: "{group} for {name}",
    text: "Dear {name}, {{group}} {link}\n\n<b>bold</b> {link}\n\n{link}\n",
  };
  const mail = await PostalMime.parse(sample("confirm-join", hostile("en"), wording).raw);
  assert.match(mail.text!, /\{link\} \{group\} https:\/\/evil/, "names in a value stay as they were");
  assert.match(mail.html!, /&lt;b&gt;bold&lt;\/b&gt;/);
  assert.match(
    mail.html!,
    /<a href="https:\/\/groups\.test\/join\/example"[^>]*>Join the group<\/a>/,
    "the button stays",
  );
  const lacking = sample("confirm-join", ordinary("en"), { subject: "Join", text: "Come in.\n" });
  assert.match((await PostalMime.parse(lacking.raw)).text!, /probably you/, "without its link it is the default");
  const notice = notices.noticeNamed("confirm-join")!;
  const check = (subject: string, text: string) => () =>
    notices.checkedWording(
      { subject, text },
      notices.valuesOf(notice).map(([name]) => name),
      notices.neededOf(notice),
    );
  assert.throws(check("Join", "Come in."), /The text needs \{link\}/);
  assert.throws(
    check("Join", "{lnik} {link}"),
    /There is no value \{lnik\} in this letter: choose among \{link\}, \{group\}/,
  );
  assert.throws(check("Join {0}", "{link}"), /There is no value \{0\}/);
  assert.throws(check(" \r\n ", "{link}"), /needs a subject/);
  assert.throws(check("Join", `{link}${"x".repeat(10_000)}`), /too long/);
  assert.deepEqual(check("Join\r\nBcc: x", "\r\n{link}\r\n\r\n")(), { subject: "Join Bcc: x", text: "{link}\n" });
});

test("whatever words an owner or a value may be made of, a bounded and sound letter comes of it", async () => {
  const pieces = [
    "{",
    "}",
    "{group}",
    "{link}",
    "{why}",
    "{{",
    "> ",
    "  ",
    "- ",
    "1. ",
    "# ",
    "\n",
    "\r",
    "\n\n",
    "<",
    "&",
    "\0",
    "\u2068",
    "\ud800",
    "שלום",
    "🙂",
    "https://x.test/",
    "-- ",
    "x".repeat(500),
    "a@b.test",
    "=?utf-8?q?x?=",
    "$&",
    "$1",
  ];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const some = (): string => Array.from({ length: next(60) }, () => pieces[next(pieces.length)]).join("");
  for (let round = 0; round < 300; round += 1) {
    const { name } = notices.NOTICES[next(notices.NOTICES.length)]!;
    const to = {
      ...ordinary("en"),
      name: some(),
      group: { ...group("en"), title: some() },
      about: { messageId: "a@b.test", subject: some() },
    };
    const { raw } = sample(name, to, { subject: some(), text: `${some()}{link}{back}{leave}{undo}{reason}` });
    const mail = await PostalMime.parse(raw);
    assert.equal(mail.from?.address, "readers-owner@groups.test");
    assert.ok(raw.length < 400_000 && mail.headers.length <= 17, `${round} of ${name}`);
  }
});

test("a second reader, Python's, finds no fault in any of them", (t) => {
  const mails = languages.flatMap((language) =>
    notices.NOTICES.flatMap(({ name }) =>
      [ordinary(language), hostile(language)].map((to) => sample(name, to).raw.toString("base64")),
    ),
  );
  const program = `
import base64, email, email.policy, sys
for line in sys.stdin:
    mail = email.message_from_bytes(base64.b64decode(line), policy=email.policy.default)
    faults = [str(d) for part in mail.walk() for d in part.defects]
    faults += [f"{k}: {d}" for k, v in mail.items() for d in getattr(v, "defects", [])]
    kinds = [part.get_content_type() for part in mail.walk()]
    print(len(faults), kinds == ["multipart/alternative", "text/plain", "text/html"], mail.get_body(("plain",)).get_content().rstrip().endswith("https://groups.test/g/readers"), *faults)
`;
  const ran = spawnSync("python3", ["-c", program], { input: `${mails.join("\n")}\n`, encoding: "utf8" });
  if (ran.error) return t.skip("there is no python3");
  const answers = ran.stdout.trim().split("\n");
  assert.equal(answers.length, mails.length, ran.stderr);
  assert.deepEqual([...new Set(answers)], ["0 True True"]);
});
