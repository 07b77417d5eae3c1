/** What happens once somebody has shown who they are: cookies, the network remembered as theirs, and where they go. */
import type { Page } from "../house.ts";
import { ownPath } from "../own-path.ts";
import { clientAddress } from "../visitors.ts";
import { cameIn } from "./attempts.ts";
import { clientKey } from "./requests.ts";
import { sweepSignIn } from "./rows.ts";
import type { Entered } from "./sign-in.ts";

/** In, or on to the second factor; whoever is new is asked for their name once. */
export async function arrived(c: Page, entered: Entered, address: string, next: string): Promise<Response> {
  for (const cookie of entered.cookies) c.header("set-cookie", cookie, { append: true });
  if (entered.kind === "second")
    return c.redirect(`/sign-in/second?${new URLSearchParams({ next: nextFrom(next), as: address })}`, 303);
  const { pool, clock } = c.var.house;
  await sweepSignIn(pool, clock.now());
  await cameIn(pool, address, clientKey(clientAddress(c)), clock);
  if (entered.isNew) return c.redirect(`/account/welcome?${new URLSearchParams({ next: nextFrom(next) })}`, 303);
  return c.redirect(nextFrom(next), 303);
}

/** Where to go once signed in: not to signing in. */
export function nextFrom(path: string | undefined): string {
  const own = ownPath(path);
  return own.startsWith("/sign-in") ? "/" : own;
}
