/** What a header says beside its text: whom it names, and whether its author calls it important. */
import { addressKey } from "./address.ts";
import { all, first, type HeaderField } from "./header.ts";
import { mailboxes } from "./words.ts";

/** A header may name thousands; who writes to more than these counts on nobody's not getting a second copy. */
const MOST = 500;

/** The address keys that To and Cc name: who has the mail directly from its author. */
export const namedIn = (fields: readonly HeaderField[]): string[] => [
  ...new Set(
    [...all(fields, "to"), ...all(fields, "cc")]
      .flatMap((value) => mailboxes(value))
      .slice(0, MOST)
      .map(({ address }) => addressKey(address).replaceAll("\0", "").toWellFormed()),
  ),
];

/** Marked with the "!" that mail programs offer: RFC 2156 5.3.4 and 5.3.6, and X-Priority, which most of them write. */
export const isImportant = (fields: readonly HeaderField[]): boolean =>
  /^\s*high\b/i.test(first(fields, "importance") ?? "") ||
  /^\s*urgent\b/i.test(first(fields, "priority") ?? "") ||
  /^\s*[12]\b/.test(first(fields, "x-priority") ?? "");
