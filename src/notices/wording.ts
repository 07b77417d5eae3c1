/**
 * Wording: how a letter is worded where the owners of a group wrote their own words for it.
 *
 * Its syntax is one thing: a name in braces, such as {group}, stands for a value. What is not a name in braces stays as it
 * is, and a value is put in once and never read again, so that nothing in a value means anything.
 */
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";

export type Wording = { subject: string; text: string };

export const LONGEST_SUBJECT = 200;
export const LONGEST_TEXT = 10_000;
/** Of one letter, however often a wording names a long value. */
const LONGEST_LETTER = 40_000;

const NAME = /\{([A-Za-z0-9_-]{1,40})\}/g;

/** The words with their values in place of the names; a name that has no value is left out. */
export const filled = (words: string, values: Readonly<Record<string, string>>): string =>
  words
    .replace(NAME, (_, name: string) => (Object.hasOwn(values, name) ? values[name]! : ""))
    .slice(0, LONGEST_LETTER)
    .toWellFormed();

/** The wording as it is kept. Refuses, in a sentence, what would not make a letter. */
export function checkedWording(
  { subject, text }: Wording,
  names: readonly string[],
  needed: readonly string[],
): Wording {
  const line = subject.replace(/[\p{Cc}\s]+/gu, " ").trim();
  const lines = text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n]/gu, " ")
    .trimEnd();
  if (line === "") throw new Refusal(en`A letter needs a subject.`);
  if (lines.trim() === "") throw new Refusal(en`A letter needs a text.`);
  if (line.length > LONGEST_SUBJECT)
    throw new Refusal(en`The subject is too long: keep it to ${LONGEST_SUBJECT} characters.`);
  if (lines.length > LONGEST_TEXT) throw new Refusal(en`The text is too long: keep it to ${LONGEST_TEXT} characters.`);
  const unknown = [...namesIn(line), ...namesIn(lines)].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Refusal(
      en`There is no value {${unknown}} in this letter: choose among ${names.map((name) => `{${name}}`).join(", ")}.`,
    );
  const missing = needed.find((name) => !namesIn(lines).includes(name));
  if (missing !== undefined)
    throw new Refusal(en`The text needs {${missing}}: without it, the letter would not do what it is for.`);
  return { subject: line, text: `${lines.replace(/^\n+/, "")}\n` };
}

/** Whether a kept wording still says what is needed, as letters change. */
export const says = ({ text }: Wording, needed: readonly string[]): boolean =>
  needed.every((name) => namesIn(text).includes(name));

const namesIn = (words: string): string[] => [...words.matchAll(NAME)].map((found) => found[1]!);
