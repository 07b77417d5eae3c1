/** What every page is given: the database, the clock, the settings, and who is looking. */
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Registry } from "prom-client";
import type { Pool } from "../db/sql.ts";
import * as keys from "../keys/keys.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Disposable } from "../mail/disposable.ts";
import type { Assets } from "./assets.ts";
import type { Cache } from "./cache.ts";
import type { SignIn } from "./sign-in/sign-in.ts";
import type { Reading } from "./views/reading.ts";

/** Another service that people may sign in with. */
export type OidcProvider = {
  id: string;
  label: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Mail domains about which the service is believed when it says that an address is somebody's; `*`: any. */
  domains: string[];
};

export type WebConfig = {
  domain: string;
  url: string;
  outbound: { kind: "capture" | "direct" | "relay" };
  /** What this node sends from, for the pages about providers. */
  egress?: readonly string[];
  node?: string;
  /** The largest mail taken, in bytes. */
  sizeLimit?: number;
  /** How long the settle log is kept, in milliseconds. */
  logKept?: number;
  /** Who may make groups on the web: "operators" (also where it is left out) or "everybody". */
  making?: string;
  /** How many groups somebody makes in a day at most. */
  makingADay?: number;
  oidc?: OidcProvider[];
  disposable?: Disposable;
};

export type House = {
  pool: Pool;
  config: WebConfig;
  clock: Clock;
  log: Log;
  registry: Registry | undefined;
  /** The lease of the worker that serves these pages; undefined where none is at work. */
  lease?: { readonly isHeld: boolean } | undefined;
  assets: Assets;
  signIn: SignIn;
  /** Seals leave links: shared with outbound, which writes them into mails. */
  tokenSecret(): Promise<Buffer>;
  /** Posts never change, so what was made of one is kept. */
  readings: Cache<Reading>;
  /** Members of large groups (member-counts.ts), by group; `at` in milliseconds. */
  memberCounts: Cache<{ count: number; at: number }>;
};

/** Somebody signed in: they have shown that the address is theirs. */
export type Visitor = {
  address: string;
  name: string;
  personId: string | undefined;
  sessionId?: string;
  /** When they last showed who they are. */
  signedInAt?: Date | undefined;
  isOperator?: boolean;
};

export type Variables = {
  house: House;
  /** Asked for once a request; undefined for a stranger. */
  visitor: () => Promise<Visitor | undefined>;
  /** An IANA time zone the reader's script left in a cookie; UTC until then. */
  zone: string;
};

export type Environment = { Variables: Variables; Bindings: Partial<HttpBindings> };
export type Page = Context<Environment>;

/** The token secret, asked for when first needed and kept. */
export function newTokenSecret({
  pool,
  config,
  clock,
}: Pick<House, "pool" | "config" | "clock">): () => Promise<Buffer> {
  let secret: Promise<Buffer> | undefined;
  return () => {
    secret ??= keys.serviceKeys(pool, config.domain, clock).then(
      ({ token }) => token,
      (error: unknown) => {
        secret = undefined;
        throw error;
      },
    );
    return secret;
  };
}
