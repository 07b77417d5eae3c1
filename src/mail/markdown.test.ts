import assert from "node:assert/strict";
import { test } from "node:test";
import { oddTexts } from "../../test/support/hostile-markdown.ts";
import { flowed } from "./flowed.ts";
import { markdownPage, markdownToHtml } from "./markdown.ts";
import { filenameParameter, safeFileName } from "./post.ts";
import { readMail, saysMarkdown } from "./read.ts";

const page = (text: string): string => markdownToHtml(text, "page") ?? "";

test("Markdown becomes the HTML one means, and HTML that is typed stays text", () => {
  assert.equal(page("a **b** *c*\nd"), "<p>a <strong>b</strong> <em>c</em><br>\nd</p>\n");
  assert.equal(page("# H"), '<p class="heading"><b>H</b></p>\n');
  assert.match(page("<b onclick=x>y</b>"), /^<p>&lt;b onclick=x&gt;y&lt;\/b&gt;<\/p>/);
  assert.match(page("Best,\nAna\n-- \nAna *Lima*"), /Ana<\/p>\n<div class="signature">-- <br>\nAna \*Lima\*<\/div>/);
  assert.doesNotMatch(page("Ana\n---\n"), /heading/, "no headline by what stands below");
});

test("an answer right below a quote is no part of it, at any depth", () => {
  assert.match(page("> q\nanswer"), /<blockquote>\n<p>q<\/p>\n<\/blockquote>\n<p>answer<\/p>/);
  assert.match(page(">> old\n> new"), /old<\/p>\n<\/blockquote>\n<p>new<\/p>/);
  assert.match(page("```\n> in code\nstill\n```"), /<pre><code>&gt; in code\nstill<\/code><\/pre>/);
  assert.match(page(`> ${"long ".repeat(80)}`), /<details class="quote"><summary>Quoted text<\/summary><blockquote>/);
});

test("pictures from elsewhere are links; only what is sent along stands in the text", () => {
  assert.equal(page("![a](http://spy.test/x.gif)"), '<p><a href="http://spy.test/x.gif">a</a></p>\n');
  const pictures = [{ name: "a b.png", contentId: "1@x" }];
  assert.match(markdownToHtml("![s](cid:a%20b.png)", "mail", pictures)!, /<img src="cid:1@x" alt="s"/);
  assert.doesNotMatch(markdownToHtml("![s](cid:other.png)", "mail", pictures)!, /<img/);
});

/** What runs, or leads where no link of a mail may lead. */
const LIVE =
  /<(?!\/?(?:p|b|br|strong|em|s|a|ul|ol|li|blockquote|details|summary|pre|code|table|thead|tbody|tr|th|td|hr|div|img|h[1-6])\b)[a-z!/?]|<[^>]*\s(?:on\w+|srcdoc|formaction)\s*=|(?:href|src)="(?!https?:|mailto:|cid:)/i;

test("whatever is typed, nothing runs, nothing is lost in the deep, and it does not take long", () => {
  for (const [name, text] of oddTexts()) {
    const before = process.cpuUsage();
    for (const dress of ["page", "mail"] as const) {
      const made = markdownToHtml(text, dress);
      if (made === undefined) continue;
      assert.doesNotMatch(made, LIVE, name);
      let depth = 0;
      let deepest = 0;
      for (const [, slash] of made.matchAll(/<(\/?)(?:blockquote|ul|ol|li|em|strong|div)\b/g)) {
        depth += slash ? -1 : 1;
        deepest = Math.max(deepest, depth);
      }
      assert.equal(depth, 0, `${name}: what opens is closed`);
      assert.ok(deepest <= 120, `${name}: ${deepest} deep`);
      if (dress === "mail") assert.doesNotMatch(made, /style="[^"]*(?:url\(|expression|color:#(?!8b867b))/, name);
    }
    const ms = process.cpuUsage(before).user / 1000;
    assert.ok(ms < 3000, `${name} took ${Math.round(ms)} ms`);
    assert.ok(
      flowed(text)
        .split("\n")
        .every((line) => Buffer.byteLength(line) <= 4000),
      name,
    );
  }
  assert.equal(markdownPage(`${">".repeat(50)} deep`, [], "en"), undefined, "then the text goes alone");
});

test("text that is cut at 72 columns is joined again by a reader of format=flowed", () => {
  const text = `One ${"word ".repeat(40)}end\n> ${"quoted ".repeat(30)}end\n    code ${"x".repeat(90)}\n\`\`\`\n  ${"y ".repeat(60)}\n\`\`\`\nFrom here\n>no quote mark lost\n -- \n-- \nMia`;
  const sent = flowed(text);
  assert.ok(
    sent
      .split("\n")
      .filter((line) => !/x{9}|y y/.test(line))
      .every((line) => line.length <= 78),
  );
  const mail = Buffer.from(`Content-Type: text/plain; format=flowed; markup=markdown\n\n${sent}`);
  const read = readMail(mail).text!;
  assert.equal(saysMarkdown(mail), true);
  assert.match(read, /^One (?:word ){40}end$/m);
  assert.match(read, /^> (?:quoted ){30}end$/m);
  assert.match(read, /^From here$/m);
  assert.match(read, /^ {2}y y y/m);
  assert.match(read, /^-- \nMia$/m);
});

test("a file has a name that any system can keep, and every mail program reads", () => {
  assert.equal(safeFileName("../../etc/passwd"), "passwd");
  assert.equal(safeFileName("C:\\Users\\me\\a.doc"), "a.doc");
  assert.equal(safeFileName("..\u202egpj.exe"), "gpj.exe");
  assert.equal(safeFileName('a"b<c>\r\nX: y.txt'), "a_b_c_X_ y.txt");
  assert.equal(safeFileName("..."), "file");
  assert.ok([...safeFileName(`${"ä".repeat(500)}.pdf`)].length <= 120);
  for (const name of [
    "plain.txt",
    "Übersicht.pdf",
    "日本語の長い名前".repeat(8),
    'quote".txt',
    "a b;c=d.txt",
    "%27*.txt",
    "🙂.png",
  ]) {
    const raw = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/x-odd\r\nContent-Disposition: attachment;\r\n ${filenameParameter(name)}\r\n\r\nx\r\n--b--\r\n`,
    );
    assert.equal(readMail(raw).attachments[0]!.filename, name);
    for (const line of raw.toString().split("\r\n")) assert.ok(line.length <= 78, line);
  }
});
