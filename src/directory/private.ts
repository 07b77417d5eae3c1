/** Who may write to a member alone, without knowing their address: as the member has chosen. */
import { en } from "../language/language.ts";
import type { Membership } from "./members.ts";

/** Why not, in a sentence that is kept in English; undefined when they may. `receiver` is missing when they are no member any more. */
export function againstWriting(
  receiver: Membership | undefined,
  sender: Pick<Membership, "personId"> | undefined,
  isAnswer = false,
): string | undefined {
  if (!receiver) return en`The author is not in the group any more, so nothing can be passed on to them.`;
  if (receiver.pausedAt) return en`Mail to the author comes back at present, so nothing can be passed on to them.`;
  if (isAnswer || (sender && sender.personId === receiver.personId)) return undefined;
  if (receiver.privateMail === "nobody") return en`The author takes no private mail by way of the group.`;
  if (receiver.privateMail === "members" && !sender)
    return en`The author takes private mail from members of the group only.`;
  return undefined;
}
