/**
 * Isolates (Unicode UAX 9): marks around words that came from elsewhere, such as a name in a sentence of ours.
 *
 * They are put while a letter is composed, so that its HTML knows which words are not ours, and taken out of its text.
 */
export const FIRST_STRONG = "\u2068";
export const POP = "\u2069";

const MARKS = /[\u2066-\u2069\u202a-\u202e]/g;

/** Without any mark that turns the direction of what follows: in a name, it would turn our sentence around. */
export const withoutMarks = (text: string): string => text.replace(MARKS, "");

export const isolated = (words: string): string => `${FIRST_STRONG}${withoutMarks(words)}${POP}`;
