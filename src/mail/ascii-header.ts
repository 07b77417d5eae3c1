/**
 * Header fields in ASCII alone, for far sides that take no more (RFC 6152 3, RFC 6857).
 *
 * Text becomes encoded words, file names the parameters of RFC 2231, an international domain its A-labels: all of it is
 * read as before. An address whose local part is not ASCII cannot be written at all: its name stays, in a group
 * without members (RFC 6857 3.1.8), and where an answer would go there, nothing stays. Of what only machines read and
 * what has lost its meaning with the first change (Received, signatures) the 8-bit bytes become "?".
 */
import { isAscii } from "node:buffer";
import { domainToASCII } from "node:url";
import { parseAddress } from "./address.ts";
import { encodePhrase, encodeText, fold, newField, oneLine } from "./encode.ts";
import { all, type HeaderField } from "./header.ts";
import { readParameters } from "./parameters.ts";
import { decodeWords, type Mailbox, mailboxes } from "./words.ts";

const ADDRESSES =
  /^(?:resent-)?(?:from|sender|reply-to|to|cc|bcc)$|^(?:x-original-from|mail-(?:reply|followup)-to|disposition-notification-to)$/;
const IDS = /^(?:(?:resent-)?message-id|in-reply-to|references|content-id|content-location)$/;
const STRUCTURED = /^(?:content-type|content-disposition)$/;
const MACHINES =
  /^$|^(?:received|received-spf|return-path|date|resent-date|mime-version|content-transfer-encoding|content-language|content-md5|dkim-signature|domainkey-signature|authentication-results|autocrypt)$|^(?:arc|list)-/;
const ANSWERED = /^(?:(?:resent-)?reply-to|sender|mail-(?:reply|followup)-to|disposition-notification-to)$/;

/** The fields, those with 8-bit bytes written anew; a field that cannot be said in ASCII is left out. */
export const asciiFields = (fields: readonly HeaderField[]): HeaderField[] =>
  fields.flatMap((field) => (isAscii(field.raw) ? [field] : asciiField(field)));

/** Does the header name an address that only SMTPUTF8 carries (RFC 6531)? 8-bit text elsewhere goes with 8BITMIME. */
export const needsUtf8 = (fields: readonly HeaderField[]): boolean =>
  ["from", "to", "cc", "reply-to", "sender"].some((name) =>
    all(fields, name).some((value) => !isPlain(value) && mailboxes(value).some((box) => !isPlain(box.address))),
  );

/** The address with its domain in A-labels; undefined when its local part is not ASCII, or it is no address. */
export function asciiAddress(address: string): string | undefined {
  if (isPlain(address)) return address;
  const at = address.lastIndexOf("@");
  const domain = domainToASCII(address.slice(at + 1));
  const ascii = `${address.slice(0, at)}@${domain}`;
  return at > 0 && domain !== "" && isPlain(ascii) && parseAddress(ascii) ? ascii : undefined;
}

function asciiField(field: HeaderField): HeaderField[] {
  const { name, value, raw } = field;
  const written = name === "" ? "" : raw.toString("latin1", 0, raw.indexOf(":")).trimEnd();
  const anew = (text: string): HeaderField[] => [newField(written, fold(text, written.length + 2))];
  if (MACHINES.test(name)) {
    const masked = Buffer.from(raw.map((byte) => (byte > 127 ? 0x3f : byte)));
    return [{ name, raw: masked, value: value.replace(/[^\u0000-\u007f]/g, "?") }];
  }
  if (IDS.test(name)) return anew(value.replace(/[^\u0000-\u007f]+/g, inPercents));
  if (STRUCTURED.test(name)) return [newField(written, parametersOf(value))];
  if (!ADDRESSES.test(name)) return anew(encodeText(decodeWords(value)));
  const boxes = mailboxes(value).filter((box) => !ANSWERED.test(name) || asciiAddress(box.address) !== undefined);
  const texts = boxes.map(asciiBox).filter((text) => text !== "");
  if (texts.length > 0) return anew(texts.join(", "));
  return ANSWERED.test(name) ? [] : anew(`${encodePhrase(oneLine(decodeWords(value)))}:;`);
}

function asciiBox(box: Mailbox): string {
  const name = oneLine(decodeWords(box.name));
  const address = parseAddress(box.address) ? asciiAddress(box.address) : undefined;
  if (address !== undefined) return name === "" ? address : `${encodePhrase(name)} <${address}>`;
  const shown = oneLine(`${name} ${box.address}`);
  return shown === "" ? "" : `${encodePhrase(shown)}:;`;
}

/** RFC 2231: what is not printable ASCII is said in percents, in sections that fit a line. */
function parametersOf(written: string): string {
  const { value, parameters } = readParameters(written);
  let text = value.replace(/[^\x21-\x7e]/g, "?");
  for (const [name, said] of parameters) {
    if (!/^[!#$&+\-.0-9A-Z^_`a-z{|}~]{1,60}$/.test(name)) continue;
    if (/^[\x20-\x7e]*$/.test(said) && said.length < 200) {
      text += `;\r\n ${name}="${said.replace(/["\\]/g, "\\$&")}"`;
      continue;
    }
    const sections = `utf-8''${inPercents(said)}`.match(/(?:%[0-9A-F]{2}|[^%]){1,60}/g) ?? [];
    sections.forEach((section, i) => {
      text += `;\r\n ${name}${sections.length > 1 ? `*${i}` : ""}*=${section}`;
    });
  }
  return text;
}

/** Every byte that is no letter, digit, dot or hyphen as %XX. */
const inPercents = (text: string): string =>
  Buffer.from(text)
    .toString("latin1")
    .replace(/[^A-Za-z0-9.-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

const isPlain = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text);
