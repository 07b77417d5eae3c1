/**
 * Structured values with parameters: Content-Type, Content-Disposition (RFC 2045 5.1, RFC 2183, RFC 2231).
 *
 * Read in one pass, forgiving what mailers do: blanks in bare values, quotes that never close, names without values.
 * Of a parameter given twice the first counts, as it does for fields.
 */
import { decodeText } from "./charset.ts";
import { decodeWords } from "./words.ts";

export type Parameters = { value: string; parameters: ReadonlyMap<string, string> };

const MAX_LENGTH = 20_000;
const MAX_PARAMETERS = 100;

/** The value in lower case and its parameters, names in lower case, continuations joined and decoded. */
export function readParameters(header: string): Parameters {
  const text = header.slice(0, MAX_LENGTH);
  const parameters = new Map<string, string>();
  let { word: value, at } = wordFrom(text, 0);
  while (at < text.length && parameters.size < MAX_PARAMETERS) {
    const equals = text.indexOf("=", at);
    const semicolon = text.indexOf(";", at);
    if (semicolon >= 0 && (equals < 0 || semicolon < equals)) {
      at = semicolon + 1;
      continue;
    }
    if (equals < 0) break;
    const name = text
      .slice(at, equals)
      .replace(/\([^()]*\)/g, "")
      .trim()
      .toLowerCase();
    const read = wordFrom(text, equals + 1);
    if (name !== "" && !parameters.has(name)) parameters.set(name, read.word);
    at = read.at;
  }
  value = value.trim().toLowerCase();
  return { value, parameters: withContinuations(parameters) };
}

/** A file name as a person should see it: without folders, control characters or leading dots; undefined if none is left. */
export function fileNameOf(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const decoded = decodeWords(written).replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "");
  const name = decoded.slice(Math.max(decoded.lastIndexOf("/"), decoded.lastIndexOf("\\")) + 1).trim();
  return name === "" ? undefined : name.slice(0, 255);
}

/** Up to the next ";" outside quotes and comments; `at` is behind it. */
function wordFrom(text: string, start: number): { word: string; at: number } {
  let at = start;
  let word = "";
  let wasQuoted = false;
  for (; at < text.length && text[at] !== ";"; at += 1) {
    const character = text[at]!;
    if (character === '"') {
      const close = closingQuote(text, at);
      word += unquoted(text.slice(at + 1, close));
      wasQuoted = true;
      at = close;
    } else if (character === "(" && (word === "" || wasQuoted || /\s/.test(text[at - 1] ?? " "))) {
      const close = text.indexOf(")", at);
      if (close < 0) continue;
      at = close;
    } else if (!wasQuoted) word += character;
  }
  return { word: wasQuoted ? word.replace(/^\s+/, "") : word.trim(), at: at + 1 };
}

/** Where the quoted string ends; one that never does ends at the next ";" or the end. */
function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  const semicolon = text.indexOf(";", open);
  return semicolon < 0 ? text.length : semicolon - 1;
}

/** RFC 5322 3.2.4; but a backslash before a letter is most likely a Windows path. */
const unquoted = (text: string): string => (text.includes("\\") ? text.replace(/\\(["\\])/g, "$1") : text);

/** RFC 2231 3 and 4: name*=charset'language'text, name*0=, name*1*= and so on. */
function withContinuations(parameters: Map<string, string>): Map<string, string> {
  const sections = new Map<string, { number: number; text: string; isEncoded: boolean }[]>();
  for (const [name, text] of parameters) {
    const parts = /^([^*]+)\*(?:(\d{1,3})(\*)?)?$/.exec(name);
    if (!parts) continue;
    const list = sections.get(parts[1]!) ?? [];
    list.push({ number: Number(parts[2] ?? 0), text, isEncoded: parts[2] === undefined || parts[3] === "*" });
    sections.set(parts[1]!, list);
    parameters.delete(name);
  }
  for (const [name, list] of sections) {
    list.sort((a, b) => a.number - b.number);
    let charset: string | undefined = "utf-8";
    const bytes = list.map(({ text, isEncoded }, i) => {
      const marked = i === 0 && isEncoded ? /^([^']*)'[^']*'(.*)$/s.exec(text) : null;
      if (marked) charset = marked[1] || "utf-8";
      return isEncoded ? percentBytes(marked ? marked[2]! : text) : Buffer.from(text);
    });
    const decoded = decodeText(Buffer.concat(bytes), charset).text;
    if (decoded !== "") parameters.set(name, decoded);
  }
  return parameters;
}

function percentBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const hex = bytes[at] === 0x25 ? bytes.toString("latin1", at + 1, at + 3) : "";
    const isEscape = /^[0-9a-f]{2}$/i.test(hex);
    bytes[length++] = isEscape ? Number.parseInt(hex, 16) : bytes[at]!;
    if (isEscape) at += 2;
  }
  return bytes.subarray(0, length);
}
