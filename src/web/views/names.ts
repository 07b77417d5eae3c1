/** People as pages show them: names without tricks, initials, and addresses that strangers don't get to see. */

import { html } from "hono/html";
import { FORMER } from "../../archive/archive.ts";
import { t, told } from "../../language/language.ts";
import type { Html } from "./layout.ts";

/** Controls and direction overrides (Unicode TR 36) taken out: a subject can't turn the line around it. */
export const shown = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** `ana@…`: enough to tell two people apart, too little to write to. */
export const masked = (address: string): string => address.replace(/@.*$/, "@…");

/** A name as it may be shown; addresses written into it are cut when `hidden`. */
export function personName(name: string, address: string, hidden: boolean): string {
  if (address === "" && name === FORMER) return told(name);
  const plain = shown(name).replace(/^["'](.*)["']$/, "$1") || shown(address) || t`Unknown author`;
  return hidden ? plain.replace(/@[^\s>]+/g, "@…") : plain;
}

/** One or two letters for a face. */
export function initialsOf(name: string): string {
  const words = shown(name)
    .replace(/["'()<>[\],]/g, " ")
    .replace(/@.*$/, "")
    .split(/[\s._-]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => firstLetter(word ?? ""));
  return letters.join("").toUpperCase() || "?";
}

const firstLetter = (word: string): string => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "";

/** One of six quiet tints, the same for a name everywhere. */
export function tint(name: string): number {
  let sum = 0;
  for (const letter of shown(name).toLowerCase()) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0;
  return sum % 6;
}

export const face = (name: string): Html =>
  html`<span class="face tint-${tint(name)}" aria-hidden="true">${initialsOf(name)}</span>`;

/** Up to four faces of who took part, with their names for who can't see them. */
export function faces(names: string[]): Html {
  const some = names.slice(0, 4);
  return html`<span class="faces"><span class="unseen">${names.map((name) => shown(name)).join(", ")}</span>${some.map(face)}</span>`;
}

/** Mail addresses in plain text, cut for strangers. */
export const withoutAddresses = (text: string): string =>
  text.replace(/[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g, masked);

/** Mail addresses in safe HTML, cut for strangers: in the text, and in links that would write to them. */
export const maskedHtml = (safe: string): string =>
  safe.replace(/<[^>]*>|[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g, (found) => {
    if (found[0] !== "<") return masked(found);
    return /\shref="mailto:/i.test(found) ? "<a>" : found;
  });

/** The subject without the label of the group one is in anyway. */
export function subjectIn(group: { name: string; tag: string }, subject: string): string {
  const words = shown(subject);
  const label = /^((?:re|aw|sv|antw): *)?\[([^\]]{1,40})\]\s*(?=\S)/i.exec(words);
  const isOurs = label && [group.name, group.tag.toLowerCase()].includes(label[2]!.toLowerCase());
  return (isOurs ? (label[1] ?? "") + words.slice(label[0].length) : words) || t`(no subject)`;
}

export const roleWord = (role: "owner" | "moderator" | "member"): string =>
  role === "owner" ? t`owner` : role === "moderator" ? t`moderator` : t`member`;

export const youAre = (role: "owner" | "moderator" | "member"): string =>
  role === "owner" ? t`you are an owner` : role === "moderator" ? t`you are a moderator` : t`you are a member`;
