/** Fields of forms: a label, what was typed, and what is wrong with it, tied together for who can't see them. */
import { html } from "hono/html";
import type { Html } from "./layout.ts";

export type Field = {
  name: string;
  /** Where a page has several of the same name. */
  id?: string;
  label: string;
  value: string;
  type?: "text" | "email" | "date" | "password";
  rows?: number;
  problem?: string | undefined;
  help?: string | undefined;
  autocomplete?: string;
  isRequired?: boolean;
  maxLength?: number;
  /** Which keyboard a phone shows. */
  inputMode?: "numeric" | "decimal";
  /** What stands behind the field on its line, such as the end of an address. */
  after?: string;
};

export function field(one: Field): Html {
  const id = `field-${one.id ?? one.name}`;
  const notes = [one.help && `${id}-help`, one.problem && `${id}-problem`].filter(Boolean).join(" ");
  const shared = html`id="${id}" name="${one.name}" ${one.isRequired ? html`required` : ""} ${one.problem ? html`aria-invalid="true"` : ""} ${notes ? html`aria-describedby="${notes}"` : ""} ${one.maxLength ? html`maxlength="${one.maxLength}"` : ""} ${one.autocomplete ? html`autocomplete="${one.autocomplete}"` : ""} ${one.inputMode ? html`inputmode="${one.inputMode}"` : ""} dir="auto"`;
  return html`<div class="field${one.problem ? " is-wrong" : ""}"><label for="${id}">${one.label}</label>
${one.help ? html`<p class="field-help" id="${id}-help">${one.help}</p>` : ""}
${
  one.rows
    ? html`<textarea ${shared} rows="${one.rows}">
${one.value}</textarea>`
    : one.after === undefined
      ? html`<input ${shared} type="${one.type ?? "text"}" value="${one.value}">`
      : html`<span class="affixed"><input ${shared} type="${one.type ?? "text"}" value="${one.value}"><span class="affix" id="${id}-after">${one.after}</span></span>`
}
${one.problem ? html`<p class="field-problem" id="${id}-problem">${one.problem}</p>` : ""}</div>`;
}

/** A choice of a few words. */
export function selectField(one: {
  name: string;
  id?: string;
  label: string;
  value: string;
  help?: string | undefined;
  options: readonly (readonly [value: string, label: string])[];
}): Html {
  const id = `field-${one.id ?? one.name}`;
  return html`<div class="field"><label for="${id}">${one.label}</label>
${one.help ? html`<p class="field-help" id="${id}-help">${one.help}</p>` : ""}
<select id="${id}" name="${one.name}"${one.help ? html` aria-describedby="${id}-help"` : ""}>${one.options.map(([value, label]) => html`<option value="${value}"${value === one.value ? html` selected` : ""}>${label}</option>`)}</select></div>`;
}

/** One of a few ways, each with a word on what it means. */
export function options(one: {
  name: string;
  legend: string;
  value: string;
  help?: string | undefined;
  options: readonly (readonly [value: string, label: string, help: string])[];
}): Html {
  return html`<fieldset class="field options"><legend>${one.legend}</legend>${one.help ? html`<p class="field-help">${one.help}</p>` : ""}${one.options.map(
    ([value, label, help]) =>
      html`<label class="option"><input type="radio" name="${one.name}" value="${value}"${value === one.value ? html` checked` : ""}><span><b>${label}</b>${help ? html`<span class="option-help">${help}</span>` : ""}</span></label>`,
  )}</fieldset>`;
}

/** A yes or no; it is sent as "yes", or not at all. */
export const tick = (one: { name: string; label: string; help?: string; isOn: boolean }): Html =>
  html`<div class="field"><label class="option"><input type="checkbox" name="${one.name}" value="yes"${one.isOn ? html` checked` : ""}><span>${one.label}${one.help ? html`<span class="option-help">${one.help}</span>` : ""}</span></label></div>`;

/** A text field of a parsed form; "" when it is missing or no text. */
export function textOf(typed: Record<string, unknown>, name: string): string {
  const value = typed[name];
  return typeof value === "string" ? value.replaceAll("\0", "") : "";
}
