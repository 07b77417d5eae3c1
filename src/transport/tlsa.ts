/**
 * TLSA records (RFC 6698): what a zone says about the certificate of its mail host, and whether a certificate fits.
 *
 * Pure. For SMTP only the usages DANE-TA (2) and DANE-EE (3) count (RFC 7672 3.1.3); a record we can't use is left out
 * rather than taken for a mismatch, so that new kinds may stand beside the old ones.
 */
import { createHash, X509Certificate } from "node:crypto";
import { publicKeyInfo } from "./der.ts";

export type Tlsa = {
  /** 2: the certificate of an authority of theirs. 3: the host's own. */
  usage: number;
  /** 0: the whole certificate. 1: its public key. */
  selector: number;
  /** 0: the bytes themselves. 1: their SHA-256. 2: their SHA-512. */
  matching: number;
  data: Buffer;
};

const TRUST_ANCHOR = 2;
const END_ENTITY = 3;
const SIZES = [undefined, 32, 64];
const DATA_MOST = 16 * 1024;
const RECORDS_MOST = 32;

export const isAnchor = (record: Tlsa): boolean => record.usage === TRUST_ANCHOR;

/** The records that can be used; of several digests of the same thing only the strongest (RFC 7671 9). */
export function usable(records: readonly Tlsa[]): Tlsa[] {
  const known = records.filter(isUsable).slice(0, RECORDS_MOST);
  return known.filter(
    (one) =>
      one.matching !== 1 ||
      !known.some((other) => other.matching === 2 && other.usage === one.usage && other.selector === one.selector),
  );
}

function isUsable({ usage, selector, matching, data }: Tlsa): boolean {
  if (usage !== TRUST_ANCHOR && usage !== END_ENTITY) return false;
  if ((selector !== 0 && selector !== 1) || matching > 2) return false;
  const size = SIZES[matching];
  if (size !== undefined) return data.length === size;
  return data.length > 0 && data.length <= DATA_MOST;
}

/** Does the record speak of this certificate? */
export function fits(record: Tlsa, certificate: X509Certificate): boolean {
  const chosen = record.selector === 0 ? certificate.raw : publicKeyInfo(certificate.raw);
  return chosen !== undefined && chosenAs(record.matching, chosen).equals(record.data);
}

/** The record to publish for a certificate of ours, by its key (RFC 7671 5.1): it outlives a renewal that keeps the key. */
export function tlsaFor(certificate: X509Certificate): string {
  const key = publicKeyInfo(certificate.raw) ?? Buffer.alloc(0);
  return `${END_ENTITY} 1 1 ${chosenAs(1, key).toString("hex")}`;
}

/** The certificate that stands in the record as a whole ("2 0 0"): a host need not send it (RFC 7671 5.2.2). */
export function certificateIn(record: Tlsa): X509Certificate | undefined {
  if (record.selector !== 0 || record.matching !== 0) return undefined;
  try {
    return new X509Certificate(record.data);
  } catch {
    return undefined;
  }
}

function chosenAs(matching: number, bytes: Buffer): Buffer {
  if (matching === 0) return bytes;
  return createHash(matching === 1 ? "sha256" : "sha512")
    .update(bytes)
    .digest();
}
