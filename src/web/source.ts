/**
 * The bytes of a post as somebody may have them. Strangers get them with the far ends of addresses cut.
 *
 * A post that came through another group of ours, or was passed on by a member, holds that member's own leave link:
 * whoever has such a token may use it, so nobody is given one.
 */
import { contentOf } from "../mail/body.ts";
import { applyEdits } from "../mail/edit.ts";
import { base64Lines, quotedPrintable } from "../mail/encode.ts";
import { indexParts } from "../mail/parts.ts";

export const sourceFor = (bytes: Buffer, hidesAddresses: boolean): Buffer =>
  withoutTokens(hidesAddresses ? cut(withCodedTextCut(bytes)) : bytes);

/** Texts in base64 or quoted-printable hide their addresses from `cut`: they are decoded, cut, and coded again. */
function withCodedTextCut(bytes: Buffer): Buffer {
  const edits = indexParts(bytes).flatMap((part) => {
    const code = CODES[part.encoding.toLowerCase()];
    if (!code || !part.type.startsWith("text/")) return [];
    const content = contentOf(bytes, part).bytes;
    const shown = cut(content);
    return shown.equals(content) ? [] : [{ start: part.bodyStart, end: part.end, bytes: Buffer.from(code(shown)) }];
  });
  return applyEdits(bytes, edits);
}

const CODES: Record<string, (bytes: Buffer) => string> = {
  base64: base64Lines,
  "quoted-printable": quotedPrintable,
};

const cut = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes.toString("latin1").replace(/([\w.+=-]{1,64})@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g, "$1@\xe2\x80\xa6"),
    "latin1",
  );

const withoutTokens = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString("latin1")
      .replace(/(\/(?:leave|join|sign-in)\/|\b(?:leave|join|bounce)\+)[\w-]{16,200}/gi, "$1\xe2\x80\xa6"),
    "latin1",
  );
