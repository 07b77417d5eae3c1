/**
 * What a mail that came back is, and whom it is about.
 *
 * Three layers, the surest first: reports for machines (RFC 3464, 6533, 5965), fields like X-Failed-Recipients, and the
 * notice as people read it. A mail is taken for a bounce only when it says that something was not delivered and looks
 * like a machine's: an absent person's answer, a list's post about bounces, or a challenge is none. Only reading: what
 * becomes of it is for others to decide. Bounded in everything: parts, lines, recipients, words.
 */
import { automaticKind } from "../automatic.ts";
import type { HeaderField } from "../header.ts";
import { type Complaint, readComplaint } from "./complaint.ts";
import { readEvent } from "./events.ts";
import { attachedNotice, unforwarded } from "./forwarded.ts";
import { isAbsence, isChallenge, isNoticeOfFailure, isSuccess } from "./kind.ts";
import { type Notice, takeApart } from "./notice.ts";
import { type Failure, failureIn, fromProse, fromReports, type Recipient } from "./recipients.ts";
import { type Reported, readStatuses } from "./status.ts";

export type { Failure, Recipient } from "./recipients.ts";

export type Kind = "bounce" | "complaint" | "auto-reply" | "challenge" | "delivery-notification" | "ordinary";

export type Returned = {
  kind: Kind;
  /** Empty for anything but a bounce. */
  recipients: Recipient[];
  /** Of a bounce that names nobody: what it says all the same. */
  unnamed?: Failure;
  complaint?: Complaint;
  /** The header of the mail that came back; empty where none did. */
  copy: HeaderField[];
};

/** Reads a mail; `sender` is the envelope's, where it is known. Never throws. */
export function readReturned(raw: Buffer, sender?: string): Returned {
  const notice = unforwarded(takeApart(withoutBlanks(raw), sender));
  const reading = readNotice(notice);
  const inside = reading.kind === "ordinary" ? attachedNotice(notice) : undefined;
  const passedOn = inside && readNotice(inside);
  if (passedOn?.kind === "bounce") return { recipients: [], copy: inside!.copy, ...passedOn };
  return { recipients: [], copy: notice.copy, ...reading };
}

type Reading = Pick<Returned, "kind"> & Partial<Returned>;

function readNotice(notice: Notice): Reading {
  const event = readEvent(notice.lines);
  const complaint = event && "complaint" in event ? event.complaint : readComplaint(notice);
  if (complaint) return { kind: "complaint", complaint };
  const reported = event && "bounced" in event ? event.bounced : readStatuses(notice.statuses);
  if (!event && isChallenge(notice)) return { kind: "challenge" };
  const failed = reported.filter((one) => !isGood(one));
  if (reported.length > 0 && failed.length === 0) return { kind: "delivery-notification" };
  if (failed.length > 0) return bounce(notice, fromReports(notice, failed), failed);
  if (isAbsence(notice)) return { kind: "auto-reply" };
  if (isNoticeOfFailure(notice))
    return isSuccess(notice) ? { kind: "delivery-notification" } : bounce(notice, fromProse(notice), []);
  return { kind: automaticKind(notice.fields) === "auto-reply" ? "auto-reply" : "ordinary" };
}

const bounce = (notice: Notice, recipients: Recipient[], failed: Reported[]): Reading => ({
  kind: "bounce",
  recipients,
  ...(recipients.length === 0 && { unnamed: failureIn(notice, failed) }),
});

/** Some files begin with an empty line, which would end the header before it began. */
function withoutBlanks(raw: Buffer): Buffer {
  let at = 0;
  while (at < raw.length && (raw[at] === 10 || raw[at] === 13)) at += 1;
  return raw.subarray(at);
}

/** RFC 3464 2.3.3: delivered, relayed, expanded. */
const isGood = (one: Reported): boolean =>
  /^(?:deliver|relay|expand)/.test(one.action) || (one.action === "" && one.status.startsWith("2"));
