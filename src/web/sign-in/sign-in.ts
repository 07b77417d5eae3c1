/**
 * Sign-in by mail link, sessions in PostgreSQL: better-auth keeps both; we only ask it through functions.
 *
 * None of its own addresses are served. The link we mail opens a page of ours with a button, and only the button's POST
 * uses the link up: a mail scanner that fetches every address in a mail signs nobody in and burns nothing.
 */
import { createHmac } from "node:crypto";
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import { MINUTE, SECOND } from "../../kit/clock.ts";
import { newId } from "../../kit/id.ts";
import type { House, Visitor } from "../house.ts";
import { mailLink } from "./letter.ts";

export const LINK_LIVES = 30 * MINUTE;

export type SignIn = {
  /** Mails a link to `address`; `next` is where it leads. */
  sendLink(address: string, next: string): Promise<void>;
  /** Uses a link up. Answers the cookies to set; undefined when it was used, is too old, or never was. */
  useLink(token: string, userAgent: string): Promise<string[] | undefined>;
  /** Signs in without a mail: for who is trusted otherwise. Answers the cookies to set. */
  signInNow(address: string, userAgent: string): Promise<string[]>;
  visitor(headers: Headers): Promise<Visitor | undefined>;
  /** Ends the session; answers the cookies to set. */
  signOut(headers: Headers): Promise<string[]>;
};

type Means = Pick<House, "pool" | "config" | "clock" | "log" | "tokenSecret">;

export function newSignIn(means: Means): SignIn {
  let library: Promise<Library> | undefined;
  const ready = (): Promise<Library> => {
    library ??= openLibrary(means).catch((error) => {
      library = undefined;
      throw error;
    });
    return library;
  };
  return {
    async sendLink(address, next) {
      const auth = await ready();
      await auth.api.signInMagicLink({ body: { email: address, metadata: { next } }, headers: new Headers() });
    },
    async useLink(token, userAgent) {
      const auth = await ready();
      const headers = new Headers({ "user-agent": userAgent.slice(0, 300) });
      const answer = await auth.api.magicLinkVerify({ query: { token }, headers, asResponse: true });
      if (!answer.ok) return undefined;
      const { user } = (await answer.json()) as { user: { email: string } };
      await transact(means.pool, async (sql) => {
        await directory.peopleFor(sql, [{ address: user.email, name: "" }], means.clock);
        await directory.verifyAddress(sql, user.email, means.clock.now());
      });
      return answer.headers.getSetCookie();
    },
    async signInNow(address, userAgent) {
      const auth = await ready();
      const hand = newId(means.clock);
      const handed = new Promise<string>((resolve) => hands.set(hand, resolve));
      try {
        await auth.api.signInMagicLink({
          body: { email: address.toLowerCase(), metadata: { hand } },
          headers: new Headers(),
        });
        return (await this.useLink(await handed, userAgent)) ?? [];
      } finally {
        hands.delete(hand);
      }
    },
    async visitor(headers) {
      if (!headers.get("cookie")?.includes(COOKIES)) return undefined;
      const auth = await ready();
      const found = await auth.api.getSession({ headers: new Headers({ cookie: headers.get("cookie")! }) });
      if (!found) return undefined;
      const person = await directory.personWith(means.pool, found.user.email);
      const { id: sessionId } = found.session;
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
}

const COOKIES = "smartgroups";

/** Who waits for a link to use it up at once, instead of its being mailed. */
const hands = new Map<string, (token: string) => void>();

type Library = Awaited<ReturnType<typeof openLibrary>>;

/** Loaded when somebody first signs in or comes back: a process that only serves strangers is 40 MB smaller without it. */
async function openLibrary(means: Means) {
  const [{ betterAuth }, { magicLink }, { PostgresJSDialect }] = await Promise.all([
    import("better-auth"),
    import("better-auth/plugins/magic-link"),
    import("kysely-postgres-js"),
  ]);
  const { pool, config, clock, log, tokenSecret } = means;
  const secret = createHmac("sha256", await tokenSecret())
    .update("sign-in")
    .digest("base64");
  return betterAuth({
    baseURL: config.url,
    secret,
    database: { dialect: new PostgresJSDialect({ postgres: pool }), type: "postgres", transaction: true },
    telemetry: { enabled: false },
    logger: {
      level: "warn",
      log: (level, message) => log[level === "error" ? "error" : "warn"]({ part: "sign-in" }, message),
    },
    advanced: {
      cookiePrefix: COOKIES,
      useSecureCookies: config.url.startsWith("https:"),
      database: { generateId: () => newId(clock) },
      ipAddress: { disableIpTracking: true },
    },
    user: {
      modelName: "sign_in_users",
      fields: { emailVerified: "email_verified", createdAt: "created_at", updatedAt: "updated_at" },
    },
    session: {
      modelName: "sign_in_sessions",
      fields: {
        userId: "user_id",
        expiresAt: "expires_at",
        ipAddress: "ip_address",
        userAgent: "user_agent",
        createdAt: "created_at",
        updatedAt: "updated_at",
      },
      expiresIn: 60 * 24 * 3600,
      updateAge: 24 * 3600,
    },
    account: {
      modelName: "sign_in_accounts",
      fields: {
        userId: "user_id",
        accountId: "account_id",
        providerId: "provider_id",
        accessToken: "access_token",
        refreshToken: "refresh_token",
        idToken: "id_token",
        accessTokenExpiresAt: "access_token_expires_at",
        refreshTokenExpiresAt: "refresh_token_expires_at",
        createdAt: "created_at",
        updatedAt: "updated_at",
      },
    },
    verification: {
      modelName: "sign_in_links",
      fields: { expiresAt: "expires_at", createdAt: "created_at", updatedAt: "updated_at" },
    },
    plugins: [
      magicLink({
        expiresIn: LINK_LIVES / SECOND,
        storeToken: "hashed",
        sendMagicLink: async ({ email, token, metadata }) => {
          const hand = metadata?.["hand"];
          if (hand === undefined) return mailLink(means, email, token, String(metadata?.["next"] ?? "/"));
          hands.get(String(hand))?.(token);
        },
      }),
    ],
  });
}
