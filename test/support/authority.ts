/** An authority of a test's own, and the certificates it gives to the test's mail hosts. */
import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { signedCertificate } from "../../src/keys/certificate.ts";
import { DAY } from "../../src/kit/clock.ts";
import type { Tlsa } from "../../src/transport/tlsa.ts";

export type Authority = { name: string; cert: string; privateKey: KeyObject };
/** PEM; `cert` has the issuers behind the host's own. */
export type HostCertificate = { key: string; cert: string };

type Given = { from?: Date; to?: Date; isAuthority?: boolean };

const dates = ({ from, to }: Given): { from: Date; to: Date } => ({
  from: from ?? new Date("2020-01-01T00:00:00Z"),
  to: to ?? new Date("2040-01-01T00:00:00Z"),
});

/** A root, or under `above` one that it vouches for. */
export function authority(name: string, above?: Authority, given: Given = {}): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = above ?? { name, privateKey };
  const isAuthority = given.isAuthority ?? true;
  const cert = signedCertificate({ subject: name, names: [], publicKey, issuer, isAuthority, ...dates(given) });
  return { name, cert, privateKey };
}

/** A host's certificate, and in the file behind it whatever else the host shall show. */
export function certificateFor(
  names: string[],
  by: Authority,
  given: Given & { shown?: Authority[] } = {},
): HostCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = signedCertificate({
    ...{ subject: names[0] ?? "nobody", names, publicKey, issuer: by, isAuthority: false },
    ...dates(given),
  });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: [cert, ...(given.shown ?? []).map((one) => one.cert)].join("") };
}

/** The TLSA record for the first certificate in `pem`. */
export function tlsaOf(pem: string, usage: number, selector: number, matching: number): Tlsa {
  const certificate = new X509Certificate(pem);
  const bytes = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: "spki", format: "der" });
  const data =
    matching === 0
      ? bytes
      : createHash(matching === 1 ? "sha256" : "sha512")
          .update(bytes)
          .digest();
  return { usage, selector, matching, data };
}

export const longAgo = new Date(Date.UTC(2021, 0, 1));
export const beforeLongAgo = new Date(longAgo.getTime() - 300 * DAY);
