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

/** The keys, made at first start. */
export async function serviceKeys(sql: Sql, domain: string, clock: Clock): Promise<ServiceKeys> {
  const now = clock.now();
  const token = await key(sql, "token", async () => ({ private: randomBytes(32).toString("base64"), public: "" }), now);
  const made = (kind: "rsa" | "ed25519") => async () => {
    const pair = generateKeys()[kind];
    return { private: pair.privateKey, public: pair.publicKey };
  };
  const rsa = await key(sql, "dkim rsa", made("rsa"), now);
  const ed25519 = await key(sql, "dkim ed25519", made("ed25519"), now);
  return {
    token: Buffer.from(token.private, "base64"),
    dkim: [dkimKey(rsa.private, RSA_SELECTOR, domain), dkimKey(ed25519.private, ED25519_SELECTOR, domain)],
    published: [
      { selector: RSA_SELECTOR, publicKey: rsa.public },
      { selector: ED25519_SELECTOR, publicKey: ed25519.public },
    ],
  };
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
