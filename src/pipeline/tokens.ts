/** The id inside a token of ours; undefined for anything we did not seal. */
import { idFromBytes } from "../kit/id.ts";
import { openToken, type TokenKind } from "../mail/token.ts";

export function resolveToken(secret: Buffer, kind: TokenKind, token: string): string | undefined {
  const payload = openToken(secret, kind, token);
  return payload && payload.length >= 16 ? idFromBytes(payload) : undefined;
}
