/**
 * A reply to the letter that asks whether an address belongs to somebody's account. Here the answer matters: a stranger
 * who asks back "who are you?" must not give their memberships away by that, so the reply has to begin with yes.
 */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { catalogues, en, inLanguage, t } from "../language/language.ts";
import type { Done } from "./answer.ts";
import type { Filing, Judged } from "./file.ts";
import { resolveToken } from "./tokens.ts";

export async function confirmAddress(sql: Sql, filing: Filing, judged: Judged, token: string): Promise<Done> {
  const id = resolveToken(filing.tokenSecret, "confirm", token);
  if (!id) return declined(en`The address is no link of ours.`);
  if (!isYes(judged.opened.summary.words)) return declined(en`The reply did not begin with yes, so nothing was done.`);
  const claimed = await directory.confirmClaim(sql, id, filing.clock.now());
  if (claimed === "gone") return declined(en`The question has expired: ask for the letter again.`);
  if (claimed === "taken")
    return declined(en`The address belongs to an account with other addresses, or that asks for codes.`);
  return { outcome: "obeyed", detail: en`the address was confirmed`, letters: [] };
}

const declined = (detail: string): Done => ({ outcome: "declined", detail, letters: [] });

/** In any of our languages. */
function isYes(words: string): boolean {
  const [word = ""] = /^[\p{L}]+/u.exec(words.trim().toLowerCase()) ?? [];
  return [...catalogues().keys()].some((language) => inLanguage(language, () => t`yes`) === word);
}
