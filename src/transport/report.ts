/** A TLS report (RFC 8460 4.4): what a domain is told about a day of our sessions with its hosts. Pure. */

import type { Policy } from "./protection.ts";
import type { Count } from "./results.ts";

type Failure = {
  "result-type": string;
  "sending-mta-ip"?: string;
  "receiving-mx-hostname"?: string;
  "receiving-ip"?: string;
  "failed-session-count": number;
  "failure-reason-code"?: string;
};

type PolicyReport = {
  policy: {
    "policy-type": Policy["type"];
    "policy-string"?: string[];
    "policy-domain": string;
    "mx-host"?: string[];
  };
  summary: { "total-successful-session-count": number; "total-failure-session-count": number };
  "failure-details"?: Failure[];
};

export type TlsReport = {
  "organization-name": string;
  "date-range": { "start-datetime": string; "end-datetime": string };
  "contact-info": string;
  "report-id": string;
  policies: PolicyReport[];
};

export function tlsReport(of: { domain: string; day: string; ourDomain: string }, counts: readonly Count[]): TlsReport {
  const { domain, day, ourDomain } = of;
  return {
    "organization-name": ourDomain,
    "date-range": { "start-datetime": `${day}T00:00:00Z`, "end-datetime": `${day}T23:59:59Z` },
    "contact-info": `postmaster@${ourDomain}`,
    "report-id": `${day}T00:00:00Z_${domain}_${ourDomain}`,
    policies: [...Map.groupBy(counts, (one) => JSON.stringify(one.policy)).values()].map(ofPolicy),
  };
}

function ofPolicy(counts: Count[]): PolicyReport {
  const { type, domain, lines, hosts } = counts[0]!.policy;
  const failed = counts.filter((one) => one.result !== "ok");
  const sum = (some: Count[]): number => some.reduce((total, one) => total + one.sessions, 0);
  return {
    policy: {
      "policy-type": type,
      ...(lines.length > 0 && { "policy-string": lines }),
      "policy-domain": domain,
      ...(hosts.length > 0 && { "mx-host": hosts }),
    },
    summary: {
      "total-successful-session-count": sum(counts) - sum(failed),
      "total-failure-session-count": sum(failed),
    },
    ...(failed.length > 0 && { "failure-details": failed.map(failureOf) }),
  };
}

const failureOf = ({ result, source, host, address, sessions, reason }: Count): Failure => ({
  "result-type": result,
  ...(source !== "" && { "sending-mta-ip": source }),
  ...(host !== "" && { "receiving-mx-hostname": host }),
  ...(address !== "" && { "receiving-ip": address }),
  "failed-session-count": sessions,
  ...(reason !== "" && { "failure-reason-code": reason }),
});
