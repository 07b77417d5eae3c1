/**
 * How the connection to one mail host must be protected, and the look at a finished handshake that says whether it is.
 *
 * Mail in clear is better than no mail, so without a rule any TLS will do and none will too (RFC 7435). A domain that
 * publishes a rule has decided otherwise: then the host proves who it is, or the mail waits.
 */
import { createHash, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { proveByDane } from "./dane.ts";
import type { StsPolicy } from "./sts.ts";
import { isAnchor, type Tlsa } from "./tlsa.ts";

export type Rule =
  /** Use TLS when it is offered. */
  | { kind: "any" }
  /** TLS, without proof: TLSA records are there, and none that we can use (RFC 7672 2.2). */
  | { kind: "encrypted" }
  /** The certificate fits a TLSA record. `names`: what an authority's certificate may be made out to. */
  | { kind: "dane"; base: string; names: string[]; records: Tlsa[] }
  /** The certificate is valid for the host (RFC 8461 4.1). Unless enforced, mail goes out all the same, and it is counted. */
  | { kind: "sts"; isEnforced: boolean }
  /** No mail by this host now. */
  | { kind: "refused"; text: string };

/** Whose rule it is, as reports name it (RFC 8460 4.4). */
export type Policy = {
  type: "tlsa" | "sts" | "no-policy-found";
  domain: string;
  /** The policy, line by line. */
  lines: string[];
  /** The patterns of mail hosts in an MTA-STS policy. */
  hosts: string[];
};

/** What came of one session (RFC 8460 4.3). */
export type Result =
  | "ok"
  | "starttls-not-supported"
  | "certificate-host-mismatch"
  | "certificate-expired"
  | "certificate-not-trusted"
  | "validation-failure"
  | "tlsa-invalid"
  | "dnssec-invalid"
  | "sts-policy-fetch-error"
  | "sts-policy-invalid"
  | "sts-webpki-invalid";

export type Protection = {
  /** The domain the mail is for. */
  domain: string;
  rule: Rule;
  policy: Policy;
  /** Something was wrong with the rule itself before any connection was made; it is counted with each session. */
  trouble?: Exclude<Result, "ok">;
};

/** A session as it is counted. */
export type Session = {
  protection: Protection;
  host: string;
  /** The far side's address, and ours. */
  address: string;
  source: string;
  result: Result;
  /** Why, as OpenSSL or we say it. */
  reason: string;
};

export type Proof = { isGood: true } | { isGood: false; result: Exclude<Result, "ok">; reason: string; text: string };

/** Connections with different keys must not be used for each other's mail. */
export function policyKey(host: { host: string; tls?: Protection }): string {
  const rule = host.tls?.rule;
  switch (rule?.kind) {
    case undefined:
    case "any":
      return "";
    case "encrypted":
      return "encrypted";
    case "sts":
      return rule.isEnforced ? `sts ${host.host}` : "";
    case "dane": {
      const hash = createHash("sha256").update(rule.base);
      // Only an authority's certificate is asked for its name, so hosts of many domains share their connections.
      if (rule.records.some(isAnchor)) hash.update(` ${[...rule.names].sort().join(" ")}`);
      for (const text of rule.records.map(recordText).sort()) hash.update(` ${text}`);
      return `dane ${hash.digest("base64url")}`;
    }
    case "refused":
      return `refused ${host.host}`;
  }
}

/** Is there no mail without TLS? */
export const demandsTls = (protection: Protection | undefined): boolean =>
  protection !== undefined &&
  protection.rule.kind !== "any" &&
  !(protection.rule.kind === "sts" && !protection.rule.isEnforced);

/** Whose demand it is, for sentences and the settle log. */
export function nameOf({ kind }: Rule): "" | "DANE" | "MTA-STS" {
  if (kind === "sts") return "MTA-STS";
  return kind === "dane" || kind === "encrypted" ? "DANE" : "";
}

/** The name said in the handshake (SNI): RFC 7672 8.1 wants the one whose TLSA records were read. */
export const serverNameOf = (host: string, protection: Protection | undefined): string =>
  protection?.rule.kind === "dane" ? protection.rule.base : host;

/** Looks at the certificates of a finished handshake. */
export function prove(host: string, { rule }: Protection, socket: TLSSocket, now: Date): Proof {
  if (rule.kind !== "dane" && rule.kind !== "sts") return { isGood: true };
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) {
    const text = `${host} showed no certificate`;
    return { isGood: false, result: "certificate-not-trusted", reason: "no certificate", text };
  }
  if (rule.kind === "sts") return proveByName(host, certificate, socket);
  return proveByDane(host, rule, chainOf(socket), now);
}

const NAMED: Record<string, [Exclude<Result, "ok">, string]> = {
  CERT_HAS_EXPIRED: ["certificate-expired", "has expired"],
  CERT_NOT_YET_VALID: ["certificate-expired", "is not valid yet"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["certificate-not-trusted", "is signed by itself, not by an authority"],
};

/** By the authorities that everybody trusts, for this host's name among the certificate's own (RFC 8461 4.1). */
function proveByName(host: string, certificate: X509Certificate, socket: TLSSocket): Proof {
  // Node says the code, and its types an Error.
  const fault = socket.authorizationError as unknown as string | undefined;
  if (fault) {
    const [result, does] = NAMED[fault] ?? ["certificate-not-trusted", "is not from an authority that is trusted here"];
    return { isGood: false, result, reason: String(fault), text: `the certificate of ${host} ${does}` };
  }
  if (certificate.checkHost(host, { subject: "never", partialWildcards: false }) !== undefined) return { isGood: true };
  const text = `the certificate of ${host} is not valid for ${host}`;
  return { isGood: false, result: "certificate-host-mismatch", reason: "ERR_TLS_CERT_ALTNAME_INVALID", text };
}

const CHAIN_MOST = 16;

/** The certificates that the far side showed, its own first. */
function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let one: ReturnType<TLSSocket["getPeerCertificate"]> | undefined = socket.getPeerCertificate(true);
  while (one?.raw && chain.length < CHAIN_MOST) {
    const { raw, issuerCertificate } = one as { raw: Buffer; issuerCertificate?: typeof one };
    if (chain.some((known) => known.equals(raw))) break; // a root is its own issuer
    chain.push(raw);
    one = issuerCertificate;
  }
  return chain;
}

/** "3 1 1 ab12…", as it stands in a zone. */
export const recordText = ({ usage, selector, matching, data }: Tlsa): string =>
  `${usage} ${selector} ${matching} ${data.toString("hex")}`;

export const noRule = (domain: string): Protection => ({
  domain,
  rule: { kind: "any" },
  policy: { type: "no-policy-found", domain, lines: [], hosts: [] },
});

export const ofSts = (domain: string, policy: StsPolicy): Policy => ({
  type: "sts",
  domain,
  lines: policy.lines,
  hosts: policy.mx,
});
