/**
 * Signing in by another service (OpenID Connect). The library does what the protocol asks: state in a cookie and in the
 * database, PKCE, nonce, the issuer, the signature of what comes back. Who somebody is *here* is ours to say:
 *
 * - a pair of issuer and subject that was linked is that person;
 * - else an address that the service says is proved, of a domain about which the operator believes it, is proved;
 * - else nobody is signed in: an address that anybody could have typed there must open nothing here.
 *
 * Each service comes back to an address of its own, and a state is good for the service it was made for: what one service
 * answers is never taken for another's (mix-up, RFC 9700 4.4).
 */
import { type Sql, transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import { SECOND } from "../../kit/clock.ts";
import { addressKey, parseAddress } from "../../mail/address.ts";
import type { OidcProvider } from "../house.ts";
import { ownPath } from "../own-path.ts";
import { planChange } from "./changes.ts";
import { makeUser } from "./credentials.ts";
import { type Library, type Means, type Told, telling } from "./library.ts";
import { provedAddress } from "./provider-config.ts";
import { sweepSignIn } from "./rows.ts";
import { carried, personBehind, type Who } from "./who.ts";

export type Identity = { issuer: string; subject: string; address: string; label: string; linkedAt: Date };

export type CameBack =
  | { kind: "who"; who: Who; next: string; name: string }
  | { kind: "linked"; next: string }
  /** The service vouches for no address that we can take. */
  | { kind: "unproved"; email: string; next: string }
  | { kind: "taken" | "failed" };

export type Providers = {
  list: OidcProvider[];
  /** Where to send the browser, and the cookies it takes along. `personId`: whose account it is to be linked to. */
  begin(
    provider: OidcProvider,
    next: string,
    personId?: string,
  ): Promise<{ url: string; cookies: string[] } | undefined>;
  /** What the browser brings back. `personId`: who is signed in. */
  comeBack(
    provider: OidcProvider,
    query: Record<string, string>,
    headers: Headers,
    personId: string | undefined,
  ): Promise<{ came: CameBack; cookies: string[] }>;
  of(personId: string): Promise<Identity[]>;
  unlink(sql: Sql, personId: string, issuer: string, subject: string): Promise<boolean>;
};

/** How long a service may take to say who it is. */
const PATIENCE = 8 * SECOND;

/** undefined when it takes longer than anybody waits for a page. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE);
  });
  work.catch(() => undefined); // it may fail when nobody waits any more
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export function newProviders(means: Means, ready: () => Promise<Library>): Providers {
  const { pool, clock, config } = means;
  const list = config.oidc ?? [];
  const doneAt = (provider: OidcProvider): string => `/sign-in/with/${provider.id}/done`;

  async function judge(provider: OidcProvider, profile: Record<string, unknown>, next: string): Promise<CameBack> {
    const subject = String(profile["sub"]);
    const [linked] = await pool<{ personId: string; address: string }[]>`
      update sign_in_identities set used_at = ${clock.now()} where issuer = ${provider.issuer} and subject = ${subject}
      returning user_id as "personId", address`;
    const name = typeof profile["name"] === "string" ? profile["name"].replace(/\s+/g, " ").trim().slice(0, 100) : "";
    if (linked) {
      const theirs = await directory.verifiedAddresses(pool, linked.personId);
      const address = theirs.find((one) => addressKey(one) === addressKey(linked.address)) ?? theirs[0];
      if (!address) return { kind: "failed" };
      return { kind: "who", who: { personId: linked.personId, address }, next, name };
    }
    const proved = provedAddress(provider, profile);
    if (!proved || !parseAddress(proved)) return { kind: "unproved", email: String(profile["email"] ?? ""), next };
    const who = await personBehind(means, proved);
    if (!(await link(provider, subject, who))) return { kind: "failed" };
    return { kind: "who", who, next, name };
  }

  /** Its person has become one with another, or was erased: the pair is free again. */
  async function dropIfNobodys({ issuer }: OidcProvider, subject: string): Promise<void> {
    const [found] = await pool<{ personId: string }[]>`
      select user_id as "personId" from sign_in_identities where issuer = ${issuer} and subject = ${subject}`;
    if (!found || (await directory.personById(pool, found.personId))) return;
    await pool`
      delete from sign_in_identities
      where issuer = ${issuer} and subject = ${subject} and user_id = ${found.personId}`;
  }

  /** Answers false where the pair is another person's. Their addresses hear of it, unless they are new with it. */
  async function link(provider: OidcProvider, subject: string, who: Who): Promise<boolean> {
    const now = clock.now();
    return transact(pool, async (sql) => {
      await makeUser(sql, who.personId, now);
      const rows = await sql<{ isNew: boolean }[]>`
        insert into sign_in_identities as i (issuer, subject, user_id, address, linked_at, used_at)
        values (${provider.issuer}, ${subject}, ${who.personId}, ${who.address}, ${now}, ${now})
        on conflict (issuer, subject) do update set used_at = excluded.used_at where i.user_id = excluded.user_id
        returning linked_at = used_at as "isNew"`;
      if (rows[0]?.isNew && !who.isNew) await planChange(sql, means, who.personId, "identity");
      return rows.length > 0;
    });
  }

  return {
    list,
    async begin(provider, next, personId) {
      const auth = await inTime(ready());
      if (!auth) return undefined;
      await sweepSignIn(pool, clock.now()); // anybody can begin, as often as they like
      const words = new URLSearchParams({ next: ownPath(next), ...(personId && { link: personId }) });
      const body = {
        provider: provider.id,
        callbackURL: `${doneAt(provider)}?${words}`,
        errorCallbackURL: "/sign-in/failed",
        disableRedirect: true,
      };
      const answer = await inTime(auth.api.signInSocial({ body, headers: new Headers(), asResponse: true }));
      if (!answer) return undefined;
      const { url } = answer.ok ? ((await answer.json()) as { url?: string }) : {};
      return url ? { url, cookies: answer.headers.getSetCookie() } : undefined;
    },
    async comeBack(provider, query, headers, personId) {
      const auth = await ready();
      const told: Told = {};
      const answer = await telling.run(told, () =>
        auth.api.callbackOAuth({
          method: "GET",
          params: { id: provider.id },
          query,
          headers: carried(headers),
          asResponse: true,
        }),
      );
      const cookies = answer.headers.getSetCookie().filter((one) => !/session_token|session_data/.test(one));
      const led = new URL(answer.headers.get("location") ?? "/", config.url);
      const profile = told.profile;
      // What the library made of it is a user without a person: it goes, and its tokens with it.
      if (profile)
        await pool`
          delete from sign_in_users where id in (
            select user_id from sign_in_accounts
            where provider_id = ${provider.id} and account_id = ${String(profile["sub"])})`;
      if (!profile || led.pathname !== doneAt(provider)) return { came: { kind: "failed" }, cookies };
      const next = ownPath(led.searchParams.get("next") ?? "/");
      const wanted = led.searchParams.get("link");
      await dropIfNobodys(provider, String(profile["sub"]));
      if (!wanted) return { came: await judge(provider, profile, next), cookies };
      if (wanted !== personId) return { came: { kind: "failed" }, cookies };
      const [address] = await directory.verifiedAddresses(pool, personId);
      const isTheirs = await link(provider, String(profile["sub"]), { personId, address: address ?? "" });
      return { came: isTheirs ? { kind: "linked", next } : { kind: "taken" }, cookies };
    },
    of: async (personId) => {
      const rows = await pool<Omit<Identity, "label">[]>`
        select issuer, subject, address, linked_at as "linkedAt" from sign_in_identities
        where user_id = ${personId} order by linked_at limit 50`;
      return rows.map((one) => ({
        ...one,
        label: list.find(({ issuer }) => issuer === one.issuer)?.label ?? new URL(one.issuer).host,
      }));
    },
    async unlink(sql, personId, issuer, subject) {
      const rows = await sql`
        delete from sign_in_identities where user_id = ${personId} and issuer = ${issuer} and subject = ${subject}
        returning subject`;
      return rows.length > 0;
    },
  };
}
