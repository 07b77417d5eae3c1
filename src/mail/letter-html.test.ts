import assert from "node:assert/strict";
import { test } from "node:test";
import { isolated } from "./isolate.ts";
import { letterHtml } from "./letter-html.ts";

const bodyOf = (text: string, labels?: Record<string, string>): string =>
  /<body[^>]*>([\s\S]*)<\/body>/.exec(letterHtml(text, labels))![1]!.replace(/ (?:style|role|cell\w+)="[^"]*"/g, "");

test("lines of a paragraph are joined, and blank lines part paragraphs", () => {
  assert.match(bodyOf("One line\nand the next.\n\nAnother.\n"), /<p>One line and the next\.<\/p>\n<p>Another\.<\/p>/);
});

test("an address on a line of its own is a button with its name, or a plain link without one", () => {
  const link = "https://groups.test/back/abc?x=1&y=2";
  assert.match(
    bodyOf(`Press here:\n${link}\n`, { [link]: "Send <again>" }),
    /<p>Press here:<\/p>\n<p><a href="https:\/\/groups\.test\/back\/abc\?x=1&amp;y=2">Send &lt;again&gt;<\/a><br><a href="https:\/\/groups\.test\/back\/abc\?x=1&amp;y=2">https/,
  );
  assert.match(bodyOf(link), />https:\/\/groups\.test\/back\/abc\?x=1&amp;y=2<\/a>/);
});

test("the first label is the main button, another a quiet one, and inside a sentence a label is the link's words", () => {
  const [first, second] = ["https://groups.test/back/a", "https://groups.test/leave/b"];
  const html = letterHtml(`Good day.\n\n${first}\n\n${second}\n\nOr so: ${second}\n`, {
    [first]: "Back",
    [second]: "Leave",
  });
  assert.match(html, /background:[^"]*">Back<\/a>/);
  assert.match(html, /border:1px solid currentcolor[^"]*">Leave<\/a>/);
  assert.match(html, /Or so: <a href="https:\/\/groups\.test\/leave\/b">Leave<\/a>/);
});

test("inside a sentence addresses are links, without the full stop behind them", () => {
  const html = bodyOf("Write to readers-owner@groups.test, or see https://groups.test/g/readers.");
  assert.match(html, /<a href="mailto:readers-owner@groups\.test">readers-owner@groups\.test<\/a>, or/);
  assert.match(html, /<a href="https:\/\/groups\.test\/g\/readers">https:\/\/groups\.test\/g\/readers<\/a>\./);
});

test("labels with their values in one column keep their lines", () => {
  const html = bodyOf("  Join:   readers+subscribe@groups.test\n  Leave:  readers+unsubscribe@groups.test\n");
  assert.match(html, /<span>Join:<\/span> <a href="mailto:[^"]*">[^<]*<\/a><br>\n<span>Leave:<\/span>/);
});

test("what is not ours becomes no link: quotations, and how a post begins", () => {
  for (const text of [
    "> See https://evil.test/now\n",
    "  Re: Offer\n  Buy at https://evil.test/now or bad@evil.test\n",
  ]) {
    const html = bodyOf(text);
    assert.doesNotMatch(html, /<a |<span/, text);
    assert.match(html, /https:\/\/evil\.test\/now/);
  }
});

test("markup in the text is text, wherever it stands", () => {
  const evil = `<img src=x onerror=alert(1)>"'&`;
  for (const text of [
    evil,
    `> ${evil}`,
    `  ${evil}\n  b`,
    `a: ${evil}\nb: c`,
    `https://x.test/${evil}`,
    `x@y.test${evil}`,
  ]) {
    const html = letterHtml(text);
    assert.doesNotMatch(html, /<img|onerror=alert\(1\)>/, text);
    assert.doesNotMatch(html, /href="[^"]*[<>]/, text);
  }
});

test("a long text of one letter, or of nothing but openings, is made at once", () => {
  for (const piece of ["a", "a@", "https://", "a.b@c.", "  a: ", "\n", "> "]) {
    assert.ok(letterHtml(piece.repeat(20_000)).length > 0);
  }
});

test("no colour of ours stands on a background that is not: the letter reads in the dark", () => {
  const html = letterHtml("Good day.\n\nhttps://groups.test/x\n\n> said\n", { "https://groups.test/x": "Open" });
  const styles = [...html.matchAll(/style="([^"]*)"/g)].map((found) => found[1]!);
  for (const style of styles) assert.equal(/(?:^|;)color:/.test(style), /background:/.test(style), style);
  assert.match(html, /color-scheme/);
});

test("a name that came from elsewhere keeps its direction and leads nowhere, and what is around it does", () => {
  const html = bodyOf(`${isolated("see https://evil.test/ \u202e now")} writes: see https://groups.test/g/readers.`);
  assert.match(
    html,
    /<bdi>see https:\/\/evil\.test\/ {2}now<\/bdi> writes: see <a href="https:\/\/groups\.test\/g\/readers">/,
  );
  assert.doesNotMatch(bodyOf(`  ${isolated("a")}\n  b`), /[\u2066-\u2069]/);
});

test("lists and headings of guidelines are set as such", () => {
  const html = bodyOf("# Be kind\nAnd short.\n\n- one\n  and more\n- two\n\n3. third\n4. fourth\n");
  assert.match(html, /<p>Be kind<\/p>\n<p>And short\.<\/p>/);
  assert.match(html, /<ul>\s*<li>one and more<\/li>\n<li>two<\/li><\/ul>/);
  assert.match(html, /<ol>\s*<li value="3">third<\/li>/);
});
