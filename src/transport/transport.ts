/**
 * Transport: how connections to other mail servers must be protected, and how they were.
 *
 * For each host that takes mail for a domain, outbound asks for its *protection*: DANE (RFC 7672), MTA-STS (RFC 8461), or
 * none. What came of each session is counted for TLS reports (RFC 8460).
 */
export {
  type Dns,
  type DnsServer,
  type Found,
  systemDns,
  type ValidatingDns,
  validates,
  validatingDns,
} from "./dns.ts";
export { type FetchPolicy, policyHost } from "./policy-host.ts";
export {
  demandsTls,
  nameOf,
  type Proof,
  type Protection,
  policyKey,
  prove,
  type Result,
  type Session,
  serverNameOf,
} from "./protection.ts";
export { type Protections, protections } from "./protections.ts";
export { type TlsReport, tlsReport } from "./report.ts";
export { reportAddresses, reportMail } from "./report-mail.ts";
export { forgetReports, noteReport, unreported } from "./reported.ts";
export { counter, countsFor, forgetResults, sumsOf } from "./results.ts";
export { forgetPolicies } from "./store.ts";
export { stsCache } from "./sts-cache.ts";
export { fits, isAnchor, tlsaFor } from "./tlsa.ts";
