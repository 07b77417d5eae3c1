/** Who is told what about a held or declined mail: only senders who are proved, and nobody too often. */
import type { Sql } from "../db/sql.ts";
import type * as directory from "../directory/directory.ts";
import { HOUR, SECOND } from "../kit/clock.ts";
import { addressKey } from "../mail/address.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import type { Filing, Judged } from "./file.ts";
import type { Errand } from "./recognise.ts";
import { inWords, type Verdict } from "./verdict.ts";

/** Letters of one kind to one address in an hour: what a loop or a forger could make us send at most. */
const MOST_AN_HOUR = 5;

/** A notice goes only to a proved sender: anybody else would get our mail for a forger's (backscatter). */
export function mayBeTold(filing: Filing, { opened, auth }: Judged): boolean {
  return opened.mail.sender !== "" && opened.summary.authorAddress !== "" && (auth.isVerified || filing.isCapturing);
}

export async function isCalm(sql: Sql, filing: Filing, kind: string, address: string): Promise<boolean> {
  return (await notices.sentTo(sql, kind, address, new Date(filing.clock.now().getTime() - HOUR))) < MOST_AN_HOUR;
}

/** May a mail that asks for something be answered? Who is not proved may be a forger's stranger, and those are few letters' worth. */
export async function mayAnswer(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  kind: string,
  address: string,
): Promise<boolean> {
  if (!(await isCalm(sql, filing, kind, address))) return false;
  if (mayBeTold(filing, judged)) return true;
  return (await notices.mayWrite(sql, { address, client: "" }, filing.clock.now())) === "ok";
}

/** What is only an answer to others' mail: without a limit, they decide how much of it an address gets. */
const ANSWERS = new Set([
  "help",
  "declined",
  "held",
  "slow",
  "resent",
  "confirm-join",
  "confirm-leave",
  "confirm-change",
  "changed",
  "my-settings",
  "my-groups",
  "approved",
]);

/** Letters of one batch, which `isCalm` has not seen written yet: of one kind no more to one address than in an hour. */
export function calmed(letters: notices.Letter[]): notices.Letter[] {
  const counts = new Map<string, number>();
  return letters.filter(({ kind, recipient }) => {
    if (!ANSWERS.has(kind)) return true;
    const key = `${kind} ${recipient.toLowerCase()}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= MOST_AN_HOUR;
  });
}

export const occasion = ({ opened }: Judged): Pick<notices.Occasion, "to" | "about"> => ({
  to: opened.summary.authorAddress,
  about: { messageId: opened.summary.messageId, subject: opened.summary.subject },
});

/** The author of a declined mail hears the reason. */
export async function letterFor(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  errand: Errand,
  reason: string,
): Promise<notices.Letter[]> {
  if (!mayBeTold(filing, judged)) return [];
  if (!(await isCalm(sql, filing, "declined", judged.opened.summary.authorAddress))) return [];
  return [
    notices.declinedLetter(filing, { ...occasion(judged), group: "group" in errand ? errand.group : null }, reason),
  ];
}

/**
 * The author of a held post hears so once. Who has had several such letters within an hour, some of them in this very batch
 * (`before`), hears of the next ones together, later.
 */
export async function lettersForHeld(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  errand: Errand,
  verdict: Extract<Verdict, { kind: "hold" | "wait" | "keep" }>,
  before: readonly notices.Letter[],
): Promise<notices.Letter[]> {
  if (errand.kind !== "post") return [];
  const { reason } = verdict;
  const { opened } = judged;
  const about = { ...occasion(judged), group: errand.group };
  const letters: notices.Letter[] = [];
  if (mayBeTold(filing, judged)) {
    const letter =
      verdict.kind === "wait"
        ? notices.slowLetter(filing, about, inWords(verdict.until), opened.mail.id)
        : notices.heldLetter(filing, about, reason, opened.mail.id);
    const address = addressKey(letter.recipient);
    const hadHere = before.filter(({ kind, recipient }) => kind === letter.kind && addressKey(recipient) === address);
    const since = new Date(filing.clock.now().getTime() - HOUR);
    const had = hadHere.length + (await notices.sentTo(sql, letter.kind, address, since));
    if (had < MOST_AN_HOUR) letters.push(letter);
    else {
      const { subject } = opened.summary;
      const untold = { groupId: errand.group.id, mailId: opened.mail.id, address, subject, reason };
      await moderation.tellLater(sql, [untold], filing.clock.now());
    }
  }
  return letters;
}

/** Who heard that their post waits hears that it has gone out. */
export async function letterForApproved(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  group: directory.Group,
  number: number | undefined,
): Promise<notices.Letter[]> {
  const { mail, summary } = judged.opened;
  const since = new Date(mail.receivedAt.getTime() - SECOND);
  if (number === undefined || (await notices.sentTo(sql, "held", summary.authorAddress, since)) === 0) return [];
  if (!(await isCalm(sql, filing, "approved", summary.authorAddress))) return [];
  return [notices.approvedLetter(filing, { ...occasion(judged), group }, number)];
}
