/** Tokens in letters about a member's own mail. */
import { idToBytes } from "../kit/id.ts";
import { sealToken } from "../mail/token.ts";

type Secret = { tokenSecret: Buffer };

export const backToken = ({ tokenSecret }: Secret, membershipId: string): string =>
  sealToken(tokenSecret, "back", idToBytes(membershipId));

export const leaveToken = ({ tokenSecret }: Secret, membershipId: string): string =>
  sealToken(tokenSecret, "leave", idToBytes(membershipId));
