/**
 * Language: the words a person reads, in the language of the moment.
 *
 * English stands in the code, where the reader of the code needs it: t`Join ${title}`. It is the key under which a
 * catalogue (`de.json`, `fr.json`) has the same sentence in another language; what a catalogue lacks is said in English.
 * Adding a language is adding a file. Whoever serves a request or writes a letter says once in which language
 * (`inLanguage`), and everything called from there follows. test/language.test.ts keeps the catalogues complete.
 *
 * What is written down (why a mail is held, how a membership came about) stays English in the database, en`Its author is
 * not a member.`, and is told to each reader in theirs: told(mail.problem).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { readdirSync, readFileSync } from "node:fs";

/** A sentence, or its forms by plural category (CLDR: one, few, many, other). `{0}` stands for the first value. */
type Entry = string | Record<string, string>;

export type Catalogue = {
  /** What speakers call it. */
  name: string;
  /** "rtl" where it is written from right to left. */
  direction: "ltr" | "rtl";
  /** What people write to a group's address, or into the subject of a mail to it, to have something done. */
  commands: Record<Command, string[]>;
  /** What a moderator answers to the letter that asks them to decide. */
  replies?: Record<Reply, string[]>;
  words: Record<string, Entry>;
};

/** What can be asked for by mail. */
export const COMMANDS = [
  "subscribe",
  "unsubscribe",
  "help",
  "each",
  "digest",
  "summary",
  "notices",
  "none",
  "pause",
  "continue",
  "settings",
  "groups",
  "mute",
  "follow",
] as const;
export type Command = (typeof COMMANDS)[number];

/** What can be decided by a reply; `all` stands for all posts that a letter names. */
export const REPLIES = ["approve", "decline", "trust", "all"] as const;
export type Reply = (typeof REPLIES)[number];

const OWN_REPLIES: Record<Reply, string[]> = {
  approve: ["approve", "approved", "accept", "yes", "ok"],
  decline: ["decline", "declined", "reject", "no"],
  trust: ["trust"],
  all: ["all"],
};
const ENGLISH: Catalogue = {
  name: "English",
  direction: "ltr",
  commands: {
    subscribe: ["subscribe", "join"],
    unsubscribe: ["unsubscribe", "leave"],
    help: ["help", "request"],
    each: ["each", "every"],
    digest: ["digest", "daily"],
    summary: ["summary"],
    notices: ["special", "notices"],
    none: ["none", "nomail"],
    pause: ["pause", "vacation", "holiday"],
    continue: ["continue", "unpause"],
    settings: ["settings", "status", "whoami"],
    groups: ["groups", "mygroups"],
    mute: ["mute"],
    follow: ["follow"],
  },
  replies: OWN_REPLIES,
  words: {},
};
const moment = new AsyncLocalStorage<string>();
const folder = new URL("./", import.meta.url);
let known: Map<string, Catalogue> | undefined;

/** All languages by their tag (BCP 47), English first. Read when first asked for. */
export function catalogues(): ReadonlyMap<string, Catalogue> {
  known ??= new Map([
    ["en", ENGLISH],
    ...readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name): [string, Catalogue] => [
        name.slice(0, -".json".length),
        JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Catalogue,
      ]),
  ]);
  return known;
}

/** Runs `work`, and whatever it calls or awaits, in a language; an unknown one is English. */
export const inLanguage = <T>(language: string, work: () => T): T =>
  moment.run(catalogues().has(language) ? language : "en", work);

export const languageNow = (): string => moment.getStore() ?? "en";

/** For Intl: English is British here. */
export const localeNow = (): string => (languageNow() === "en" ? "en-GB" : languageNow());

export const directionNow = (): Catalogue["direction"] => catalogues().get(languageNow())!.direction;

/** What one word asks for, in any of our languages, with or without its accents. */
export function commandOf(word: string): Command | undefined {
  commands ??= new Map(
    [...catalogues().values()].flatMap((one) =>
      COMMANDS.flatMap((command) => one.commands[command].map((said): [string, Command] => [plainWord(said), command])),
    ),
  );
  return commands.get(plainWord(word));
}

/** The word to ask with, in the language of the moment. */
export const wordFor = (command: Command): string => plainWord(catalogues().get(languageNow())!.commands[command][0]!);

/** All words for a command in the language of the moment, the usual one first. */
export const wordsFor = (command: Command): string[] => catalogues().get(languageNow())!.commands[command];

let commands: Map<string, Command> | undefined;

/** What one word decides, in any of our languages, with or without its accents. */
export function replyOf(word: string): Reply | undefined {
  replies ??= new Map(
    [...catalogues().values()].flatMap((one) =>
      REPLIES.flatMap((reply) => (one.replies?.[reply] ?? []).map((said): [string, Reply] => [plainWord(said), reply])),
    ),
  );
  return replies.get(plainWord(word));
}

/** The word to decide with, in the language of the moment. */
export const wordOfReply = (reply: Reply): string =>
  (catalogues().get(languageNow())!.replies ?? OWN_REPLIES)[reply][0]!;

let replies: Map<string, Reply> | undefined;

const plainWord = (word: string): string =>
  word.slice(0, 100).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/** The best of our languages for an Accept-Language field (RFC 9110 12.5.4), English where none fits. */
export function languageFor(accepted: string): string {
  const wishes = accepted
    .slice(0, 500)
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().toLowerCase().split(";");
      const quality = /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameters[0] ?? "q=1");
      return { tag: tag.split("-")[0]!, quality: quality ? Number(quality[1]) : 0 };
    })
    .filter(({ tag, quality }) => quality > 0 && catalogues().has(tag))
    .sort((a, b) => b.quality - a.quality);
  return wishes[0]?.tag ?? "en";
}

/** A sentence in the language of the moment: t`Leave ${group.title}?` */
export function t(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return filled(translated(keyOf(strings)), values);
}

/** A sentence about a number, which is `{0}` in it: tn(count, "{0} post", "{0} posts"). Further values follow it. */
export function tn(count: number, one: string, many: string, ...values: (string | number)[]): string {
  return filled(translated(many, count, one), [figureOf(count), ...values]);
}

/** A sentence that is written down, or handed on to who says it: English, whatever the language of the moment. */
export function en(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return filled(keyOf(strings), values);
}

/** A sentence that was kept in English, in the language of the moment; what is no sentence of ours stays as it is. */
export function told(sentence: string): string {
  const words = catalogues().get(languageNow())!.words;
  const same = sameIn(words, sentence);
  if (same !== undefined) return same;
  if (languageNow() === "en" || sentence.length > 1000) return sentence;
  for (const { pattern, key } of patternsNow(words)) {
    const found = pattern.exec(sentence);
    if (found)
      return filled(
        words[key] as string,
        found.slice(1).map((value) => sameIn(words, value) ?? value),
      );
  }
  return sentence;
}

function sameIn(words: Catalogue["words"], sentence: string): string | undefined {
  const entry = Object.hasOwn(words, sentence) ? words[sentence] : undefined;
  return typeof entry === "string" ? entry : undefined;
}

type Pattern = { pattern: RegExp; key: string };
const patterns = new Map<string, Pattern[]>();

/** The sentences with values, as patterns, the longest first. Shorter ones fit too much. */
function patternsNow(words: Catalogue["words"]): Pattern[] {
  const known = patterns.get(languageNow());
  if (known) return known;
  const length = (key: string): number => key.replace(/\{\d+\}/g, "").length;
  const made = Object.keys(words)
    .filter((key) => key.includes("{0}") && length(key) >= 10 && typeof words[key] === "string")
    .sort((a, b) => length(b) - length(a))
    .map((key) => ({
      key,
      pattern: new RegExp(`^${key.replace(/[\\^$.*+?()[\]|/]/g, "\\$&").replace(/\{\d+\}/g, "(.{1,300}?)")}$`, "s"),
    }));
  patterns.set(languageNow(), made);
  return made;
}

const figures = new Map<string, Intl.NumberFormat>();

/** `1,204`, `1.204`, `1 204` */
export function figureOf(number: number): string {
  const locale = localeNow();
  const format = figures.get(locale) ?? new Intl.NumberFormat(locale);
  figures.set(locale, format);
  return format.format(number);
}

/** The pieces of a sentence around its values, and the order they stand in: for who fills in more than text. */
export function piecesOf(strings: TemplateStringsArray): { pieces: string[]; order: number[] } {
  const text = translated(keyOf(strings));
  const pieces = text.split(/\{\d+\}/);
  const order = [...text.matchAll(/\{(\d+)\}/g)].map((found) => Number(found[1]));
  return { pieces, order };
}

const keyOf = (strings: TemplateStringsArray): string =>
  strings.reduce((key, piece, i) => (i === 0 ? piece : `${key}{${i - 1}}${piece}`), "");

function translated(key: string, count?: number, one?: string): string {
  const language = languageNow();
  const words = catalogues().get(language)?.words ?? {};
  const entry = Object.hasOwn(words, key) ? words[key] : undefined;
  if (count === undefined) return typeof entry === "string" ? entry : key;
  const form = plural(entry === undefined ? "en" : language, count);
  if (entry === undefined || typeof entry === "string") return entry ?? (form === "one" ? (one ?? key) : key);
  return entry[form] ?? entry["other"] ?? key;
}

const rules = new Map<string, Intl.PluralRules>();
function plural(language: string, count: number): string {
  const rule = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, rule);
  return rule.select(count);
}

const filled = (text: string, values: readonly (string | number)[]): string =>
  text.replace(/\{(\d+)\}/g, (whole, index: string) =>
    Number(index) in values ? String(values[Number(index)]) : whole,
  );
