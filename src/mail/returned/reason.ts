/** Why a mail did not arrive, in a sentence for its sender's or receiver's eyes. The far side's own words stand beside it. */
import type { Sense } from "../sense.ts";

const REASONS: Record<Exclude<Sense, "other">, string> = {
  "no such user": "The address does not exist, or no longer takes mail.",
  "mailbox full": "The mailbox is full.",
  "slow down": "The provider asked for fewer mails at a time.",
  blocked: "The provider refuses mail from our servers or our domain.",
  greylisted: "The provider asked to come again later.",
  content: "The provider refused this mail for its size or for what is in it.",
  policy: "The provider's rules forbade it: proof of origin, relaying or permission.",
  unavailable: "The mail server could not be reached, or was in trouble.",
};

export function reasonFor(sense: Sense, one: { isTemporary: boolean; isDelayed: boolean }): string {
  const other = one.isTemporary ? "It was refused for now." : "It was refused.";
  const reason = sense === "other" ? other : REASONS[sense];
  return one.isDelayed ? `${reason} It is still being tried.` : reason;
}
