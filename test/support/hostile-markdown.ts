/** Texts that were made to break a Markdown reader: scripts, bombs of nesting, and what once took quadratic time. */
export function oddTexts(): [name: string, text: string][] {
  const n = (text: string, count: number): string => text.repeat(Math.ceil(count / 2));
  const lines = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join("\n");
  const bombs: [string, string][] = [
    ["quotes", n(">", 90_000)],
    ["quotes, deeper each line", lines(400, (i) => `${n(">", i)} x`)],
    ["lists in lists", lines(300, (i) => `${n(" ", i * 2)}- x`)],
    ["lists on a line", n("- + ", 20_000)],
    ["emphasis", n("*a ", 30_000)],
    ["emphasis within", n("**a*", 22_000)],
    ["underscores", n("_a_b", 22_000)],
    ["brackets", n("[", 90_000)],
    ["links within", `${n("[a](", 20_000)}`],
    ["images", n("![", 45_000)],
    ["ticks", lines(400, (i) => n("`", i))],
    ["a wide table", `|${n("a|", 300)}\n|${n("-|", 300)}\n${n("|\n", 40_000)}`],
    ["addresses", n("http://a.", 11_000)],
    ["mail addresses", n("a@", 40_000)],
    ["entities", n("&", 90_000)],
    ["backslashes", n("\\", 90_000)],
    ["angles", n("<", 90_000)],
    ["autolinks", n("<http:", 16_000)],
    ["line ends", n("a\n", 49_000)],
    ["strikes", n("~~a", 33_000)],
    ["NULs and halves", n("\0\ud800*", 20_000)],
    ["too long", "a".repeat(100_001)],
  ];
  const scripts = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.test)",
    "[x](/relative)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x](cid:"onload="alert(1))',
    '[x](http://a.test/"onmouseover="alert(1))',
    '[x](http://a.test "title" onclick=x)',
    '![" onerror="alert(1)](http://a.test)',
    "[a]: javascript:alert(1)\n\n[a]",
    '```"><script>alert(1)</script>\nx\n```',
    '```js" onclick="x\nx\n```',
    "`</code><script>`",
    "|<script>|\n|-|\n|<img onerror=x>|",
    "|a|\n|:-:|\n|b|",
    "-- \n<script>alert(1)</script>",
    "<!-- --> <![CDATA[ <? ?> </p></div>",
    "# <svg onload=alert(1)>",
    "> <iframe srcdoc=x>",
    "http://a.test/<script>",
    "mailto:a@b.test?x=<script>",
    "\u2028<script>\u2029",
  ];
  return [...bombs, ...scripts.map((text): [string, string] => [text, text]), ...random(scripts)];
}

/** Pieces of all of them thrown together, the same each time. */
function random(scripts: readonly string[]): [string, string][] {
  const marks = [
    "*",
    "**",
    "_",
    "`",
    "```\n",
    "> ",
    ">> ",
    "- ",
    "1. ",
    "#",
    "|",
    "\n",
    "\n\n",
    "    ",
    "[",
    "](",
    ")",
    "![",
    "<",
    ">",
    '"',
    "-- \n",
    "http://a.test",
    "a",
    " ",
  ];
  const pieces = [...marks, ...marks, ...scripts];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  return Array.from({ length: 300 }, (_, i): [string, string] => [
    `mixture ${i}`,
    Array.from({ length: 5 + next(120) }, () => pieces[next(pieces.length)]).join(""),
  ]);
}
