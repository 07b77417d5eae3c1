/**
 * What kind of mail a notice is, by who wrote it and how.
 *
 * Marks of a machine that gives mail back (its name, its subject, the null sender, a report's type) are counted against
 * those of a person or a list (an answer's subject, references, a list's fields). Words alone never make a bounce.
 */
import { automaticKind } from "../automatic.ts";
import { all, first } from "../header.ts";
import { decodeWords, mailboxes } from "../words.ts";
import type { Notice } from "./notice.ts";
import { ABSENCE, CHALLENGE, DELAY, FAILED_FIELD, FAILURE, STATEMENT, SUBJECT, SUCCESS, SYSTEM } from "./phrases.ts";

const FIRST_LINES = 60;

/** Something was not delivered, says a machine. */
export function isNoticeOfFailure(notice: Notice): boolean {
  const lines = notice.lines.slice(0, FIRST_LINES);
  const isFailing = lines.some((line) => FAILURE.test(line)) || SUBJECT.test(subjectOf(notice));
  return isFailing && isSure(notice) && machineMarks(notice) > personMarks(notice);
}

/** The null sender alone is what an absent person's answer has too. */
const isSure = (notice: Notice): boolean =>
  isSystem(notice) ||
  SUBJECT.test(subjectOf(notice)) ||
  failedNamed(notice) ||
  isReport(notice) ||
  (hasStatement(notice) && (notice.copy.length > 0 || hasNullSender(notice)));

const hasStatement = ({ lines }: Notice): boolean => lines.slice(0, FIRST_LINES).some((line) => STATEMENT.test(line));

const hasNullSender = ({ fields, sender }: Notice): boolean =>
  sender === "" || all(fields, "return-path").some((value) => /^\s*<\s*>|^<?mailer-daemon/i.test(value));

const isReport = ({ fields }: Notice): boolean => /^multipart\/report/i.test(first(fields, "content-type") ?? "");

export const isDelayed = (notice: Notice): boolean =>
  notice.lines.slice(0, FIRST_LINES).some((line) => DELAY.test(line)) ||
  /\b(?:delay(?:ed)?|warning)\b/i.test(subjectOf(notice));

/** A notice that tells of success, without a word of the other. */
export function isSuccess(notice: Notice): boolean {
  const lines = [subjectOf(notice), ...notice.lines.slice(0, FIRST_LINES)];
  return (
    lines.some((line) => SUCCESS.test(line)) &&
    !lines.some((line) => /\b[45]\.\d{1,3}\.\d|^[\s<]*[45]\d\d[ -]|\bnot\b|n't\b|fail|undeliver/i.test(line))
  );
}

/** An answer that a person's program sent in their absence. */
export function isAbsence(notice: Notice): boolean {
  if (isSystem(notice) || failedNamed(notice)) return false;
  if (isFromList(notice) && first(notice.fields, "auto-submitted") === undefined) return false;
  const subject = subjectOf(notice);
  if (ABSENCE.test(subject)) return true;
  // whatever its subject says: "Re: Delivery problems in Berlin" is what somebody wrote to them
  const isNotice = isReport(notice) || (hasStatement(notice) && notice.copy.length > 0);
  return automaticKind(notice.fields) === "auto-reply" && !isNotice;
}

const ANSWER = /^\s*(?:re|aw|sv|fwd?|wg|antw?|odp|vs)\s*:/i;

/** A question to the sender, which may be dressed as a report of failure. */
export function isChallenge(notice: Notice): boolean {
  if (isSystem(notice) || failedNamed(notice) || SUBJECT.test(subjectOf(notice)) || isFromList(notice)) return false;
  const isMachine = automaticKind(notice.fields) !== "no" || machineMarks(notice) > 1;
  const lines = [
    subjectOf(notice),
    ...notice.lines.slice(0, FIRST_LINES),
    ...notice.statuses.flatMap((text) => text.split("\n", FIRST_LINES)),
  ];
  return isMachine && lines.some((line) => CHALLENGE.test(line));
}

function machineMarks(notice: Notice): number {
  let marks = 0;
  if (isSystem(notice)) marks += 2;
  if (SUBJECT.test(subjectOf(notice))) marks += 2;
  if (failedNamed(notice)) marks += 3;
  if (hasNullSender(notice)) marks += 2;
  if (hasStatement(notice)) marks += 1;
  if (isReport(notice)) marks += 2;
  if (/^auto-/i.test(first(notice.fields, "auto-submitted") ?? "")) marks += 1;
  if (notice.copy.length > 0) marks += 1;
  return marks;
}

function personMarks(notice: Notice): number {
  const has = (name: string): boolean => first(notice.fields, name) !== undefined;
  let marks = 0;
  if (ANSWER.test(subjectOf(notice)) && !isSystem(notice)) marks += 1;
  if ((has("in-reply-to") || has("references")) && !isSystem(notice)) marks += 1;
  // a list that passes its returns on puts its fields into them
  if (isFromList(notice)) marks += isSystem(notice) ? 1 : 2;
  return marks + 0.5;
}

const isFromList = ({ fields }: Notice): boolean =>
  first(fields, "list-id") !== undefined || first(fields, "list-post") !== undefined;

const failedNamed = (notice: Notice): boolean => notice.fields.some(({ name }) => FAILED_FIELD.test(name));

const subjectOf = (notice: Notice): string => decodeWords((first(notice.fields, "subject") ?? "").slice(0, 1000));

/** The author is a mail system, by its name or by its address. */
export function isSystem(notice: Notice): boolean {
  const written = (first(notice.fields, "from") ?? first(notice.fields, "sender") ?? "").slice(0, 1000);
  const [author] = mailboxes(written);
  const local = (author?.address || written).split("@")[0]!.replace(/[<>"\\\s]/g, "");
  return (
    SYSTEM.test(local) ||
    /mail(?:er)?[ -]?(?:delivery|daemon|system)|postmaster|delivery (?:sub)?system/i.test(author?.name ?? "")
  );
}
