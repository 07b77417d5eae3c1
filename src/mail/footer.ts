/**
 * The group's footer, put under a post without hurting it.
 *
 * A single text, or the texts of a multipart/alternative, get it in place when their charset and encoding can carry it;
 * a multipart/mixed gets one more inline part; anything else is wrapped into a multipart/mixed. Signed and encrypted
 * mail, reports and fragments are left alone. All other bytes stay as they are.
 */
import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import iconv from "iconv-lite";
import { textPart } from "./compose.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { base64Lines, hasLineOver, quotedPrintable } from "./encode.ts";
import { first, type HeaderField, readHeader } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";

export type FooterPlace = "in place" | "as a part" | "left out";

const RULE = "_______________________________________________";

/** The message with the footer under it, and where it went. `message` has CRLF line ends. */
export function addFooter(message: Buffer, footer: string): { message: Buffer; place: FooterPlace } {
  const parts = indexParts(message);
  const root = parts[0];
  const text = `${RULE}\n${footer.replace(/\r\n?/g, "\n").trim()}\n`.toWellFormed();
  if (!root || footer.trim() === "" || !mayBeChanged(message, root, parts)) return { message, place: "left out" };
  const edits = inPlace(message, root, parts, text);
  if (edits) return { message: applyEdits(message, edits), place: "in place" };
  const added = root.type === "multipart/mixed" ? asLastPart(message, root, parts, text) : wrapped(message, root, text);
  return added ? { message: applyEdits(message, added), place: "as a part" } : { message, place: "left out" };
}

const UNTOUCHABLE = new Set([
  "multipart/signed",
  "multipart/encrypted",
  "multipart/report",
  "multipart/digest",
  "application/pkcs7-mime",
  "application/x-pkcs7-mime",
  "application/pgp-encrypted",
  "message/partial",
  "message/external-body",
]);

/** RFC 3156, RFC 8551, and armoured PGP in plain text: a footer would break what the author signed. */
function mayBeChanged(message: Buffer, root: Part, parts: readonly Part[]): boolean {
  const fields = headerOf(message, root);
  if (["content-type", "content-transfer-encoding"].some((name) => countOf(fields, name) > 1)) return false;
  if (UNTOUCHABLE.has(root.type) || isUnreadable(fields, root)) return false;
  if (root.type === "multipart/mixed") return true;
  return !parts.some((part) => UNTOUCHABLE.has(part.type) || hasPgp(message, part));
}

/** Says it is a multipart, but its boundary never comes. */
const isUnreadable = (fields: readonly HeaderField[], part: Part): boolean =>
  /^multipart\//i.test(first(fields, "content-type") ?? "") && !part.type.startsWith("multipart/");

const hasPgp = (message: Buffer, part: Part): boolean =>
  part.type === "text/plain" && message.subarray(part.bodyStart, part.end).includes("-----BEGIN PGP ");

const headerOf = (message: Buffer, part: Part): HeaderField[] =>
  readHeader(message.subarray(part.start, part.bodyStart)).filter((field) => field.name !== "");

const countOf = (fields: readonly HeaderField[], name: string): number =>
  fields.filter((field) => field.name === name).length;

const isText = (part: Part): boolean =>
  (part.type === "text/plain" || part.type === "text/html") && part.disposition !== "attachment" && !part.filename;

/** Edits that put the text into each alternative a reader may be shown; undefined when one of them cannot take it. */
function inPlace(message: Buffer, root: Part, parts: readonly Part[], text: string): Edit[] | undefined {
  const shown = isText(root) ? [root] : root.type === "multipart/alternative" ? alternatives(root, parts) : [];
  if (shown.length === 0) return undefined;
  const edits = shown.map((part) =>
    part.type === "text/html" ? intoHtml(message, part, text) : intoPlain(message, part, text),
  );
  return edits.every((edit) => edit !== undefined) ? edits : undefined;
}

/** The texts directly in it, and the HTML that a multipart/related in it begins with. */
function alternatives(root: Part, parts: readonly Part[]): Part[] {
  return childrenOf(root, parts).flatMap((child) => {
    const part = child.type === "multipart/related" ? childrenOf(child, parts)[0] : child;
    return part && isText(part) ? [part] : [];
  });
}

const childrenOf = (parent: Part, parts: readonly Part[]): Part[] =>
  parts.filter((part) => part !== parent && parts[part.parent] === parent);

function intoPlain(message: Buffer, part: Part, text: string): Edit | undefined {
  const fields = headerOf(message, part);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());
  if (part.flowed) {
    // RFC 3676 4.4: stuff what would be read as quoted or stuffed
    for (const [i, line] of lines.entries()) if (/^(?: |>|From )/.test(line)) lines[i] = ` ${line}`;
  }
  const bytes = inCharset(`${lines.join("\r\n")}\r\n`, part.charset);
  return bytes && changedBody(message, part, fields, (body) => [body.length, Buffer.concat([endedLine(body), bytes])]);
}

function intoHtml(message: Buffer, part: Part, text: string): Edit | undefined {
  if (!isAsciiBased(part.charset)) return undefined;
  const html = Buffer.from(`\r\n<div style="margin-top:1.5em;font-size:smaller">${asHtml(text)}</div>\r\n`);
  return changedBody(message, part, headerOf(message, part), (body) => {
    const lower = body.toString("latin1").toLowerCase();
    const at = [lower.lastIndexOf("</body"), lower.lastIndexOf("</html")].find((index) => index >= 0);
    return [at ?? body.length, html];
  });
}

/** Written in ASCII alone, so that the charset of the part does not matter. */
const asHtml = (text: string): string =>
  text
    .trimEnd()
    .replace(RULE, "<hr>")
    .replace(/[&"]|<(?!hr>)|(?<!<hr)>|[^\x00-\x7f]/gu, (letter) => `&#${letter.codePointAt(0)};`)
    .replace(/\n/g, "<br>\r\n")
    .replace("<hr><br>", "<hr>");

const endedLine = (body: Buffer): Buffer =>
  Buffer.from(body.length === 0 || body.subarray(-2).equals(CRLF) ? "\r\n" : "\r\n\r\n");

const CRLF = Buffer.from("\r\n");

/** `where` looks at the body (decoded if base64) and says what to put in, and at which offset. */
function changedBody(
  message: Buffer,
  part: Part,
  fields: readonly HeaderField[],
  where: (body: Buffer) => [number, Buffer],
): Edit | undefined {
  if (isUnreadable(fields, part) || countOf(fields, "content-md5") > 0) return undefined;
  const body = message.subarray(part.bodyStart, part.end);
  if (part.encoding === "base64") {
    const packed = body.toString("latin1").replace(/[\r\n\t ]+/g, "");
    if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return undefined;
    const plain = Buffer.from(packed, "base64");
    const [at, put] = where(plain);
    const whole = Buffer.concat([plain.subarray(0, at), put, plain.subarray(at)]);
    return { start: part.bodyStart, end: part.end, bytes: Buffer.from(base64Lines(whole)) };
  }
  const [at, put] = where(body);
  const offset = part.bodyStart + at;
  if (part.encoding === "quoted-printable") {
    const opened = /=[ \t]*(?:\r\n)?$/.test(body.toString("latin1", Math.max(0, at - 80), at)) ? "\r\n" : "";
    return { start: offset, end: offset, bytes: Buffer.from(opened + quotedPrintable(put)) };
  }
  const fits = ["8bit", "binary"].includes(part.encoding) || (part.encoding === "7bit" && isAscii(put));
  return fits && !hasLongLine(put) ? { start: offset, end: offset, bytes: put } : undefined;
}

const hasLongLine = (bytes: Buffer): boolean => hasLineOver(bytes.toString("latin1"), 900);

const ASCII_BASED = /^(?:us-ascii|ascii|utf-?8|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|latin-?1)$/i;

const isAsciiBased = (charset: string | undefined): boolean => !charset || ASCII_BASED.test(charset);

/** The text in a charset that is ASCII in its lower half; undefined when it cannot say it. */
function inCharset(text: string, charset: string | undefined): Buffer | undefined {
  if (!isAsciiBased(charset)) return undefined;
  if (/^[\x00-\x7f]*$/.test(text)) return Buffer.from(text);
  if (!charset || /ascii/i.test(charset)) return undefined;
  const bytes = iconv.encode(text, charset);
  return iconv.decode(bytes, charset) === text ? bytes : undefined;
}

/** One more part behind the last; undefined where the boundary or the last part cannot be made out for certain. */
function asLastPart(message: Buffer, root: Part, parts: readonly Part[], text: string): Edit[] | undefined {
  const children = childrenOf(root, parts);
  const [front] = children;
  const last = children.at(-1);
  if (!front || !last) return wrapped(message, root, text);
  const lineStart = message.lastIndexOf(0x0a, front.start - 2) + 1;
  const delimiter = message.toString("latin1", lineStart, front.start).trimEnd();
  const after = message.toString("latin1", last.end, last.end + delimiter.length + 4);
  const isLast = last.end >= root.end || after.startsWith(`\r\n${delimiter}--`);
  if (!delimiter.startsWith("--") || !isLast) return undefined;
  const part = Buffer.from(`\r\n${delimiter}\r\n${footerPart(text)}`);
  const close = after.startsWith("\r\n") ? "" : `\r\n${delimiter}--\r\n`; // the end may be missing
  return [{ start: last.end, end: last.end, bytes: Buffer.concat([part, Buffer.from(close)]) }];
}

const footerPart = (text: string): string => textPart("plain", text, "Content-Disposition: inline\r\n");

/** The old content, byte for byte, as the first part of a multipart/mixed of ours. */
function wrapped(message: Buffer, root: Part, text: string): Edit[] {
  const fields = headerOf(message, root);
  const isContent = (field: HeaderField): boolean =>
    field.name.startsWith("content-") && field.name !== "content-length";
  const body = message.subarray(root.bodyStart, root.end);
  const seed = createHash("sha256").update(body).update(text).digest("hex");
  const boundary = `=_${seed.slice(0, 40)}`;
  const kept = fields.filter((field) => !isContent(field)).map((field) => field.raw);
  const content = fields.filter(isContent).map((field) => field.raw);
  const version = countOf(fields, "mime-version") > 0 ? "" : "MIME-Version: 1.0\r\n";
  const head = `${version}Content-Type: multipart/mixed;\r\n boundary="${boundary}"\r\n\r\n--${boundary}\r\n`;
  return [
    {
      start: root.start,
      end: root.bodyStart,
      bytes: Buffer.concat([...kept, Buffer.from(head), ...content, CRLF]),
    },
    {
      start: root.end,
      end: root.end,
      bytes: Buffer.from(`\r\n--${boundary}\r\n${footerPart(text)}\r\n--${boundary}--\r\n`),
    },
  ];
}
