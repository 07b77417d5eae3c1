/**
 * Whether a group's rule fits a post. Pure.
 *
 * Patterns are written by people who run groups and tried on mail that strangers wrote, so nothing here may take longer
 * than the text is long: words are searched for, and wildcards and regular expressions are run by RE2, which has no
 * backtracking. Of a post a bounded piece is looked at.
 */
import { RE2JS } from "re2js";
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";
import { textOf } from "../mail/body.ts";
import { indexParts } from "../mail/parts.ts";
import type { Summary } from "../mail/summary.ts";
import type { NewRule, Rule, RuleAction } from "./rules.ts";

/** What rules look at. `text` is read only when a rule asks for it. */
export type Judged = {
  fields: readonly { name: string; value: string }[];
  subject: string;
  author: string;
  text: () => string;
};

export type Fit = { ruleId: string; place: number; action: RuleAction; why: string };

const LONGEST_PATTERN = 500;
const MOST_TEXT = 50_000;
/** Steps of a compiled expression: with MOST_TEXT, this is tens of milliseconds at the very worst. */
const MOST_STEPS = 500;
/** Of each part, before its encoding is undone. */
const MOST_BYTES = 200_000;
const MOST_VALUE = 10_000;
/** Fields of one name that are looked at: a header may have thousands. */
const MOST_FIELDS = 50;
/** Compiled patterns kept: more than the groups of a busy service use at once. */
const MOST_KEPT = 1000;

type Test = (text: string) => boolean;

/** The first rule that fits, in order. */
export function firstFit(rules: readonly Rule[], post: Judged): Fit | undefined {
  for (const rule of rules) {
    if (!doesFit(rule, post)) continue;
    return { ruleId: rule.id, place: rule.place, action: rule.action, why: rule.why };
  }
  return undefined;
}

export function doesFit(rule: Pick<NewRule, "field" | "how" | "pattern">, post: Judged): boolean {
  const test = testFor(rule);
  return textsOf(rule.field, post).some((text) => test(text));
}

/** A mail as rules look at it; its text is read when one asks for it. */
export function judgedBy({ raw, summary }: { raw: Buffer; summary: Summary }): Judged {
  let text: string | undefined;
  return {
    fields: summary.fields,
    subject: summary.subject,
    author: `${summary.authorName} <${summary.authorAddress}>`,
    text: () => {
      text ??= indexParts(raw)
        .filter((part) => part.type === "text/plain" || part.type === "text/html")
        .map((part) => textOf(raw, { ...part, end: Math.min(part.end, part.bodyStart + MOST_BYTES) }).text)
        .join("\n");
      return text;
    },
  };
}

function textsOf(field: string, post: Judged): string[] {
  const bounded = (text: string): string => text.slice(0, MOST_TEXT);
  switch (field) {
    case "subject":
      return [post.subject];
    case "from":
      return [post.author];
    case "text":
      return [bounded(post.text())];
    case "any":
      return [post.subject, post.author, bounded(post.text())];
    default:
      return post.fields
        .filter(({ name }) => name === field)
        .slice(0, MOST_FIELDS)
        .map(({ value }) => value.slice(0, MOST_VALUE));
  }
}

const kept = new Map<string, Test>();

function testFor({ how, pattern }: Pick<NewRule, "how" | "pattern">): Test {
  const key = `${how} ${pattern}`;
  const known = kept.get(key);
  if (known) return known;
  const made = compiled(how, pattern);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, made);
  return made;
}

function compiled(how: NewRule["how"], pattern: string): Test {
  if (how === "words") {
    const words = folded(pattern);
    return (text) => folded(text).includes(words);
  }
  const expression = how === "wildcard" ? fromWildcard(pattern) : pattern;
  const program = RE2JS.compile(expression, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL);
  if (how === "regex" && program.programSize() > MOST_STEPS)
    throw new Refusal(en`This regular expression is too large: repeat less in it.`);
  return (text) => program.test(how === "wildcard" ? folded(text) : text);
}

/** Stars stand for anything; what is written around them is found anywhere, unless a star stands at the end. */
const fromWildcard = (pattern: string): string => folded(pattern).split("*").map(RE2JS.quote).join(".*");

/** Letters of any case, and any white space, are the same: a header may be folded anywhere. */
const folded = (text: string): string => text.toLowerCase().replace(/\s+/g, " ");

/** A rule as it was typed, or a refusal in a sentence that says what to change. */
export function checkRule(typed: NewRule): NewRule {
  const field = typed.field.trim().toLowerCase().replace(/:$/, "");
  const why = typed.why.trim().slice(0, 500);
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(field))
    throw new Refusal(
      en`"${field.slice(0, 64)}" is no header field: write subject, from, text, any, or a name such as list-id.`,
    );
  const pattern = typed.how === "regex" ? typed.pattern : typed.pattern.trim();
  if (pattern.replaceAll("*", "").trim() === "") throw new Refusal(en`Say what the rule looks for.`);
  if (pattern.length > LONGEST_PATTERN) throw new Refusal(en`Keep what it looks for to ${LONGEST_PATTERN} characters.`);
  if (/[\r\n\0]/.test(pattern)) throw new Refusal(en`What it looks for must be a single line.`);
  try {
    compiled(typed.how, pattern);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      en`"${pattern.slice(0, 80)}" is no regular expression that can be used here: RE2's have no references back and no looking around.`,
    );
  }
  return { ...typed, field, pattern, why };
}
