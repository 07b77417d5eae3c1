/** The keys every node needs: the token secret, two DKIM selectors, and a certificate for STARTTLS until one is given. */
import { randomBytes, webcrypto } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { type DkimKey, dkimKey, generateKeys } from "../mail/dkim.ts";
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
  const kept = await key(sql, `tls ${hostname}`, () => selfSigned(hostname, clock.now()), clock.now());
  return { key: kept.private, cert: kept.public };
}

async function selfSigned(hostname: string, now: Date): Promise<{ private: string; public: string }> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomBytes(8).toString("hex").replace(/^[89a-f]/, "1"),
      name: `CN=${hostname}`,
      notBefore: new Date(now.getTime() - DAY),
      notAfter: new Date(now.getTime() + 3650 * DAY),
      signingAlgorithm: algorithm,
      keys: pair,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: hostname }])],
    },
    webcrypto as Crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", pair.privateKey)).toString("base64");
  return {
    private: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join("\n")}\n-----END PRIVATE KEY-----\n`,
    public: `${certificate.toString("pem")}\n`,
  };
}
