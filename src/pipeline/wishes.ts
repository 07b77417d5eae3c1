/**
 * A member's mail changed by mail: how it comes, and a pause until a day.
 *
 * A proved sender is obeyed at once. For anybody else we ask at the member's address, since a From address can be
 * anybody's; a reply to that letter does it. Each change is told of in a letter whose plain reply takes it back: both
 * replies come to an address that holds membership and wish, sealed.
 */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { DAY } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { idFromBytes, idToBytes } from "../kit/id.ts";
import { dayIn } from "../kit/zone.ts";
import { type Command, en } from "../language/language.ts";
import { openToken, sealToken } from "../mail/token.ts";
import * as notices from "../notices/notices.ts";
import type { Done } from "./answer.ts";
import type { Filing } from "./file.ts";

/** What is wished: a mode, or a holiday until a day; "" for none. */
export type Wish = { mode: directory.Mode } | { holiday: string };

const CAUSE = en`the member, by mail`;

/** What a command asks of this member; a sentence where a day is missing. */
export function wishOf(
  verb: Command,
  day: string | undefined,
  member: directory.Membership,
): Wish | { problem: string } | undefined {
  if (verb === "each" || verb === "digest" || verb === "summary" || verb === "notices" || verb === "none")
    return { mode: verb };
  if (verb === "pause")
    return day === undefined
      ? { problem: en`Say until which day, such as “pause 2026-12-24”: it is the day on which mail comes again.` }
      : { holiday: day };
  if (verb === "continue")
    return member.holidayUntil === null && member.mode === "none" ? { mode: "each" } : { holiday: "" };
  return undefined;
}

/** Does it, and tells the member what changed and how to take it back. */
export async function fulfil(
  sql: Sql,
  filing: Filing,
  member: directory.Membership,
  group: directory.Group,
  wish: Wish,
  about?: notices.Occasion["about"],
): Promise<Done> {
  const occasion = { to: member.address, name: member.name, group, ...(about && { about }) };
  const pairs: Record<string, string> = "mode" in wish ? { mode: wish.mode } : { holiday: wish.holiday || "none" };
  try {
    await directory.setMembership(sql, member, pairs, CAUSE, filing.clock.now());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      outcome: "obeyed",
      detail: error.message,
      letters: [notices.declinedLetter(filing, occasion, error.message)],
    };
  }
  const before = wishBefore(member, wish);
  const letter = notices.changedLetter(filing, occasion, wish, wishToken(filing, member.id, before));
  return { outcome: "obeyed", detail: en`changed how mail comes`, letters: [letter] };
}

/** Asks at the member's own address whether it was they. */
export const askFirst = (
  filing: Filing,
  member: directory.Membership,
  group: directory.Group,
  wish: Wish,
  about?: notices.Occasion["about"],
): notices.Letter =>
  notices.confirmChangeLetter(
    filing,
    { to: member.address, name: member.name, group, ...(about && { about }) },
    wish,
    wishToken(filing, member.id, wish),
  );

/** A reply to one of these letters. */
export async function setByToken(sql: Sql, filing: Filing, token: string): Promise<Done> {
  const opened = openWish(filing, token);
  const [member] = opened ? await directory.presentMemberships(sql, [opened.id]) : [];
  const [group] = member ? await directory.groupsById(sql, [member.groupId]) : [];
  if (!opened || !member || !group)
    return { outcome: "declined", detail: en`The address is no link of ours, or they have left.`, letters: [] };
  if (isSo(member, opened.wish)) return { outcome: "obeyed", detail: en`it was so already`, letters: [] };
  return fulfil(sql, filing, member, group, opened.wish);
}

const isSo = (member: directory.Membership, wish: Wish): boolean =>
  "mode" in wish ? member.mode === wish.mode : wish.holiday === holidayOf(member);

export const holidayOf = ({ holidayUntil, zone }: directory.Membership): string =>
  holidayUntil === null ? "" : dayIn(zone, holidayUntil);

const wishBefore = (member: directory.Membership, wish: Wish): Wish =>
  "mode" in wish ? { mode: member.mode } : { holiday: holidayOf(member) };

const HOLIDAY = 255;

/** Membership, then a byte for the mode, or for a holiday and two for its day. An address has room for no more. */
function wishToken(filing: Filing, membershipId: string, wish: Wish): string {
  const said = Buffer.alloc("mode" in wish ? 1 : 3, HOLIDAY);
  if ("mode" in wish) said[0] = directory.MEMBER_MODES.indexOf(wish.mode);
  else said.writeUInt16BE(wish.holiday === "" ? 0 : Math.floor(Date.parse(`${wish.holiday}T00:00Z`) / DAY), 1);
  return sealToken(filing.tokenSecret, "setting", Buffer.concat([idToBytes(membershipId), said]));
}

function openWish(filing: Filing, token: string): { id: string; wish: Wish } | undefined {
  const bytes = openToken(filing.tokenSecret, "setting", token);
  if (!bytes || bytes.length < 17) return undefined;
  const id = idFromBytes(bytes.subarray(0, 16));
  const mode = directory.MEMBER_MODES[bytes[16]!];
  if (mode) return { id, wish: { mode } };
  if (bytes[16] !== HOLIDAY || bytes.length !== 19) return undefined;
  const days = bytes.readUInt16BE(17);
  return { id, wish: { holiday: days === 0 ? "" : new Date(days * DAY).toISOString().slice(0, 10) } };
}
