/**
 * The DNS that has to do with TLS: whether the resolver validates, whether our TLSA records fit our certificate, and where
 * others may send their reports.
 *
 * A TLSA record that does not fit is worse than none: whoever obeys it brings us no mail.
 */
import { X509Certificate } from "node:crypto";
import { codeOf, reasonOf } from "../kit/errors.ts";
import * as transport from "../transport/transport.ts";
import type { Check } from "./doctor-dns.ts";

type Means = {
  resolver: transport.DnsServer | "";
  hostname: string;
  /** The certificate that we show (PEM). */
  cert: string;
};

export async function checkTls({ resolver, hostname, cert }: Means): Promise<Check[]> {
  const what = "resolver";
  if (resolver === "") {
    const detail = "the system's, so DANE is not used: set SMARTGROUPS_RESOLVER to one of your own that validates";
    return [{ what, verdict: "missing", detail, stopsMail: false }];
  }
  const name = `${resolver.host} port ${resolver.port}`;
  try {
    if (!(await transport.validates(resolver))) {
      const detail = `${name} does not validate (DNSSEC), so DANE is not used: turn validation on there`;
      return [{ what, verdict: "wrong", detail, stopsMail: false }];
    }
  } catch (error) {
    const detail = `${name} does not answer (${reasonOf(error)}): no mail finds its way out`;
    return [{ what, verdict: "wrong", detail, stopsMail: true }];
  }
  const good: Check = { what, verdict: "ok", detail: `${name} validates (DNSSEC): DANE is used`, stopsMail: false };
  return [good, ...(await checkTlsa(transport.validatingDns(resolver), hostname, cert))];
}

/** Nothing to say while our own zone is not signed: TLSA records would not count. */
async function checkTlsa(dns: transport.ValidatingDns, hostname: string, cert: string): Promise<Check[]> {
  const address = await dns.a(hostname).catch(() => dns.aaaa(hostname).catch(() => undefined));
  if (!address?.isSecure) return [];
  const what = "TLSA";
  const owner = `_25._tcp.${hostname}`;
  const certificate = new X509Certificate(cert);
  const record = `${owner}. TLSA ${transport.tlsaFor(certificate)}`;
  try {
    const { records } = await dns.tlsa(owner);
    if (records.some((one) => transport.fits(one, certificate)))
      return [{ what, verdict: "ok", detail: `fits the certificate of ${hostname}`, stopsMail: false }];
    if (records.some(transport.isAnchor))
      return [
        { what, verdict: "unknown", detail: "names an authority, which is not looked at here", stopsMail: false },
      ];
    const detail = `no record at ${owner} fits our certificate: whoever obeys them brings us no mail`;
    return [{ what, verdict: "wrong", detail, stopsMail: true, record }];
  } catch (error) {
    if (codeOf(error) === "ENODATA" || codeOf(error) === "ENOTFOUND") {
      const detail = "senders can't prove that they reached us; change the record before the certificate's key";
      return [{ what, verdict: "missing", detail, stopsMail: false, record }];
    }
    return [{ what, verdict: "unknown", detail: `no answer about ${owner}: ${reasonOf(error)}`, stopsMail: false }];
  }
}
