/** What several providers share. */
import type { Ask } from "../facts.ts";

export const UNIVERSAL: Ask = {
  what: "Join Validity's Universal Feedback Loop: figures of complaints for free, the complaints themselves for a fee",
  where: "https://fbl.validity.com/",
};

export const SIGNAL_SPAM: Ask = {
  what: "Join the feedback loop of Signal Spam, which the French providers share",
  where: "https://www.signal-spam.fr/",
};

/** When nothing but the postmaster's address is known. */
export const postmasterOf = (domain: string): Ask => ({
  what: "When mail is refused, write to the postmaster with a copy of the reply",
  where: `mailto:postmaster@${domain}`,
});
