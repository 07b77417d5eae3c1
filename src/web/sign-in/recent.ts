/**
 * Dangerous changes (password, second factor, passkeys, addresses, erasing) want somebody who showed who they are just now:
 * a session left open on a shared machine must not be enough to keep its owner out.
 */
import { MINUTE } from "../../kit/clock.ts";
import type { Page, Visitor } from "../house.ts";
import { SignInFirst } from "../rights.ts";

const RECENT = 30 * MINUTE;

/** Somebody has to sign in once more; errors.ts leads them there and back. */
export class SignInAgain extends Error {}

export type Me = Visitor & { personId: string; sessionId: string };

export const isRecent = (visitor: Visitor, now: Date): boolean =>
  visitor.signedInAt !== undefined && now.getTime() - visitor.signedInAt.getTime() < RECENT;

/** Who is signed in; throws what errors.ts answers otherwise. */
export async function signedIn(c: Page): Promise<Me> {
  const visitor = await c.var.visitor();
  if (!visitor?.personId || !visitor.sessionId) throw new SignInFirst();
  return { ...visitor, personId: visitor.personId, sessionId: visitor.sessionId };
}

/** Who is signed in, and has shown so within half an hour. */
export async function recentlySignedIn(c: Page): Promise<Me> {
  const me = await signedIn(c);
  if (!isRecent(me, c.var.house.clock.now())) throw new SignInAgain();
  return me;
}
