/** Mails as an mbox file (RFC 4155, mboxrd): what `splitMbox` reads back, and other programs too. */
import { splitMessage } from "./header.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** One mail with its "From " line, its own such lines quoted, and the empty line that ends it. Line ends become LF. */
export function mboxEntry(raw: Buffer, date: Date): Buffer {
  const { head, body } = splitMessage(raw);
  const content = `${head.toString("latin1").replace(/[\r\n]+$/, "")}\n\n${body.toString("latin1")}`;
  const lines = content.replace(/\r\n/g, "\n").replace(/^>*From /gm, ">$&");
  return Buffer.from(`From MAILER-DAEMON ${asctime(date)}\n${lines}${lines.endsWith("\n") ? "" : "\n"}\n`, "latin1");
}

/** `Thu Mar  5 09:00:00 2026`, in UTC, as RFC 4155 asks. */
function asctime(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = String(date.getUTCDate()).padStart(2);
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()}`;
}
