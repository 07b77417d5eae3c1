/**
 * Complaints: somebody pressed "this is spam", and their provider tells us (ARF, RFC 5965).
 *
 * The report names a type and perhaps a recipient; the mail complained about is in it. Whose it was is read from what we
 * sealed into that mail, never from what the report claims.
 */
import { all, first, readHeader } from "../header.ts";
import { decodeWords } from "../words.ts";
import { addressesIn } from "./addresses.ts";
import type { Notice } from "./notice.ts";
import { COMPLAINT } from "./phrases.ts";

export type Complaint = {
  /** RFC 5965 7.3: abuse, fraud, virus, other, not-spam … */
  type: string;
  /** Whom the report names as having complained; many providers leave them out. */
  complainants: string[];
  said: string;
  /** The sender of the mail complained about, where the report names it. */
  originalSender: string;
};

export function readComplaint(notice: Notice): Complaint | undefined {
  const [report] = notice.feedback;
  if (report === undefined) return withoutReport(notice);
  const fields = readHeader(Buffer.from(report.trim()));
  const named = [...all(fields, "original-rcpt-to"), ...all(fields, "removal-recipient")];
  return {
    type: /[\w-]+/.exec(first(fields, "feedback-type") ?? "")?.[0].toLowerCase() ?? "abuse",
    complainants: [...new Set(named.flatMap((value) => addressesIn(value.slice(0, 2000)).map((one) => one.address)))],
    said: notice.lines.join(" ").replace(/\s+/g, " ").trim().slice(0, 500),
    originalSender: (first(fields, "original-mail-from") ?? "").slice(0, 500),
  };
}

/** Some only send the mail back, under a subject that says why. */
function withoutReport(notice: Notice): Complaint | undefined {
  const isReport = /^multipart\/report/i.test(first(notice.fields, "content-type") ?? "");
  if (isReport || notice.copy.length === 0) return undefined;
  if (!COMPLAINT.test(decodeWords((first(notice.fields, "subject") ?? "").slice(0, 1000)))) return undefined;
  if (first(notice.fields, "in-reply-to") !== undefined || first(notice.fields, "list-id") !== undefined)
    return undefined;
  return {
    type: "abuse",
    complainants: complainantIn(notice),
    originalSender: "",
    said: notice.lines.join(" ").replace(/\s+/g, " ").trim().slice(0, 500),
  };
}

/** Hotmail puts the complainant into the copy. */
const complainantIn = ({ copy }: Notice): string[] =>
  addressesIn((first(copy, "x-hmxmroriginalrecipient") ?? "").slice(0, 500)).map((one) => one.address);
