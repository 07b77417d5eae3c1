/**
 * What is said about a mail before its text: MAIL with its parameters, by what the far side offers, and which mails
 * cannot be offered to it at all.
 */
import { finding, type Reply } from "./reply.ts";

export type OutgoingMail = {
  /** The return path, "" for none. */
  from: string;
  recipients: readonly string[];
  sizeBytes: number;
  /** The message in pieces, lines ended by CRLF, not dot-stuffed. */
  message: readonly Buffer[];
  /** The text has bytes above 127 and needs 8BITMIME (RFC 6152). */
  eightBit: boolean;
  /** The header or an address needs SMTPUTF8 (RFC 6531). */
  utf8: boolean;
  /** Why it has no 7-bit form: ends the sentence "it cannot be converted because …". */
  whyEightBit?: string;
};

/** What EHLO offered (RFC 5321 4.1.1.1). `size` in bytes, 0 for no stated limit. */
export type Capabilities = {
  name: string;
  pipelining: boolean;
  eightBitMime: boolean;
  smtpUtf8: boolean;
  size: number | undefined;
  startTls: boolean;
};

/** Reads the lines of an EHLO reply; what we do not know is passed over. */
export function capabilitiesOf(lines: readonly string[]): Capabilities {
  const offered = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const [keyword = "", parameter = ""] = line.trim().split(/[ =]/, 2);
    offered.set(keyword.toUpperCase(), parameter);
  }
  const size = offered.get("SIZE");
  return {
    name: (lines[0] ?? "").split(" ", 1)[0]!.slice(0, 255),
    pipelining: offered.has("PIPELINING"),
    eightBitMime: offered.has("8BITMIME"),
    smtpUtf8: offered.has("SMTPUTF8"),
    size: size === undefined ? undefined : /^\d{1,15}$/.test(size) ? Number(size) : 0,
    startTls: offered.has("STARTTLS"),
  };
}

/** MAIL with the parameters that the far side knows (RFC 1870, 6152, 6531). */
export function mailCommand(mail: OutgoingMail, offered: Capabilities): string {
  let command = `MAIL FROM:<${mail.from}>`;
  if (offered.size !== undefined) command += ` SIZE=${mail.sizeBytes}`;
  if (mail.eightBit && offered.eightBitMime) command += " BODY=8BITMIME";
  if (mail.utf8 && offered.smtpUtf8) command += " SMTPUTF8";
  return `${command}\r\n`;
}

/** Why this mail cannot go to this address over this connection, known before anything is said. */
export function unsendable(mail: OutgoingMail, address: string, offered: Capabilities): Reply | undefined {
  // Addresses become part of a command: a line end or bracket in one would let it speak for itself.
  if (!isSafe(address) || address === "")
    return finding("never", "5.1.3", "the address cannot be written in SMTP", "recipient");
  if (!isSafe(mail.from)) return finding("never", "5.1.7", "the sender's address cannot be written in SMTP", "message");
  if (mail.eightBit && !offered.eightBitMime)
    return finding(
      "never",
      "5.6.3",
      `the far side takes 7-bit text only, and the mail cannot be converted: ${mail.whyEightBit ?? "it has 8-bit text"}`,
      "message",
    );
  if ((mail.utf8 || !isAscii(mail.from)) && !offered.smtpUtf8)
    return finding("never", "5.6.7", "the mail needs SMTPUTF8 and the far side does not offer it", "message");
  if (!isAscii(address) && !(mail.utf8 && offered.smtpUtf8))
    return finding("never", "5.6.7", "the address needs SMTPUTF8 and the far side does not offer it", "recipient");
  if (offered.size !== undefined && offered.size > 0 && mail.sizeBytes > offered.size)
    return finding(
      "never",
      "5.3.4",
      `the mail has ${mail.sizeBytes} bytes and the far side takes ${offered.size}`,
      "message",
    );
  return undefined;
}

const isSafe = (address: string): boolean =>
  address.length <= 320 &&
  /^(?:"(?:[^"\\\u0000-\u001f\u007f]|\\[^\u0000-\u001f\u007f])*"@)?[^\u0000-\u0020\u007f<>]*$/.test(address);
const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text);
