import assert from "node:assert/strict";
import { test } from "node:test";
import { snippet, textToHtml } from "./text.ts";

test("text is escaped and its lines stay lines", () => {
  assert.equal(textToHtml('a <b> & "c"\nd  e\n'), "a &lt;b&gt; &amp; &quot;c&quot;<br>\nd&nbsp; e\n");
  assert.equal(textToHtml("  x"), "&nbsp; x\n");
  assert.equal(textToHtml(""), "");
});

test("addresses in the text become links, and only those of the web and of mail", () => {
  assert.match(
    textToHtml("see https://far.test/a?b=1&c=2."),
    /<a href="https:\/\/far\.test\/a\?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow">https:\/\/far\.test\/a\?b=1&amp;c=2<\/a>\./,
  );
  assert.doesNotMatch(textToHtml("javascript:alert(1) and ftp://x.test file.py"), /<a /);
  assert.doesNotMatch(textToHtml('https://far.test/"><script>alert(1)</script>'), /<script|"><s/);
});

test("a short quote is shown and a long one folds away", () => {
  assert.equal(textToHtml("> one\n> two\nmine"), "<blockquote>\none<br>\ntwo<br>\n</blockquote>\nmine\n");
  const long = textToHtml("> 1\n> 2\n> 3\n>> deep\n> 5\nmine");
  assert.match(long, /^<details class="quote"><summary>5 quoted lines<\/summary><blockquote>\n1<br>/);
  assert.match(long, /<blockquote>\ndeep<br>\n<\/blockquote>\n5<br>\n<\/blockquote><\/details>\nmine\n$/);
});

test("quotes are balanced however they jump", () => {
  const html = textToHtml(">>>>>>>>>>>>>> a\n> b\n>> > c\nd\n> e");
  assert.equal(html.match(/<blockquote>/g)!.length, html.match(/<\/blockquote>/g)!.length);
  assert.doesNotMatch(textToHtml(">From the sea"), /blockquote/);
});

test("a signature stands apart, and a quote below it does not belong to it", () => {
  assert.equal(textToHtml("hi\n-- \nAna"), 'hi<br>\n<div class="signature">-- <br>\nAna\n</div>\n');
  assert.match(textToHtml("hi\n-- \nAna\n> old"), /Ana<br>\n<\/div>\n<blockquote>/);
});

test("a patch is shown as one", () => {
  const html = textToHtml("Please look:\n\n--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n same\n-old <x>\n+new\n\n-- \nAna");
  assert.match(html, /<pre class="patch"><span class="file">--- a\/x\.c<\/span>/);
  assert.match(
    html,
    /<span class="hunk">@@ -1,2 \+1,2 @@<\/span>\n same\n<span class="removed">-old &lt;x&gt;<\/span>\n<span class="added">\+new<\/span><\/pre>/,
  );
  assert.match(html, /<div class="signature">/);
  assert.doesNotMatch(textToHtml("--- a line that is no patch\nat all"), /<pre/);
});

test("endless text is cut and endless lines are not searched for links", () => {
  assert.match(textToHtml("word ".repeat(400_000)), /longer than 1 MB/);
  assert.doesNotMatch(textToHtml(`${"http://".repeat(100_000)}`), /<a /);
});

test("a snippet is what the author wrote", () => {
  assert.equal(snippet("On Monday, Ana wrote:\n> old\n\nI agree\nwith you.\n\n-- \nBen"), "I agree with you.");
  assert.equal(snippet("Hello all,\nnews: here"), "Hello all, news: here");
  assert.equal(snippet("yes\n____________________________________\nlist footer"), "yes");
  const long = snippet("wörd ".repeat(200));
  assert.ok(long.length <= 200 && long.endsWith("…"));
  assert.equal([...snippet("😀".repeat(500))].length, 200);
  assert.equal(snippet(""), "");
});
