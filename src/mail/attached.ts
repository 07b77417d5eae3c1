/**
 * What is attached to a mail, for a group that wants no such thing or keeps it in its archive: found, and taken out.
 *
 * Attached is what a reader is shown neither as text nor as the page (shown.ts), but not what the page itself needs (a
 * picture in a multipart/related), not another form of it (a calendar entry beside it), and not a signature.
 */

import { textPart } from "./compose.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { readHeader } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";
import { shownParts } from "./shown.ts";

const SIGNATURES = new Set([
  "application/pgp-signature",
  "application/pkcs7-signature",
  "application/x-pkcs7-signature",
]);

/** With their places among all that is shown beside the text, by which the archive serves them. */
export function attachedTo(raw: Buffer): { part: Part; index: number }[] {
  const parts = indexParts(raw);
  return shownParts(parts)
    .attachments.map((part, index) => ({ part, index }))
    .filter(({ part }) => {
      const around = parts[part.parent]?.type ?? "";
      return around !== "multipart/related" && around !== "multipart/alternative" && !SIGNATURES.has(part.type);
    });
}

/** What would be broken by any change: signed as a whole, encrypted, a report. */
const WHOLE =
  /^(?:multipart\/(?:signed|encrypted|report)|application\/(?:x-)?pkcs7-mime|message\/(?:partial|external-body))$/;

/**
 * The mail with a text of `say` in the place of each attachment; undefined when there is none, or it must stay whole.
 * Everything else keeps its bytes. `message` has CRLF line ends.
 */
export function withoutAttached(message: Buffer, say: (part: Part, index: number) => string): Buffer | undefined {
  const parts = indexParts(message);
  if (parts.some((part) => WHOLE.test(part.type) && !isForwarded(part, parts))) return undefined;
  const attached = attachedTo(message);
  if (attached.length === 0) return undefined;
  const edits = attached.map(({ part, index }): Edit => {
    const text = textPart("plain", say(part, index), "Content-Disposition: inline\r\n");
    const kept = readHeader(message.subarray(part.start, part.bodyStart)).filter(
      ({ name }) => part.parent < 0 && name !== "" && !name.startsWith("content-"),
    );
    // Of the mail itself its own fields stay; of a part there are none but those of its content.
    return {
      start: part.start,
      end: part.end,
      bytes: Buffer.concat([...kept.map((field) => field.raw), Buffer.from(text)]),
    };
  });
  return applyEdits(message, edits);
}

const isForwarded = (part: Part, parts: readonly Part[]): boolean => parts[part.parent]?.type === "message/rfc822";

/** The first file whose name ends in one of these words. */
export function refusedFile(refused: string, parts: readonly { filename?: string }[]): string | undefined {
  const ends = new Set(refused.toLowerCase().split(" ").filter(Boolean));
  return parts.find(({ filename }) => ends.has(/\.([^.]+)$/.exec((filename ?? "").trimEnd().toLowerCase())?.[1] ?? ""))
    ?.filename;
}
