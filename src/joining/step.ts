/** What a step of joining needs, and how its letters go out. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { idFromBytes, idToBytes } from "../kit/id.ts";
import type { Disposable } from "../mail/disposable.ts";
import { openToken, sealToken } from "../mail/token.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";

export type Means = { domain: string; url: string; clock: Clock; tokenSecret: Buffer; disposable?: Disposable };

/** Plans letters in the transaction that does what they tell of. */
export async function send(sql: Sql, { clock }: Pick<Means, "clock">, letters: notices.Letter[]): Promise<void> {
  if (letters.length > 0) await queue.plan(sql, await notices.write(sql, letters, clock), clock);
}

export const leaveToken = ({ tokenSecret }: Means, membershipId: string): string =>
  sealToken(tokenSecret, "leave", idToBytes(membershipId));

/**
 * What stands in a moderator's letter: the request, and whose decision an answer is. A local part has 64 characters
 * (RFC 5321 4.5.3.1.1), so of the membership's id there are its last bytes, enough to tell the few who decide apart.
 */
export const requestToken = ({ tokenSecret }: Means, requestId: string, membershipId: string): string =>
  sealToken(tokenSecret, "request", Buffer.concat([idToBytes(requestId), idToBytes(membershipId).subarray(-TAIL)]));

const TAIL = 6;

export function openRequestToken(
  secret: Buffer,
  token: string,
): { requestId: string; isOf: (membershipId: string) => boolean } | undefined {
  const payload = openToken(secret, "request", token);
  if (payload?.length !== 16 + TAIL) return undefined;
  const tail = payload.subarray(16);
  return {
    requestId: idFromBytes(payload.subarray(0, 16)),
    isOf: (membershipId) => idToBytes(membershipId).subarray(-TAIL).equals(tail),
  };
}

export const invitationToken = ({ tokenSecret }: Pick<Means, "tokenSecret">, id: string): string =>
  sealToken(tokenSecret, "invite", idToBytes(id));

export function openInvitationToken(secret: Buffer, token: string): string | undefined {
  const payload = openToken(secret, "invite", token);
  return payload?.length === 16 ? idFromBytes(payload) : undefined;
}
