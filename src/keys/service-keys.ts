/** The keys every node needs: the token secret, two DKIM selectors, and a certificate for STARTTLS until one is given. */
import { randomBytes } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { type DkimKey, dkimKey, generateKeys } from "../mail/dkim.ts";
import { selfSigned } from "./certificate.ts";
import { key } from "./store.ts";

export const RSA_SELECTOR = "sg1-rsa";
export const ED25519_SELECTOR = "sg1-ed";

export type ServiceKeys = {
  /** Seals return paths and links. */
  token: Buffer;
  /** Signs every copy: RSA first, as every receiver can verify it. */
  dkim: DkimKey[];
  /** What to publish: selector and public key (PEM). */
  published: { selector: string; publicKey: string }[];
};

/** The keys, made when first asked for. Why Ed25519 is a wish: docs/decisions/0011-signatures.md. */
export async function serviceKeys(
  sql: Sql,
  domain: string,
  clock: Clock,
  wishes: { ed25519: boolean } = { ed25519: false },
): Promise<ServiceKeys> {
  const now = clock.now();
  const token = await key(sql, "token", async () => ({ private: randomBytes(32).toString("base64"), public: "" }), now);
  const pairs = [{ selector: RSA_SELECTOR, pair: await dkimPair(sql, "rsa", now) }];
  if (wishes.ed25519) pairs.push({ selector: ED25519_SELECTOR, pair: await dkimPair(sql, "ed25519", now) });
  return {
    token: Buffer.from(token.private, "base64"),
    dkim: pairs.map(({ selector, pair }) => dkimKey(pair.private, selector, domain)),
    published: pairs.map(({ selector, pair }) => ({ selector, publicKey: pair.public })),
  };
}

function dkimPair(sql: Sql, kind: "rsa" | "ed25519", now: Date): Promise<{ private: string; public: string }> {
  const make = async () => {
    const pair = generateKeys()[kind];
    return { private: pair.privateKey, public: pair.publicKey };
  };
  return key(sql, `dkim ${kind}`, make, now);
}

/** A self-signed certificate for `hostname`, good for opportunistic TLS: encryption without a promise of identity. */
export async function tlsCertificate(sql: Sql, hostname: string, clock: Clock): Promise<{ key: string; cert: string }> {
  const make = async () => {
    const made = selfSigned(hostname, clock.now());
    return { private: made.key, public: made.cert };
  };
  const kept = await key(sql, `tls ${hostname}`, make, clock.now());
  return { key: kept.private, cert: kept.public };
}
