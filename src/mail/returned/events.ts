/**
 * Events that a sending service tells by mail, as JSON: Amazon's notifications of bounces and complaints.
 *
 * The text holds one object on a line of its own. What it says is as good as a report for machines, and read as one.
 */
import { addressesIn } from "./addresses.ts";
import type { Complaint } from "./complaint.ts";
import type { Reported } from "./status.ts";

export type Event = { bounced: Reported[] } | { complaint: Complaint };

const LONGEST = 128 * 1024;
const MOST_RECIPIENTS = 1000;

type Named = { emailAddress?: unknown; status?: unknown; action?: unknown; diagnosticCode?: unknown };

export function readEvent(lines: readonly string[]): Event | undefined {
  const start = lines.findIndex((line) => /^\s*\{\s*(?:$|"(?:notificationType|eventType|Type)")/.test(line));
  const outer = start < 0 ? undefined : parsed(objectFrom(lines, start));
  // Amazon's notification service may wrap the event into another object, as a string
  const event = typeof outer?.["Message"] === "string" ? parsed(outer["Message"]) : outer;
  if (event === undefined) return undefined;
  const bounce = record(event["bounce"]);
  const complaint = record(event["complaint"]);
  const permanent = text(bounce?.["bounceType"]).toLowerCase() === "permanent";
  if (bounce) return { bounced: listed(bounce["bouncedRecipients"]).map((one) => toReported(one, permanent)) };
  if (!complaint) return undefined;
  return {
    complaint: {
      type: text(complaint["complaintFeedbackType"]) || "abuse",
      complainants: listed(complaint["complainedRecipients"]).map((one) => addressOf(one)),
      said: "",
      originalSender: "",
    },
  };
}

/** The lines up to the next empty one. Some servers cut a long line with "!" and go on behind a blank. */
function objectFrom(lines: readonly string[], start: number): string {
  const more = lines.slice(start).findIndex((line) => line.trim() === "");
  const written = lines.slice(start, more < 0 ? lines.length : start + more);
  return written
    .map((line) => line.replace(/!$/, "").replace(/^ /, ""))
    .join("")
    .slice(0, LONGEST);
}

function toReported(one: Named, isPermanent: boolean): Reported {
  return {
    address: addressOf(one),
    aliases: [],
    action: text(one.action) || "failed",
    status: /^[45]\.\d{1,3}\.\d{1,3}$/.exec(text(one.status))?.[0] ?? (isPermanent ? "5.0.0" : "4.0.0"),
    said: text(one.diagnosticCode).replace(/^smtp;\s*/i, ""),
  };
}

const addressOf = (one: Named): string => addressesIn(text(one.emailAddress).slice(0, 1000))[0]?.address ?? "";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

const listed = (value: unknown): Named[] =>
  Array.isArray(value) ? value.slice(0, MOST_RECIPIENTS).map((one: unknown) => record(one) ?? {}) : [];

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(line));
  } catch {
    return undefined; // cut short, or no JSON after all
  }
}
