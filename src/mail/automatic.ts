/**
 * Mail written by machines (RFC 3834), told by what it says of itself.
 *
 * An answer to such mail could be answered by another machine without end, so we answer only where the kind is "no".
 * What is not a person's mail to a group ends quietly: a group that is written to by a vacation notice stays silent.
 */
import { all, first, type HeaderField } from "./header.ts";

export type AutomaticKind = "no" | "auto-reply" | "auto-generated" | "bulk-list" | "bounce";

/**
 * What kind of machine wrote it. `sender` is the envelope's: "" is the null sender (RFC 5321 4.5.5), which only notices
 * about other mail use; undefined when the envelope is not known.
 */
export function automaticKind(fields: readonly HeaderField[], sender?: string): AutomaticKind {
  const submitted = keyword(first(fields, "auto-submitted"));
  const precedence = keyword(first(fields, "precedence"));
  const type = keyword(first(fields, "content-type"));
  if (type === "multipart/report") return isDispositionReport(fields) ? "auto-reply" : "bounce";
  if (first(fields, "x-failed-recipients") !== undefined) return "bounce";
  if (submitted === "auto-replied" || precedence === "auto_reply" || saysReply(fields)) return "auto-reply";
  if (sender === "" || sender === "<>") return "bounce";
  if (submitted === "auto-generated" || submitted === "auto-notified") return "auto-generated";
  if (submitted !== "" && submitted !== "no") return "auto-generated"; // RFC 3834 5.1: anything else is automatic too
  if (fields.some((field) => LIST_FIELDS.has(field.name))) return "bulk-list";
  if (precedence === "bulk" || precedence === "list" || precedence === "junk") return "bulk-list";
  return "no";
}

/** Whether the mail has already come through the list with this id (RFC 2919): a loop. */
export function hasPassed(fields: readonly HeaderField[], listId: string): boolean {
  const own = listId.toLowerCase();
  return [...all(fields, "list-id"), ...all(fields, "x-loop")].some((value) => {
    const open = value.lastIndexOf("<");
    const close = value.indexOf(">", open + 1);
    const id = open >= 0 && close > open ? value.slice(open + 1, close) : value;
    return id.trim().toLowerCase() === own;
  });
}

/** How many servers have taken the mail in (RFC 5321 6.3: around a hundred of them are a loop). */
export const receivedCount = (fields: readonly HeaderField[]): number =>
  fields.reduce((count, field) => count + (field.name === "received" ? 1 : 0), 0);

const LIST_FIELDS = new Set(["list-id", "list-post", "list-unsubscribe", "mailing-list", "x-mailing-list"]);

const REPLY_FIELDS = new Set(["x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-vacation"]);

/** Fields by which responders announced themselves before, and beside, RFC 3834. */
function saysReply(fields: readonly HeaderField[]): boolean {
  return fields.some(
    ({ name, value }) =>
      (REPLY_FIELDS.has(name) && !/^(?:no|false|0)$/i.test(value)) ||
      (name === "x-ms-exchange-generated-message-source" && /mailbox rules agent|out of office/i.test(value)) ||
      (name === "x-autoreply-from" && value !== "") ||
      (name === "delivered-to" && /^autoresponder$/i.test(value)),
  );
}

/** A read receipt (RFC 8098) is a reply, the other reports are about mail that did not arrive, or was complained about. */
const isDispositionReport = (fields: readonly HeaderField[]): boolean =>
  /report-type\s*=\s*"?disposition-notification/i.test((first(fields, "content-type") ?? "").slice(0, 1000));

/** The first word of a value: "auto-replied (vacation); owner-email=…" is "auto-replied". */
const keyword = (value: string | undefined): string => /^[\w./-]*/.exec((value ?? "").trim())![0].toLowerCase();
