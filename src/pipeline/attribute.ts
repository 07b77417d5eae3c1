/**
 * What came back, held to somebody: rows for health, and a sentence for the outcome and `trace`.
 *
 * A report without a seal of ours changes nothing, whatever it claims. Only failures and complaints become rows: what is
 * still being tried, an absent person's answer, and what nobody can read are told in the outcome alone. Nothing of the
 * mail is kept but the row, and nobody is ever answered.
 */
import { domainToASCII, domainToUnicode } from "node:url";
import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { Return } from "../health/health.ts";
import { addressKey, domainOf } from "../mail/address.ts";
import { openReturnPath } from "../mail/copy.ts";
import { first, messageIds } from "../mail/header.ts";
import type { Failure, Recipient, Returned } from "../mail/returned/returned.ts";
import * as notices from "../notices/notices.ts";
import type { Errand, Opened } from "./recognise.ts";
import type { CameBack, Path } from "./returns.ts";
import type { Auth } from "./verify.ts";

export type Attributed = { rows: Return[]; detail: string };

/** The mail as the pipeline judged it; always read when one of its errands is a return. */
type Occasion = { opened: Opened; auth: Auth; back: CameBack | undefined };

/** What a mail to this errand means for whom. */
export async function attribute(sql: Sql, occasion: Occasion, errand: Errand, secret: Buffer): Promise<Attributed> {
  const { read, inside } = occasion.back!;
  const path = errand.kind === "token" ? openReturnPath(secret, `bounce+${errand.token}`) : inside;
  const said = sentenceFor(read);
  if (!path) return nobody(`${said}; it has no seal of ours and changes nothing`);
  const failures = failuresIn(read);
  if (read.kind !== "complaint" && failures.length === 0) return nobody(said);
  if (read.complaint?.type === "not-spam") return nobody("a report that a mail is no spam");
  const row = rowFor(read, occasion.opened.mail.id);
  switch (path.of) {
    case "membership":
      return personal(sql, read, path, failures, row, said);
    case "letter":
      return letter(sql, path, failures, row, said);
    case "group":
      return shared(sql, read, path, failures, row, { said, occasion });
  }
}

const nobody = (detail: string): Attributed => ({ rows: [], detail });

type Named = Failure & Partial<Recipient>;
type RowFor = (
  whose: Pick<Return, "groupId" | "membershipId" | "letterId" | "itemId" | "address">,
  failure?: Named,
) => Return;

/** Failures alone: what is still being tried has not failed. */
const failuresIn = (read: Returned): Named[] =>
  [...read.recipients, ...(read.unnamed ? [read.unnamed] : [])].filter((one) => !one.isDelayed);

function rowFor(read: Returned, mailId: string): RowFor {
  if (read.kind === "complaint") {
    const reason = "It was reported as spam.";
    const told = { kind: "complaint", class: "", status: "", sense: "", reason, said: read.complaint!.said } as const;
    return (whose) => ({ mailId, ...whose, ...told });
  }
  return (whose, failure = failuresIn(read)[0]!) => {
    const other = failure.address && !namesOf(failure).includes(addressKey(whose.address)) ? failure.address : "";
    const { status, sense, reason } = failure;
    const said = other === "" ? failure.said : `About ${other}: ${failure.said}`;
    return { mailId, ...whose, kind: "bounce", class: failure.class, status, sense, reason, said: said.slice(0, 600) };
  };
}

/** Every address of the recipient, with its domain as people write it and as servers do (RFC 5890 2.3.2.1). */
const namesOf = ({ address = "", aliases = [] }: Named): string[] =>
  [address, ...aliases].flatMap((one) => {
    const [local, domain] = [one.slice(0, one.lastIndexOf("@")), domainOf(one)];
    return [one, `${local}@${domainToUnicode(domain)}`, `${local}@${domainToASCII(domain)}`];
  });

/** The member is the one whose copy it was, whichever address failed in the end: theirs may lead on to others. */
async function personal(
  sql: Sql,
  read: Returned,
  path: Path,
  failures: Named[],
  row: RowFor,
  said: string,
): Promise<Attributed> {
  const member = await directory.membershipById(sql, path.id);
  if (!member) return nobody(`${said}; the member it was for is not known here any more`);
  const key = addressKey(member.address);
  const failure = failures.find((one) => namesOf(one).includes(key)) ?? failures[0];
  const itemId = await itemOf(sql, member.groupId, path.number, read);
  const { groupId, address } = member;
  const left = member.endedAt ? ", who has left" : "";
  return {
    rows: [row({ groupId, membershipId: member.id, letterId: null, itemId, address }, failure)],
    detail: `${said}; noted about ${address}${left}`,
  };
}

async function letter(sql: Sql, path: Path, failures: Named[], row: RowFor, said: string): Promise<Attributed> {
  const [found] = await notices.letters(sql, [path.id]);
  if (!found) return nobody(`${said}; the letter it was about is gone`);
  const { groupId, recipient: address } = found;
  const failure = failures.find((one) => namesOf(one).includes(addressKey(address))) ?? failures[0];
  return {
    rows: [row({ groupId, membershipId: null, letterId: path.id, itemId: path.id, address }, failure)],
    detail: `${said}; noted about our letter to ${address}`,
  };
}

/** Many shared the copy, so the report has to name who it is about; who is no member is nobody of ours. */
async function shared(
  sql: Sql,
  read: Returned,
  path: Path,
  failures: Named[],
  row: RowFor,
  { said, occasion }: { said: string; occasion: Occasion },
): Promise<Attributed> {
  const named: Named[] =
    read.kind === "complaint"
      ? trusted(read, occasion).map((address) => ({ ...NO_FAILURE, address, aliases: [] }))
      : failures;
  const members = await directory.membershipsOf(sql, [path.id], named.flatMap(namesOf));
  const itemId = members.length > 0 ? await itemOf(sql, path.id, path.number, read) : null;
  const rows = members.map(({ id, groupId, address }) => {
    const failure = named.find((one) => namesOf(one).includes(addressKey(address)));
    return row({ groupId, membershipId: id, letterId: null, itemId, address }, failure);
  });
  if (rows.length === 0) return nobody(`${said}; it names no member of the group that we can be sure of`);
  return { rows, detail: `${said}; noted about ${members.map((one) => one.address).join(", ")}` };
}

const NO_FAILURE: Failure = {
  class: "permanent",
  isDelayed: false,
  status: "",
  sense: "other",
  reason: "",
  said: "",
};

/**
 * The seal of a shared copy is known to all of its readers, and a complaint pauses at once: so whom it names counts only
 * where their own provider says so, and proves to be it.
 */
function trusted({ complaint }: Returned, { auth, opened }: Occasion): string[] {
  const by = domainOf(opened.summary.authorAddress);
  const isWithin = (one: string, other: string): boolean => one === other || one.endsWith(`.${other}`);
  if (!auth.isVerified) return [];
  return complaint!.complainants.filter((one) => isWithin(by, domainOf(one)));
}

/** The post that came back: by its number in the seal, or by the Message-ID of the copy. */
async function itemOf(sql: Sql, groupId: string, number: number, read: Returned): Promise<string | null> {
  if (number > 0) return (await archive.postNumbered(sql, groupId, number))?.id ?? null;
  const [messageId] = messageIds(first(read.copy, "message-id") ?? "");
  return messageId ? ((await archive.postWithMessageId(sql, groupId, messageId))?.id ?? null) : null;
}

/** What it is, in plain words, for the outcome and `trace`. */
function sentenceFor(read: Returned): string {
  const one = read.recipients.find(({ isDelayed }) => !isDelayed) ?? read.recipients[0] ?? read.unnamed;
  switch (read.kind) {
    case "bounce":
      if (!one) return "a bounce that says nothing";
      return one.isDelayed
        ? `a delay, which is no bounce yet: ${one.reason}`
        : `a bounce, ${one.class === "permanent" ? "for good" : "for now"}: ${[one.status, one.reason].join(" ").trim()}`;
    case "complaint":
      return `a complaint (${read.complaint!.type})`;
    case "auto-reply":
      return "an automatic reply, no bounce";
    case "challenge":
      return "a question to the sender, no bounce";
    case "delivery-notification":
      return "a notice that a mail was delivered, no bounce";
    case "ordinary":
      return "nothing that could be read as a bounce";
  }
}
