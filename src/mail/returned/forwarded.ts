/**
 * A notice that a person passed on: quoted in their mail, or attached to it. What they passed on is read instead.
 *
 * Only where the mail says that it is forwarded and what is in it was written by a mail system: a post about a bounce,
 * with lines of it quoted, is a post.
 */
import { first, readHeader, splitEntity } from "../header.ts";
import { decodeWords } from "../words.ts";
import { isSystem } from "./kind.ts";
import { type Notice, takeApart } from "./notice.ts";

const FORWARDED =
  /^\s*\W{0,5}(?:begin )?(?:forwarded|original|weitergeleitete|transféré|reenviado|inoltrato|doorgestuurd)\s?\w{0,12}\s?(?:message|nachricht|mensaje|messaggio|bericht)?\s?\W{0,20}$/i;
const FIRST_LINES = 60;

/** The notice that is attached to a mail of a person's, once: what is attached to that is the original. */
export function attachedNotice({ fields, attached }: Notice): Notice | undefined {
  if (attached === undefined || first(fields, "list-id") !== undefined) return undefined;
  const inside = takeApart(attached);
  return isSystem(inside) ? inside : undefined;
}

/** The notice that is quoted in a mail, or the mail itself. */
export function unforwarded(notice: Notice): Notice {
  const subject = decodeWords((first(notice.fields, "subject") ?? "").slice(0, 1000));
  if (!/^\s*(?:fwd?|wg|tr|rv|enc|i)\s*:/i.test(subject) || isSystem(notice) || first(notice.fields, "list-id"))
    return notice;
  const at = notice.lines.slice(0, FIRST_LINES).findIndex((line) => FORWARDED.test(line));
  if (at < 0) return notice;
  const lines = notice.lines.slice(at + 1).map((line) => line.replace(/^>\s?/, ""));
  const start = lines.findIndex((line) => line.trim() !== "");
  if (start < 0) return notice;
  const { head, body } = splitEntity(Buffer.from(lines.slice(start).join("\n")));
  const inside = { ...notice, fields: readHeader(head), lines: body.toString("utf8").split("\n") };
  return isSystem(inside) ? inside : notice;
}
