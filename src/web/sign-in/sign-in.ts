/**
 * Signing in: by mail link, password, passkey or another service; sessions in PostgreSQL. Whatever way somebody comes, they
 * pass one door (`enter`), and a second factor that is switched on is asked for there, after all of them but a passkey.
 *
 * The link we mail opens a page of ours with a button, and only the button's POST uses the link up: a mail scanner that
 * fetches every address in a mail signs nobody in and burns nothing.
 */
import type { Pool } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import { addressKey } from "../../mail/address.ts";
import type { Visitor } from "../house.ts";
import { makeUser } from "./credentials.ts";
import { COOKIES, type Library, type Means, mailOf, openLibrary, personOf, telling } from "./library.ts";
import { newProviders, type Providers } from "./providers.ts";
import { newSecondFactor, type SecondFactor } from "./second-factor.ts";
import { carried, personBehind, type Who } from "./who.ts";

/** Signed in, or asked for the second factor first; the cookies say which. */
export type Entered = { kind: "in" | "second"; cookies: string[]; personId: string; isNew: boolean };

export type SignIn = {
  /** Mails a link to `address`; `next` is where it leads. */
  sendLink(address: string, next: string): Promise<void>;
  /** Uses a link up. undefined when it was used, is too old, or never was. */
  useLink(token: string, headers: Headers): Promise<(Entered & { address: string }) | undefined>;
  /** undefined for a wrong password, and for an address that is nobody's: in the same time. */
  usePassword(address: string, password: string, headers: Headers): Promise<Entered | undefined>;
  /** Lets somebody in who has shown who they are. `isSure`: by two factors already. */
  enter(who: Who, headers: Headers, isSure?: boolean): Promise<Entered>;
  /** Signs in without a mail: for who is trusted otherwise. Answers the cookies to set. */
  signInNow(address: string, userAgent: string): Promise<string[]>;
  second: SecondFactor;
  providers: Providers;
  visitor(headers: Headers): Promise<Visitor | undefined>;
  /** Ends the session; answers the cookies to set. */
  signOut(headers: Headers): Promise<string[]>;
};

export function newSignIn(means: Means): SignIn {
  const { pool, clock } = means;
  const ready = opened(() => openLibrary(means));
  const signIn: SignIn = {
    second: newSecondFactor(means, ready),
    providers: newProviders(
      means,
      opened(() => openLibrary(means, true)),
    ),
    async sendLink(address, next) {
      const auth = await ready();
      await auth.api.signInMagicLink({ body: { email: address, metadata: { next } }, headers: new Headers() });
    },
    async useLink(token, headers) {
      const auth = await ready();
      const answer = await auth.api.magicLinkVerify({ query: { token }, headers: new Headers(), asResponse: true });
      if (!answer.ok) return undefined;
      const { token: session, user } = (await answer.json()) as { token: string; user: { email: string } };
      // The library has opened a session for the address; nobody has its cookie, and the person gets one of their own.
      await pool`delete from sign_in_sessions where token = ${session}`;
      const who = await personBehind(means, user.email);
      return { ...(await signIn.enter(who, headers)), address: user.email };
    },
    async usePassword(address, password, headers) {
      const auth = await ready();
      const person = await directory.personWith(pool, address);
      const isTheirs = person && (await hasVerified(pool, person.id, address));
      // For who is not here, the library makes the same hash over nothing.
      const email = isTheirs ? mailOf(person.id) : mailOf("00000000-0000-7000-8000-000000000000");
      const sent = { body: { email, password }, headers: carried(headers), asResponse: true as const };
      const answer = await auth.api.signInEmail(sent);
      if (!answer.ok || !person) return undefined;
      const said = (await answer.json()) as { token?: string };
      if (said.token) await pool`update sign_in_sessions set address = ${address} where token = ${said.token}`;
      return { kind: kindOf(said), cookies: answer.headers.getSetCookie(), personId: person.id, isNew: false };
    },
    async enter({ personId, address, isNew = false }, headers, isSure = false) {
      const auth = await ready();
      await makeUser(pool, personId, clock.now());
      const given = { headers: carried(headers), asResponse: true as const };
      const answer: Response = await telling.run({ enter: { userId: personId, address } }, () =>
        isSure ? auth.api.enterSure(given) : auth.api.enterAsked(given),
      );
      if (!answer.ok) throw new Error(`signing in failed: ${answer.status} ${await answer.text()}`);
      return { kind: kindOf(await answer.json()), cookies: answer.headers.getSetCookie(), personId, isNew };
    },
    async signInNow(address, userAgent) {
      const who = await personBehind(means, address);
      return (await signIn.enter(who, new Headers({ "user-agent": userAgent }), true)).cookies;
    },
    async visitor(headers) {
      if (!headers.get("cookie")?.includes(COOKIES)) return undefined;
      const auth = await ready();
      const found = await auth.api.getSession({ headers: new Headers({ cookie: headers.get("cookie")! }) });
      if (!found) return undefined;
      const { id: sessionId, address, signedInAt } = found.session;
      const personId = personOf(found.user.email);
      if (personId)
        return visitorOf(pool, personId, address ?? undefined, { sessionId, signedInAt: signedInAt ?? undefined });
      const person = await directory.personWith(pool, found.user.email);
      return {
        address: found.user.email,
        name: person?.name ?? "",
        personId: person?.id,
        sessionId,
        isOperator: person?.isOperator ?? false,
      };
    },
    async signOut(headers) {
      const auth = await ready();
      const cookie = new Headers({ cookie: headers.get("cookie") ?? "" });
      const answer = await auth.api.signOut({ headers: cookie, asResponse: true });
      return answer.headers.getSetCookie();
    },
  };
  return signIn;
}

/** Opened when first asked for, once; tried again after trouble. */
function opened(open: () => Promise<Library>): () => Promise<Library> {
  let library: Promise<Library> | undefined;
  return () => {
    library ??= open().catch((error) => {
      library = undefined;
      throw error;
    });
    return library;
  };
}

async function visitorOf(
  pool: Pool,
  personId: string,
  address: string | undefined,
  session: Pick<Visitor, "sessionId" | "signedInAt">,
): Promise<Visitor | undefined> {
  const [person, addresses] = await Promise.all([
    directory.personById(pool, personId),
    directory.verifiedAddresses(pool, personId),
  ]);
  const present = address ? addresses.find((one) => addressKey(one) === addressKey(address)) : addresses[0];
  if (!person || !present) return undefined; // the account was joined with another, or the address was taken from it
  return {
    address: address ?? present,
    name: person.name,
    personId,
    isOperator: person.isOperator,
    ...session,
  } as Visitor;
}

async function hasVerified(pool: Pool, personId: string, address: string): Promise<boolean> {
  const theirs = await directory.verifiedAddresses(pool, personId);
  return theirs.some((one) => addressKey(one) === addressKey(address));
}

const kindOf = (said: unknown): "in" | "second" =>
  typeof said === "object" && said !== null && "twoFactorRedirect" in said && said.twoFactorRedirect ? "second" : "in";
