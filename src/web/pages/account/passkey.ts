/** Passkeys: signing in with one, and making one. The script (assets/passkey.js) brings what the browser answered. */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { arrived, nextFrom } from "../../sign-in/arrive.ts";
import { keep, personOfPasskey } from "../../sign-in/passkeys.ts";
import { recentlySignedIn } from "../../sign-in/recent.ts";
import { textOf } from "../../views/forms.ts";
import { show } from "./sign-in.ts";

/** POST /sign-in/passkey */
export async function use(c: Page): Promise<Response> {
  const { signIn, pool } = c.var.house;
  const typed = await c.req.parseBody();
  const next = nextFrom(textOf(typed, "next"));
  const said = parsed(textOf(typed, "answer"));
  const personId = said && (await personOfPasskey(c.var.house, said as AuthenticationResponseJSON));
  const [address] = personId ? await directory.verifiedAddresses(pool, personId) : [];
  if (!personId || !address)
    return show(c, { email: "", next, failed: t`This passkey is not known here: take another way.` }, 400);
  return arrived(c, await signIn.enter({ personId, address }, c.req.raw.headers, true), address, next);
}

/** POST /account/passkey: keeps the one that was just made. */
export async function make(c: Page): Promise<Response> {
  const me = await recentlySignedIn(c);
  const typed = await c.req.parseBody();
  const said = parsed(textOf(typed, "answer"));
  const name =
    textOf(typed, "name")
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, 60) || t`Passkey`;
  const isKept = said && (await keep(c.var.house, me.personId, said as RegistrationResponseJSON, name));
  return c.redirect(`/account/security?done=${isKept ? "passkey" : "no-passkey"}`, 303);
}

/** Whatever a browser or a stranger sent: an object with an id, else nothing. The library looks at the rest. */
function parsed(text: string): { id: string } | undefined {
  try {
    const value: unknown = text.length < 20_000 ? JSON.parse(text) : undefined;
    return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"
      ? (value as { id: string })
      : undefined;
  } catch {
    return undefined;
  }
}
