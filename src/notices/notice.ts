/**
 * A notice: a letter we write, by its name, its named values, and what it says by default.
 *
 * `say` makes the default words in the language of the moment, from its values; given names in braces instead of values
 * it makes the wording that an owner begins to edit with. So the words stand once, where the reader of the code needs
 * them, and in the catalogues. Where a group has words of its own, `write` puts them in the place of the default.
 */
import { en, inLanguage, told } from "../language/language.ts";
import { isolated, withoutMarks } from "../mail/isolate.ts";
import { compose, type OfGroup, type Words, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";
import { filled, says, type Wording } from "./wording.ts";

/**
 * What a value is: `words` came from elsewhere; a `sentence` is ours; a `link` leads to the web and an `address` is one of
 * mail; `lines` stand by themselves and keep their line ends.
 */
export type ValueKind = "words" | "sentence" | "link" | "address" | "lines";

export type Value = {
  is: ValueKind;
  /** What it stands for, kept in English. */
  means: string;
  /** What a preview shows; of a link, what comes behind the address of the service. */
  sample: string | (() => string);
  /** The letter would be of no use without it. */
  isNeeded?: boolean;
};

export const words = (means: string, sample: string): Value => ({ is: "words", means, sample });
export const sentence = (means: string, sample: string): Value => ({ is: "sentence", means, sample });
export const lines = (means: string, sample: Value["sample"]): Value => ({ is: "lines", means, sample });
export const address = (means: string, sample: string): Value => ({ is: "address", means, sample });
/** What a letter is for: a wording can't leave it out. */
export const action = (means: string, sample: string): Value => ({ is: "link", means, sample, isNeeded: true });
export const link = (means: string, sample: string): Value => ({ is: "link", means, sample });

export type Said = { subject: string; text: string; labels?: Record<string, string> };

/** Who gets a letter. */
export type Receiver = "members" | "authors" | "moderators" | "whoever asks";

export type Notice<N extends string = string> = {
  name: string;
  /** What it is called and when it is sent, kept in English. */
  title: string;
  when: string;
  to: Receiver;
  values: Record<N, Value>;
  say(values: Record<N | CommonName, string>): Said;
};

export type CommonName = "group" | "name" | "receiver" | "post" | "owners" | "archive";

/** The names a wording of this notice may use, with what they mean. */
export function valuesOf(notice: Notice): [name: string, value: Omit<Value, "sample">][] {
  return [...Object.entries(notice.values), ...Object.entries(common())];
}

export const neededOf = (notice: Notice): string[] =>
  Object.entries(notice.values).flatMap(([name, value]) => (value.isNeeded ? [name] : []));

/** The words we write where an owner has none of their own, with names in braces. */
export function defaultWording(notice: Notice, language: string): Wording {
  const names = Object.fromEntries(valuesOf(notice).map(([name]) => [name, `{${name}}`]));
  const { subject, text } = inLanguage(language, () => notice.say(names));
  return { subject, text };
}

/** What a letter has beside its words. */
export type Beside = Pick<Words, "replyTo" | "returned" | "mark">;

export function letterOf<N extends string>(
  writer: Writer,
  notice: Notice<N>,
  to: OfGroup,
  values: () => Record<N, string>,
  beside: Beside = {},
): Letter {
  const given = (): Record<N | CommonName, string> => ({
    ...cleanCommon(writer, to),
    ...cleaned(notice.values, values()),
  });
  const made = (wording?: Wording): Letter =>
    compose(writer, notice.name, { ...to, isForMembers: notice.to !== "whoever asks" }, () => {
      const named = given();
      const said = notice.say(named);
      const own = wording && says(wording, neededOf(notice as Notice)) ? wording : undefined;
      return {
        ...beside,
        ...said,
        ...(own && { subject: filled(own.subject, named), text: filled(own.text, named) }),
      };
    });
  return { ...made(), language: to.group.language, worded: made };
}

/** The letter as its receiver would see it, with values made up; `mark` stands before the subject of a test. */
export function sampleLetter(writer: Writer, notice: Notice, to: OfGroup, wording?: Wording, mark = ""): Letter {
  const beside = mark === "" ? {} : { mark };
  const letter = letterOf(writer, notice, to, () => sampleValues(writer, notice, to.group.name), beside);
  const { worded: _, ...sample } = wording && letter.worded ? letter.worded(wording) : letter;
  return sample;
}

/** Samples speak of a group called readers. */
const sampleValues = (writer: Writer, notice: Notice, group: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(notice.values).map(([name, { is, sample: made }]) => {
      const sample = typeof made === "string" ? made : made();
      if (is === "link") return [name, `${writer.url}${sample.replace("/g/readers", `/g/${group}`)}`];
      const own =
        is === "address" ? sample.replace("readers+", `${group}+`).replace("groups.test", writer.domain) : sample;
      return [name, told(own)];
    }),
  );

const LONGEST = { words: 300, sentence: 1000, link: 2000, address: 400, lines: 8000 };

function cleaned<N extends string>(kinds: Record<N, Pick<Value, "is">>, values: Record<N, string>): Record<N, string> {
  const entries = Object.entries<string>(values).map(([name, value]) => [
    name,
    cleanedValue(kinds[name as N].is, value),
  ]);
  return Object.fromEntries(entries) as Record<N, string>;
}

function cleanedValue(is: ValueKind, value: string): string {
  const words = withoutMarks(value).toWellFormed();
  if (is === "lines")
    return words
      .replace(/\r\n?/g, "\n")
      .replace(/[^\P{Cc}\n]/gu, " ")
      .slice(0, LONGEST.lines)
      .replace(/^\n+|\s+$/g, "");
  const line = words
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, LONGEST[is])
    .toWellFormed();
  return is === "words" && line !== "" ? isolated(line) : line;
}

const cleanCommon = (writer: Writer, to: OfGroup): Record<CommonName, string> =>
  cleaned(common(), {
    group: to.group.title,
    name: to.name || to.to,
    receiver: to.to,
    post: `${to.group.name}@${writer.domain}`,
    owners: `${to.group.name}-owner@${writer.domain}`,
    archive: `${writer.url}/g/${to.group.name}`,
  });

/** What every letter of a group may name. */
const common = (): Record<CommonName, Omit<Value, "sample">> => ({
  group: { is: "words", means: en`what the group is called` },
  name: { is: "words", means: en`the receiver's name, or their address where no name is known` },
  receiver: { is: "address", means: en`the receiver's address` },
  post: { is: "address", means: en`the address to write to everybody` },
  owners: { is: "address", means: en`the address of the owners` },
  archive: { is: "link", means: en`the group on the web` },
});
