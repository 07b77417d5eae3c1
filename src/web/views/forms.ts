/** Fields of forms: a label, what was typed, and what is wrong with it, tied together for who can't see them. */
import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** What a form carried, and what speaks against it. */
export type Typed = { problem?: string | undefined };

export type Field = {
  name: string;
  /** Where a page has several of the same name. */
  id?: string;
  label: string;
  value: string;
  type?: "text" | "email";
  rows?: number;
  problem?: string | undefined;
  help?: string;
  autocomplete?: string;
  isRequired?: boolean;
  maxLength?: number;
};

export function field(one: Field): Html {
  const id = `field-${one.id ?? one.name}`;
  const notes = [one.help && `${id}-help`, one.problem && `${id}-problem`].filter(Boolean).join(" ");
  const shared = html`id="${id}" name="${one.name}" ${one.isRequired ? html`required` : ""} ${one.problem ? html`aria-invalid="true"` : ""} ${notes ? html`aria-describedby="${notes}"` : ""} ${one.maxLength ? html`maxlength="${one.maxLength}"` : ""} ${one.autocomplete ? html`autocomplete="${one.autocomplete}"` : ""} dir="auto"`;
  return html`<div class="field${one.problem ? " is-wrong" : ""}"><label for="${id}">${one.label}</label>
${one.help ? html`<p class="field-help" id="${id}-help">${one.help}</p>` : ""}
${
  one.rows
    ? html`<textarea ${shared} rows="${one.rows}">
${one.value}</textarea>`
    : html`<input ${shared} type="${one.type ?? "text"}" value="${one.value}">`
}
${one.problem ? html`<p class="field-problem" id="${id}-problem">${one.problem}</p>` : ""}</div>`;
}

/** A choice of a few words. */
export function selectField(one: {
  name: string;
  id?: string;
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
}): Html {
  const id = `field-${one.id ?? one.name}`;
  return html`<div class="field"><label for="${id}">${one.label}</label>
<select id="${id}" name="${one.name}">${one.options.map(([value, label]) => html`<option value="${value}"${value === one.value ? html` selected` : ""}>${label}</option>`)}</select></div>`;
}

/** A text field of a parsed form; "" when it is missing or no text. */
export function textOf(typed: Record<string, unknown>, name: string): string {
  const value = typed[name];
  return typeof value === "string" ? value.replaceAll("\0", "") : "";
}
