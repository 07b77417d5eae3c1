/**
 * Commands of an SMTP client (RFC 5321 4.1), read from one line without its CR LF; nothing is done here.
 *
 * What is wrong with a line comes back as the reply it deserves. Read generously where senders are known to differ and
 * no doubt is possible (a space after the colon, no angle brackets), strictly elsewhere.
 */
import { isUtf8 } from "node:buffer";
import { parseAddress } from "../mail/address.ts";

export type Wrong = { code: number; status: string; text: string };
export type Command = { verb: string; rest: string };
export type MailFrom = { sender: string; sizeBytes: number | undefined; utf8: boolean };

/** Longest command line in bytes, its CR LF included. RFC 5321 4.5.3.1.4 asks for 512 and some for each extension. */
export const COMMAND_LIMIT = 2048;

const wrong = (code: number, status: string, text: string): Wrong => ({ code, status, text });

/** Splits a line into its verb, in capitals, and the rest. */
export function readCommand(line: Buffer): Command | Wrong {
  if (!isUtf8(line)) return wrong(500, "5.5.2", "A command must be ASCII or UTF-8");
  const text = line.toString();
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    return wrong(500, "5.5.2", "A command may hold no control characters, and must end in CR LF");
  }
  const space = text.search(/[ \t]/);
  if (space < 0) return { verb: text.toUpperCase(), rest: "" };
  return { verb: text.slice(0, space).toUpperCase(), rest: text.slice(space + 1).trim() };
}

/** The argument of HELO or EHLO as it may be kept and shown: 1 to 255 visible ASCII characters, others become "?". */
export function readHelo(rest: string): string | undefined {
  if (rest === "" || rest.length > 255) return undefined;
  return rest.replace(/[^\x21-\x7e]/g, "?");
}

/** MAIL FROM:<sender> with SIZE, BODY and SMTPUTF8 (RFC 1870, 6152, 6531). */
export function readMailFrom(rest: string): MailFrom | Wrong {
  const found = /^FROM:[ \t]*(.*)$/i.exec(rest);
  if (!found) return wrong(501, "5.5.4", "The form is MAIL FROM:<address>");
  const path = splitPath(found[1]!);
  if (!path) return wrong(501, "5.1.7", "The form is MAIL FROM:<address>");
  const mail: MailFrom = { sender: "", sizeBytes: undefined, utf8: false };
  for (const parameter of path.parameters) {
    const [key = "", value] = splitAt(parameter, "=");
    switch (key.toUpperCase()) {
      case "SIZE":
        if (!value || !/^\d{1,20}$/.test(value)) return wrong(501, "5.5.4", "SIZE must be a number of bytes");
        mail.sizeBytes = Number(value);
        break;
      case "BODY":
        if (!value || !/^(?:7BIT|8BITMIME)$/i.test(value)) return wrong(501, "5.5.4", "BODY must be 7BIT or 8BITMIME");
        break;
      case "SMTPUTF8":
        if (value !== undefined) return wrong(501, "5.5.4", "SMTPUTF8 takes no value");
        mail.utf8 = true;
        break;
      default:
        return wrong(555, "5.5.4", "This parameter of MAIL is not offered here");
    }
  }
  if (path.address === "") return mail;
  const address = parseAddress(path.address);
  if (!address) return wrong(501, "5.1.7", "The sender is not an address of the form name@domain");
  if (!mail.utf8 && isInternational(path.address)) {
    return wrong(553, "5.6.7", "A sender beyond ASCII needs the SMTPUTF8 parameter");
  }
  mail.sender = path.address;
  return mail;
}

/** RCPT TO:<recipient>; the address comes back without a source route. `postmaster` may stand without a domain. */
export function readRcptTo(rest: string, utf8: boolean): { local: string; domain: string | undefined } | Wrong {
  const found = /^TO:[ \t]*(.*)$/i.exec(rest);
  if (!found) return wrong(501, "5.5.4", "The form is RCPT TO:<address>");
  const path = splitPath(found[1]!);
  if (!path || path.address === "") return wrong(501, "5.1.3", "The form is RCPT TO:<address>");
  if (path.parameters.length > 0) return wrong(555, "5.5.4", "This parameter of RCPT is not offered here");
  if (path.address.toLowerCase() === "postmaster") return { local: path.address, domain: undefined };
  const address = parseAddress(path.address);
  if (!address) return wrong(501, "5.1.3", "The recipient is not an address of the form name@domain");
  if (!utf8 && isInternational(path.address)) {
    return wrong(553, "5.6.7", "A recipient beyond ASCII needs the SMTPUTF8 parameter of MAIL");
  }
  return address;
}

const isInternational = (address: string): boolean => /[^\x00-\x7f]/.test(address);

/** "<path> parameters", or "path parameters" from those who leave the brackets out (Postfix takes both by default). */
function splitPath(text: string): { address: string; parameters: string[] } | undefined {
  let address: string;
  let rest: string;
  if (text.startsWith("<")) {
    const close = closingBracket(text);
    if (close < 0) return undefined;
    address = text.slice(1, close);
    rest = text.slice(close + 1);
    if (rest !== "" && !/^[ \t]/.test(rest)) return undefined;
  } else {
    if (text === "" || text.includes(">")) return undefined;
    const [first = "", others] = splitAt(text, " ");
    address = first;
    rest = others ?? "";
  }
  // RFC 5321 4.1.1.3: a source route must be taken and should be ignored.
  if (address.startsWith("@")) {
    const colon = address.indexOf(":");
    if (colon < 0) return undefined;
    address = address.slice(colon + 1);
    if (address === "") return undefined;
  }
  return { address, parameters: rest.split(/[ \t]+/).filter((parameter) => parameter !== "") };
}

/** The ">" that closes the path: not one inside a quoted local part. */
function closingBracket(text: string): number {
  let quoted = false;
  for (let i = 1; i < text.length; i += 1) {
    const letter = text[i];
    if (quoted && letter === "\\") i += 1;
    else if (letter === '"') quoted = !quoted;
    else if (letter === ">" && !quoted) return i;
  }
  return -1;
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
