/**
 * Whom a notice is about, and what was said of each: from its reports, or from its prose.
 */
import { domainOf } from "../address.ts";
import { all, first } from "../header.ts";
import { type Sense, senseOf } from "../sense.ts";
import { mailboxes } from "../words.ts";
import { addressesIn } from "./addresses.ts";
import { isDelayed } from "./kind.ts";
import type { Notice } from "./notice.ts";
import { FAILED_FIELD, FAILURE } from "./phrases.ts";
import { localNamesIn, namedIn } from "./prose.ts";
import { reasonFor } from "./reason.ts";
import { readSaid, type Said, saidAbout } from "./said.ts";
import type { Reported } from "./status.ts";

export type Recipient = Failure & {
  address: string;
  /** Other addresses of the same recipient: as an alias led to it. */
  aliases: string[];
};

export type Failure = {
  class: "permanent" | "temporary";
  /** The mail is still being tried: nothing has failed yet. */
  isDelayed: boolean;
  /** RFC 3463; "" where nobody said. */
  status: string;
  sense: Sense;
  /** In plain words. */
  reason: string;
  /** In the far side's own. */
  said: string;
};

export function fromReports(notice: Notice, failed: Reported[]): Recipient[] {
  const missing = failed.some((one) => one.address === "") ? fromProse(notice) : [];
  const known = failed.filter((one) => one.address !== "");
  const lower = notice.lines.map((line) => line.toLowerCase());
  const lines = new Map(known.map((one) => [one.address, lineNaming(lower, one)]));
  const recipients = known.map((one): Recipient => {
    const others = new Set([...lines].filter(([address]) => address !== one.address).map(([, line]) => line));
    const told =
      one.said === "" ? saidAbout(notice.lines, one.address, lines.get(one.address)!, others) : readSaid(one.said);
    const isDelayed = one.action.startsWith("delay");
    return { address: one.address, aliases: one.aliases, ...judged(one.status, told, isDelayed) };
  });
  return unique([...recipients, ...(known.length === 0 ? missing : [])]);
}

/** `lines` are lower-case, as addresses are. */
const lineNaming = (lines: readonly string[], one: Reported): number =>
  lines.findIndex((line) => [one.address, ...one.aliases].some((address) => line.includes(address)));

export function fromProse(notice: Notice): Recipient[] {
  const delayed = isDelayed(notice);
  const inFields = failedFields(notice);
  const named = namedIn(notice.lines, ownAddresses(notice));
  const [author] = addressesIn((first(notice.fields, "from") ?? "").slice(0, 1000));
  const localNamed = author && named.length === 0 ? localNamesIn(notice.lines, domainOf(author.address)) : [];
  const chosen =
    inFields.length > 0
      ? inFields.map((address) => ({
          address,
          line: notice.lines.findIndex((line) => line.toLowerCase().includes(address)),
        }))
      : named.length > 0
        ? named
        : localNamed.length > 0
          ? localNamed
          : lastResort(notice).map((address) => ({ address, line: -1 }));
  const recipients = chosen.map(({ address, line }): Recipient => {
    const others = new Set(chosen.filter((one) => one.address !== address).map((one) => one.line));
    return { address, aliases: [], ...judged("", saidAbout(notice.lines, address, line, others), delayed) };
  });
  return unique(recipients);
}

/** What a notice says that names nobody. */
export function failureIn(notice: Notice, failed: readonly Reported[]): Failure {
  const [reported] = failed;
  const said = reported?.said ? readSaid(reported.said) : saidAbout(notice.lines, "", -1, new Set());
  const words = said.text === "" ? readSaid(notice.lines.find((line) => FAILURE.test(line)) ?? "") : said;
  return judged(reported?.status ?? "", words, reported?.action.startsWith("delay") ?? isDelayed(notice));
}

function judged(reported: string, told: Said, isDelayed: boolean): Failure {
  const isGeneric = reported === "" || /^[45]\.0\.0$/.test(reported);
  const status = isGeneric && told.status !== "" ? told.status : reported;
  const digit = digitOf(status, told.code);
  const isTemporary = isDelayed || (digit === undefined ? isPassing(told.text) : digit === "4");
  const code = told.code || (isTemporary ? 450 : 550);
  const sense = senseOf({ code, status, text: told.text });
  return {
    class: isTemporary ? "temporary" : "permanent",
    isDelayed,
    status,
    sense,
    reason: reasonFor(sense, { isTemporary, isDelayed }),
    said: told.text,
  };
}

/** The class by RFC 3463, by RFC 5321, or by a status that says nothing but the class. */
function digitOf(status: string, code: number): string | undefined {
  if (status !== "" && !/^[45]\.0\.0$/.test(status)) return status[0];
  return code > 0 ? String(code)[0] : status[0];
}

/** Nobody gave a code, and the words are those of trouble that passes. */
const isPassing = (text: string): boolean =>
  ["unavailable", "greylisted", "slow down"].includes(senseOf({ code: 550, status: "", text }));

/** Exim, Google and others name the recipients in a field of the notice. */
function failedFields(notice: Notice): string[] {
  const fields = notice.fields.filter(({ name }) => FAILED_FIELD.test(name));
  return [...new Set(fields.flatMap(({ value }) => addressesIn(value.slice(0, 4000)).map((found) => found.address)))];
}

/** Whoever wrote the original, and whoever the notice came to: not who was not reached. */
function ownAddresses(notice: Notice): Set<string> {
  const fields = [
    ...["to", "delivered-to", "x-original-to", "from", "return-path"].flatMap((name) => all(notice.fields, name)),
    ...["from", "return-path", "sender", "reply-to"].flatMap((name) => all(notice.copy, name)),
  ];
  return new Set(fields.flatMap((value) => addressesIn(value.slice(0, 4000)).map((found) => found.address)));
}

/** The notice names nobody: then its subject may, or the copy, unless that went through a list and To is the list. */
function lastResort(notice: Notice): string[] {
  const own = ownAddresses(notice);
  const subject = addressesIn((first(notice.fields, "subject") ?? "").slice(0, 1000)).map((one) => one.address);
  const others = subject.filter((address) => !own.has(address));
  if (others.length > 0) return others;
  const isList = notice.copy.some(({ name }) =>
    /^(?:list-id|list-post|errors-to|x-beenthere|mailing-list)$/.test(name),
  );
  return isList ? [] : copyRecipients(notice);
}

/** Whom the copy was for, where that is one address alone. */
function copyRecipients(notice: Notice): string[] {
  const to = mailboxes(first(notice.copy, "to") ?? "").flatMap((box) =>
    addressesIn(box.address).map((one) => one.address),
  );
  const own = ownAddresses(notice);
  const others = [...new Set(to)].filter((address) => !own.has(address));
  return others.length === 1 ? others : [];
}

/** A recipient twice is one; the worse word counts. */
function unique(recipients: Recipient[]): Recipient[] {
  const byAddress = new Map<string, Recipient>();
  for (const one of recipients) {
    const known = byAddress.get(one.address);
    if (!known || (known.class === "temporary" && one.class === "permanent")) byAddress.set(one.address, one);
  }
  return [...byAddress.values()];
}
