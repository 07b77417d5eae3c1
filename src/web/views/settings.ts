/** The settings of a group as fields of a form, made from the list in the directory. */
import { html } from "hono/html";
import * as directory from "../../directory/directory.ts";
import { t } from "../../language/language.ts";
import { field, options, selectField, tick } from "./forms.ts";
import type { Html } from "./layout.ts";

/** The heading of a section, and what is set there. */
export function sectionWords(section: directory.Section): { title: string; about: string } {
  switch (section) {
    case "about":
      return {
        title: t`About the group`,
        about: t`What it is called, what it is about, its guidelines and its language.`,
      };
    case "joining":
      return { title: t`Seeing and joining`, about: t`Who sees the group, reads its archive and may join.` };
    case "posts":
      return { title: t`Posts and moderation`, about: t`Who may post, and what waits for a moderator.` };
    case "mail":
      return { title: t`Mail`, about: t`What the group's mails look like and where a reply goes.` };
    case "keeping":
      return { title: t`Keeping`, about: t`How long posts stay, how large they may be, and what may be attached.` };
  }
}

/** More than this is a list to open, rather than lines to read. */
const FEW = 5;

/** The field of one setting with what was typed, or is set now. */
export function settingField(setting: directory.Setting, value: string, problem: string | undefined): Html {
  const name = setting.key;
  const label = setting.label();
  const help = setting.help?.();
  switch (setting.kind) {
    case "line":
      return field({ name, label, value, help, problem, maxLength: setting.most, autocomplete: "off" });
    case "text":
      return field({ name, label, value, help, problem, rows: setting.rows, maxLength: setting.most });
    case "number":
      return field({
        name,
        label,
        value,
        help,
        problem,
        inputMode: setting.isWhole ? "numeric" : "decimal",
        autocomplete: "off",
      });
    case "switch":
      return tick({ name, label, isOn: value === "yes", ...(help && { help }) });
    case "choice": {
      const choices = directory.choicesOf(setting).map(([one, word, more]) => [one, word(), more()] as const);
      // What was set by the command to something else stays as it is.
      if (setting.others && value !== "" && !choices.some(([one]) => one === value))
        choices.push([value, setting.others(value), ""]);
      const isPlain = choices.length > FEW || choices.every(([, , more]) => more === "");
      return isPlain && choices.length > 2
        ? selectField({ name, label, value, help, options: choices.map(([one, word]) => [one, word] as const) })
        : options({ name, legend: label, value, help, options: choices });
    }
  }
}

/** The present value in words, short: for lists of what is set. */
export function settingInWords(setting: directory.Setting, value: string): string {
  if (setting.kind === "switch") return value === "yes" ? t`yes` : t`no`;
  if (setting.kind === "choice")
    return (
      directory
        .choicesOf(setting)
        .find(([one]) => one === value)?.[1]() ??
      setting.others?.(value) ??
      value
    );
  // Zero stands for none: no slow mode, no limit of its own.
  if (setting.kind === "number" && value === "0") return "";
  const [line = ""] = value.trim().split("\n");
  if (line.length > 80) return `${line.slice(0, 80).trimEnd()}…`;
  return line === value.trim() ? line : `${line} …`;
}

/** What is set, a line each. */
export const settingLines = (lines: readonly (readonly [directory.Setting, string])[]): Html =>
  html`<dl class="set">${lines.map(([setting, value]) => html`<div><dt>${setting.label()}</dt><dd><bdi>${settingInWords(setting, value) || "–"}</bdi></dd></div>`)}</dl>`;
