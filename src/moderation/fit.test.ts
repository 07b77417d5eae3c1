import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsed } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { checkRule, doesFit, type Judged } from "./fit.ts";
import type { NewRule } from "./rules.ts";
import { ruleFrom } from "./spoken.ts";

const post = (more: Partial<Judged> & { body?: string } = {}): Judged => ({
  fields: [],
  subject: "A house for sale",
  author: "Ana Müller <ana@far.test>",
  text: () => more.body ?? "Good day,\n\nwho wants it?",
  ...more,
});

const rule = (how: NewRule["how"], pattern: string, field = "any"): NewRule =>
  checkRule({ field, how, pattern, action: "hold", why: "" });

test("words fit as they are written, whatever their case and wherever lines break", () => {
  assert.ok(doesFit(rule("words", "FOR sale"), post()));
  assert.ok(doesFit(rule("words", "day, who"), post()), "over a line's end");
  assert.ok(doesFit(rule("words", "müller"), post()));
  assert.ok(!doesFit(rule("words", "f.r sale"), post()), "a dot is a dot");
  assert.ok(!doesFit(rule("words", "sale", "text"), post()), "only where it looks");
  assert.ok(doesFit(rule("words", "ana@far.test", "from"), post()));
});

test("stars stand for anything, and all else for itself", () => {
  assert.ok(doesFit(rule("wildcard", "house * sale"), post()));
  assert.ok(doesFit(rule("wildcard", "day*wants"), post()), "also for a line's end");
  assert.ok(!doesFit(rule("wildcard", "h.use*sale"), post()));
  assert.ok(doesFit(rule("wildcard", "[x]*(y)", "subject"), post({ subject: "an [X] and a (Y)" })));
});

test("regular expressions are RE2's, on any header field", () => {
  const fields = [
    { name: "x-mailer", value: "Bot-17" },
    { name: "x-mailer", value: "Other" },
  ];
  assert.ok(doesFit(rule("regex", "^bot-\\d+$", "X-Mailer:"), post({ fields })));
  assert.ok(doesFit(rule("regex", "^other$", "x-mailer"), post({ fields })), "on each of them");
  assert.ok(!doesFit(rule("regex", "^bot$", "x-mailer"), post({ fields })));
  for (const wrong of ["(a", "(a)\\1", "a(?=b)", "(?<!a)b", "a{2,1}", "((a{0,30}){0,30}){0,30}", "(?:a{0,500}){0,2}b"])
    assert.throws(() => rule("regex", wrong), Refusal, wrong);
});

test("no pattern takes longer than the text is long, whatever is written in either", () => {
  const hostile = [
    "(a+)+$",
    "(a|aa)*c",
    "(.*)(.*)(.*)(.*)(.*)x",
    "(a?){50}a{50}b",
    "(\\p{L}\\p{Lu}){0,50}z",
    "(x+x+)+y",
  ];
  const long = post({ body: "a".repeat(1_000_000), subject: "a".repeat(100_000) });
  for (const pattern of hostile) {
    const since = elapsed();
    doesFit(rule("regex", pattern), long);
    assert.ok(elapsed() - since < 1500, `${pattern} took ${elapsed() - since} ms`);
  }
  const since = elapsed();
  doesFit(rule("wildcard", "a*".repeat(200)), long);
  assert.ok(elapsed() - since < 1500, `stars took ${elapsed() - since} ms`);
});

/** A small generator of its own, so that a failure can be run again. */
function randoms(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

test("as the command says it, a rule is whole or refused in a sentence", () => {
  assert.deepEqual(ruleFrom({ words: "win now" }), rule("words", "win now"));
  const wrong: [Record<string, string>, RegExp][] = [
    [{ words: "a", regex: "b" }, /by one of words, wildcard, regex/],
    [{ action: "hold" }, /by one of words, wildcard, regex/],
    [{ wildcard: "**" }, /Say what the rule looks for/],
    [{ words: "a", field: "b c" }, /no header field/],
    [{ words: "a", action: "drop" }, /action can't be "drop"/],
    [{ words: "a", colour: "red" }, /A rule has no "colour"/],
    [{ words: "x".repeat(501) }, /500 characters/],
  ];
  for (const [pairs, sentence] of wrong) assert.throws(() => ruleFrom(pairs), sentence);
});

test("any typed rule is either refused in a sentence or can be asked of any post", () => {
  const parts = [
    "a",
    "*",
    "(",
    ")",
    "[",
    "]",
    "{2,3}",
    "\\",
    "\\d",
    "|",
    "+",
    "?",
    "^",
    "$",
    ".",
    "é",
    "😀",
    "\ud800",
    " ",
    "(?i)",
    "\\Q",
    "\\C",
    "[[:alpha:]]",
    "{9999}",
    "-",
    "\u0000",
    "\r\n",
    "(?P<n>",
    "\\p{Greek}",
  ];
  const random = randoms(20261124);
  let taken = 0;
  for (let i = 0; i < 4000; i += 1) {
    const pattern = Array.from({ length: random(9) }, () => parts[random(parts.length)]).join("");
    const how = (["words", "wildcard", "regex"] as const)[random(3)]!;
    const field = ["any", "subject", "X-Odd", "a b", "", "x".repeat(80), "from"][random(7)]!;
    try {
      const checked = checkRule({ field, how, pattern, action: "hold", why: pattern });
      taken += 1;
      assert.deepEqual(checkRule(checked), checked, "what was taken is taken again as it is");
      const body = Array.from({ length: random(40) }, () => parts[random(parts.length)]).join("");
      assert.equal(typeof doesFit(checked, post({ body, subject: body })), "boolean");
      if (how === "words" && !/\*/.test(pattern))
        assert.ok(
          doesFit({ ...checked, field: "subject" }, post({ subject: `x${pattern}y` })),
          "words fit where they stand",
        );
    } catch (error) {
      assert.ok(error instanceof Refusal, `${how} ${JSON.stringify(pattern)}: ${error}`);
      assert.ok(error.message.length < 300);
    }
  }
  assert.ok(taken > 1000, `${taken} were rules`);
});
