/**
 * better-auth, set up: sessions, mail links, passwords, the second factor and other services' sign-in are its work. None of
 * its own addresses are served: our pages ask it through functions, so that every form and every sentence is ours.
 *
 * A person has one user there, whose id is the person's. Its address is a made one: who has which address is the
 * directory's to know, and what somebody signs in with stays theirs when their addresses change.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHmac } from "node:crypto";
import { DAY, MINUTE, SECOND } from "../../kit/clock.ts";
import { newId } from "../../kit/id.ts";
import type { House } from "../house.ts";
import { mailLink } from "./letter.ts";
import { hashPassword, isPassword, LONGEST_PASSWORD, SHORTEST_PASSWORD } from "./password.ts";
import { pluginConfig } from "./provider-config.ts";

const LINK_LIVES = 30 * MINUTE;
/** How long a device that was trusted is not asked for the second factor. */
export const TRUST_LASTS = 30 * DAY;
export const COOKIES = "smartgroups";

export type Means = Pick<House, "pool" | "config" | "clock" | "log" | "tokenSecret">;
export type Library = Awaited<ReturnType<typeof openLibrary>>;

/** The made address of a person's user. RFC 2606 2: nothing is ever mailed there. */
export const mailOf = (personId: string): string => `${personId}@people.invalid`;
export const personOf = (mail: string): string | undefined => /^([0-9a-f-]{36})@people\.invalid$/.exec(mail)?.[1];

/** What we tell the library's callbacks about the request under way, and what another service said about somebody. */
export type Told = { enter?: { userId: string; address: string }; profile?: Record<string, unknown> };
export const telling = new AsyncLocalStorage<Told>();

/**
 * Loaded when somebody first signs in or comes back: a process that only serves strangers is 40 MB smaller without it.
 * `asksOthers`: knows the other services too. That one is opened apart, as it asks each of them who it is first: one that
 * does not answer must keep nobody from signing in by mail.
 */
export async function openLibrary(means: Means, asksOthers = false) {
  const [{ betterAuth }, { magicLink }, { twoFactor }, { genericOAuth }, { PostgresJSDialect }] = await Promise.all([
    import("better-auth"),
    import("better-auth/plugins/magic-link"),
    import("better-auth/plugins/two-factor"),
    import("better-auth/plugins/generic-oauth"),
    import("kysely-postgres-js"),
  ]);
  const { pool, config, clock, log, tokenSecret } = means;
  const secret = createHmac("sha256", await tokenSecret())
    .update("sign-in")
    .digest("base64");
  return betterAuth({
    appName: new URL(config.url).host,
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
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: SHORTEST_PASSWORD,
      maxPasswordLength: LONGEST_PASSWORD,
      password: { hash: hashPassword, verify: ({ hash, password }) => isPassword(password, hash) },
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
      additionalFields: {
        address: { type: "string", required: false, input: false },
        signedInAt: {
          type: "date",
          required: false,
          input: false,
          fieldName: "signed_in_at",
          defaultValue: () => clock.now(),
        },
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
        sendMagicLink: ({ email, token, metadata }) => mailLink(means, email, token, String(metadata?.["next"] ?? "/")),
      }),
      twoFactor({
        allowPasswordless: true,
        trustDeviceMaxAge: TRUST_LASTS / SECOND,
        schema: {
          user: { fields: { twoFactorEnabled: "two_factor_enabled" } },
          twoFactor: {
            modelName: "sign_in_second_factors",
            fields: {
              userId: "user_id",
              backupCodes: "backup_codes",
              failedVerificationCount: "failed_verification_count",
              lockedUntil: "locked_until",
            },
          },
        },
      }),
      genericOAuth({ config: asksOthers ? pluginConfig(config, telling) : [] }),
      await doors(),
    ],
  });
}

/**
 * Our own doors: a person who has shown who they are gets a session. The first bears a path which the library's second
 * factor watches, so that whoever has one is asked for it, whatever way they came; a passkey is two factors by itself.
 */
async function doors() {
  const [{ createAuthEndpoint }, { setSessionCookie }] = await Promise.all([
    import("better-auth/api"),
    import("better-auth/cookies"),
  ]);
  const door = <Path extends string>(path: Path) =>
    createAuthEndpoint(path, { method: "POST", requireHeaders: true }, async (c) => {
      const { userId, address } = telling.getStore()!.enter!;
      const user = await c.context.internalAdapter.findUserById(userId);
      const session = await c.context.internalAdapter.createSession(userId, false, { address });
      if (!user || !session) throw new Error("a person who signed in has no user of the library's");
      await setSessionCookie(c, { session, user });
      return c.json({ token: session.token });
    });
  return {
    id: "smartgroups" as const,
    endpoints: { enterAsked: door("/sign-in/username"), enterSure: door("/sign-in/passkey") },
  };
}
