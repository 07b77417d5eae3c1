/**
 * What a mail that came back is, and whom it is about.
 *
 * Three layers, the surest first: reports for machines (RFC 3464, 6533, 5965), fields like X-Failed-Recipients, and the
 * notice as people read it. A mail is taken for a bounce only when it says that something was not delivered and looks
 * like a machine's: an absent person's answer, a list's post about bounces, or a challenge is none. Only reading: what
 * becomes of it is for others to decide. Bounded in everything: parts, lines, recipients, words.
 */
import { automaticKind } from "../automatic.ts";
import { type Complaint, readComplaint } from "./complaint.ts";
import { readEvent } from "./events.ts";
import { unforwarded } from "./forwarded.ts";
import { isAbsence, isChallenge, isNoticeOfFailure, isSuccess } from "./kind.ts";
import { takeApart } from "./notice.ts";
import { fromProse, fromReports, type Recipient } from "./recipients.ts";
import { type Reported, readStatuses } from "./status.ts";

export type Kind = "bounce" | "complaint" | "auto-reply" | "challenge" | "delivery-notification" | "ordinary";

export type Returned = {
  kind: Kind;
  recipients: Recipient[];
  complaint?: Complaint;
};

/** Reads a mail. Never throws. */
export function readReturned(raw: Buffer): Returned {
  const notice = unforwarded(takeApart(withoutBlanks(raw)));
  const event = readEvent(notice.lines);
  const complaint = event && "complaint" in event ? event.complaint : readComplaint(notice);
  if (complaint) return { kind: "complaint", recipients: [], complaint };
  const reported = event && "bounced" in event ? event.bounced : readStatuses(notice.statuses);
  if (!event && isChallenge(notice)) return { kind: "challenge", recipients: [] };
  const failed = reported.filter((one) => !isGood(one));
  if (reported.length > 0 && failed.length === 0) return { kind: "delivery-notification", recipients: [] };
  if (failed.length > 0) return { kind: "bounce", recipients: fromReports(notice, failed) };
  if (isAbsence(notice)) return { kind: "auto-reply", recipients: [] };
  if (isSuccess(notice) && isNoticeOfFailure(notice)) return { kind: "delivery-notification", recipients: [] };
  const recipients = isNoticeOfFailure(notice) ? fromProse(notice) : [];
  if (recipients.length > 0) return { kind: "bounce", recipients };
  const automatic = automaticKind(notice.fields);
  return { kind: automatic === "auto-reply" ? "auto-reply" : "ordinary", recipients: [] };
}

/** Some files begin with an empty line, which would end the header before it began. */
function withoutBlanks(raw: Buffer): Buffer {
  let at = 0;
  while (at < raw.length && (raw[at] === 10 || raw[at] === 13)) at += 1;
  return raw.subarray(at);
}

/** RFC 3464 2.3.3: delivered, relayed, expanded. */
const isGood = (one: Reported): boolean =>
  /^(?:deliver|relay|expand)/.test(one.action) || (one.action === "" && one.status.startsWith("2"));
