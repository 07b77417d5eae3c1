/** How a member gets a group's mail, in words. */
import type { Membership } from "../../directory/directory.ts";
import { t } from "../../language/language.ts";
import { dayInWords } from "./time.ts";

/** As it can follow a name in a list: `every post`. */
export function modeWords(mode: Membership["mode"]): string {
  switch (mode) {
    case "each":
      return t`every post`;
    case "digest":
      return t`a daily digest`;
    case "summary":
      return t`a daily summary`;
    case "notices":
      return t`special notices`;
    case "none":
      return t`no mail`;
  }
}

/** What comes to a member now: their mode, or that they are on holiday. */
export const getsNow = (member: Membership, now: Date): string =>
  member.holidayUntil && member.holidayUntil.getTime() > now.getTime()
    ? t`on holiday until ${dayInWords(member.holidayUntil, member.zone)}`
    : modeWords(member.mode);
