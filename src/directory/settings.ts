/**
 * What a group's owner may set, as data: one line each, for the settings page, `group set`, the API and templates.
 *
 * A further setting is a column of the same name in snake_case, its place in `Group`, and a line in
 * settings-list.ts. What is kept of a
 * switch is true or false, and of a number a number; everywhere else values travel as text.
 */
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";
import type { Group } from "./groups.ts";
import { SETTINGS } from "./settings-list.ts";

export const SECTIONS = ["about", "joining", "posts", "mail", "keeping"] as const;
export type Section = (typeof SECTIONS)[number];

/** A value, how it is called, and what it means; the last may be "". */
export type Choice = readonly [value: string, label: () => string, help: () => string];

export type Kind =
  | { kind: "line"; most: number }
  | { kind: "text"; most: number; rows: number }
  | {
      kind: "choice";
      choices: readonly Choice[] | (() => readonly Choice[]);
      /** Of another value than these, `against` decides alone; shown in these words. */
      others?: (value: string) => string;
    }
  | { kind: "number"; from: number; to: number; isWhole?: boolean }
  | { kind: "switch" };

export type Setting = Kind & {
  /** As `group set NAME key=value` has it. */
  key: Exclude<keyof Group, "id" | "name" | "createdAt" | "listId" | "closedAt" | "eraseAt" | "parentId">;
  /** Where it stands on the settings page; what has none is for operators, by the command. */
  section?: Section;
  label: () => string;
  help?: () => string;
  /** A sentence against a value of the right kind, in English as it is kept. */
  against?: (value: string) => string | undefined;
};

export const settingOf = (key: string): Setting | undefined => SETTINGS.find((one) => one.key === key);

export const settingsIn = (section: Section): Setting[] => SETTINGS.filter((one) => one.section === section);

export const choicesOf = (setting: Extract<Setting, { kind: "choice" }>): readonly Choice[] =>
  typeof setting.choices === "function" ? setting.choices() : setting.choices;

/** The present value as it would be typed. */
export function settingValue(group: Group, key: Setting["key"]): string {
  const value: unknown = group[key];
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value ?? "");
}

/** What speaks against a value, in a sentence that is kept in English. */
export function problemWith(setting: Setting, value: string): string | undefined {
  switch (setting.kind) {
    case "choice": {
      const values = choicesOf(setting).map(([one]) => one);
      if (!setting.others && !values.includes(value)) return en`Choose one of these: ${values.join(", ")}.`;
      break;
    }
    case "number":
      if (!isBetween(value, setting))
        return setting.isWhole
          ? en`Give a whole number from ${setting.from} to ${setting.to}.`
          : en`Give a number from ${setting.from} to ${setting.to}.`;
      break;
    case "switch":
      if (value !== "yes" && value !== "no") return en`Choose one of these: ${"yes, no"}.`;
      break;
    case "line":
      if (/[\r\n\0]/.test(value)) return en`It must be a single line.`;
      if (value.length > setting.most) return en`Keep it to ${setting.most} characters.`;
      break;
    case "text":
      if (value.length > setting.most) return en`Keep it to ${setting.most} characters.`;
      break;
  }
  return setting.against?.(value);
}

const isBetween = (text: string, { from, to, isWhole }: Extract<Kind, { kind: "number" }>): boolean =>
  (isWhole ? /^\d{1,9}$/ : /^\d{1,3}(\.\d{1,3})?$/).test(text) && Number(text) >= from && Number(text) <= to;

/** Settings as they are kept, by column; refuses unknown keys and values in a sentence. */
export function checkSettings(
  settings: Readonly<Record<string, string | undefined>>,
): Record<string, string | number | boolean> {
  const checked: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const setting = settingOf(key);
    if (!setting)
      throw new Refusal(
        en`There is no setting "${key.slice(0, 60)}": choose one of ${SETTINGS.map((one) => one.key).join(", ")}.`,
      );
    const text = String(value);
    const problem = problemWith(setting, text);
    if (problem !== undefined) throw new Refusal(en`${key} can't be "${shortened(text)}". ${problem}`);
    checked[columnOf(setting.key)] =
      setting.kind === "switch" ? text === "yes" : setting.kind === "number" ? Number(text) : text;
  }
  return inStep(checked);
}

/** `archive` says in the words of before what `visibility` says: the one is written with the other. */
function inStep({
  visibility,
  archive,
  ...others
}: Record<string, string | number | boolean>): Record<string, string | number | boolean> {
  if (visibility) return { ...others, visibility, archive: visibility === "public" ? "public" : "members" };
  if (archive) return { ...others, archive, ...(archive === "public" && { visibility: "public" }) };
  return others;
}

const shortened = (text: string): string =>
  (text.length > 60 ? `${text.slice(0, 59)}…` : text).replace(/[\r\n\0]+/g, " ");

export const columnOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
