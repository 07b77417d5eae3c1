/**
 * DANE (RFC 7672 3): does what the far side showed fit the TLSA records of its zone?
 *
 * DANE-EE names the host's own certificate or key, and that is all: its names and dates don't count (3.1.1). DANE-TA names
 * an authority: from the host's certificate signatures must lead up to it, each within its dates, and the host's
 * certificate must be made out to the host (3.2.2). The authorities that everybody trusts have no say in either.
 */
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Proof } from "./protection.ts";
import { certificateIn, fits, isAnchor, type Tlsa } from "./tlsa.ts";

/** Certificates between the host's own and the authority's, both counted. */
const DEPTH = 10;
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

export function proveByDane(
  host: string,
  rule: { names: readonly string[]; records: readonly Tlsa[] },
  shown: readonly Buffer[],
  now: Date,
): Proof {
  const chain = shown.flatMap(parsed);
  const own = chain[0];
  if (!own) return bad("tlsa-invalid", `the certificate of ${host} can't be read`);
  if (rule.records.some((record) => !isAnchor(record) && fits(record, own))) return { isGood: true };
  const anchors = rule.records.filter(isAnchor);
  if (!leadsTo(anchors, own, [...chain.slice(1), ...anchors.flatMap((one) => certificateIn(one) ?? [])], now))
    return bad("tlsa-invalid", `the certificate of ${host} does not fit its TLSA records`);
  if (!isInTime(own, now)) return bad("certificate-expired", `the certificate of ${host} is outside its dates`);
  if (own.keyUsage && !own.keyUsage.includes(SERVER_AUTHENTICATION))
    return bad("tlsa-invalid", `the certificate of ${host} is not meant for a server`);
  if (rule.names.some((name) => own.checkHost(name, { partialWildcards: false }) !== undefined))
    return { isGood: true };
  return bad("certificate-host-mismatch", `the certificate of ${host} is not valid for ${rule.names.join(" or ")}`);
}

const bad = (result: Extract<Proof, { isGood: false }>["result"], text: string): Proof => ({
  isGood: false,
  result,
  reason: text,
  text,
});

/** Do signatures lead from `own` to what an anchor speaks of? The issuers are as the far side sent them, in any order. */
function leadsTo(
  anchors: readonly Tlsa[],
  own: X509Certificate,
  issuers: readonly X509Certificate[],
  now: Date,
): boolean {
  let here = own;
  const left = new Set(issuers);
  for (let depth = 0; depth < DEPTH; depth += 1) {
    // "2 1 0": the key itself stands in the record, its certificate need not be sent.
    if (anchors.some((record) => record.selector === 1 && record.matching === 0 && isSignedBy(here, keyIn(record))))
      return true;
    const above = [...left].filter(
      (one) => one.ca && isInTime(one, now) && here.checkIssued(one) && isSignedBy(here, one.publicKey),
    );
    // Two certificates may have the same name and key; the one that a record speaks of is the one that counts.
    if (above.some((one) => anchors.some((record) => fits(record, one)))) return true;
    const next = above[0];
    if (!next) return false;
    left.delete(next);
    here = next;
  }
  return false;
}

function isSignedBy(certificate: X509Certificate, key: KeyObject | undefined): boolean {
  try {
    return key !== undefined && certificate.verify(key);
  } catch {
    return false; // a key of another kind than the signature
  }
}

function keyIn(record: Tlsa): KeyObject | undefined {
  try {
    return createPublicKey({ key: record.data, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

function parsed(raw: Buffer): X509Certificate[] {
  try {
    return [new X509Certificate(raw)];
  } catch {
    return [];
  }
}

const isInTime = (certificate: X509Certificate, now: Date): boolean =>
  now >= certificate.validFromDate && now <= certificate.validToDate;
