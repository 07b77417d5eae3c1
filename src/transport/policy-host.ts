/**
 * Fetches an MTA-STS policy (RFC 8461 3.3): `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, with a verified certificate,
 * no redirects, one minute and 64 KB at most.
 *
 * Whoever owns a domain makes us call here, so an address of our own machine or link is not called.
 */
import { lookup as systemLookup } from "node:dns";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { LookupFunction } from "node:net";
import { MINUTE } from "../kit/clock.ts";
import { codeOf, reasonOf } from "../kit/errors.ts";
import { isOutside } from "../kit/outside.ts";
import type { Result } from "./protection.ts";
import { POLICY_BYTES_MOST, readPolicy, type StsPolicy } from "./sts.ts";

export type Fetched =
  | { policy: StsPolicy }
  | {
      trouble: Extract<Result, "sts-policy-fetch-error" | "sts-policy-invalid" | "sts-webpki-invalid">;
      reason: string;
    };

export type FetchPolicy = (domain: string, stopping: AbortSignal) => Promise<Fetched>;

type Asking = { lookup: LookupFunction; port: number; signal: AbortSignal; roots?: string };
type Means = { lookup: LookupFunction; port: number; patienceMs: number; roots?: string };

/** Never rejects. */
export function policyHost(means: Partial<Means> = {}): FetchPolicy {
  const { lookup = outsideLookup, port = 443, patienceMs = MINUTE, roots } = means;
  return async (domain, stopping) => {
    const host = `mta-sts.${domain}`;
    try {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(patienceMs)]);
      const text = await textAt(host, { lookup, port, signal, ...(roots !== undefined && { roots }) });
      const policy = readPolicy(text);
      if ("fault" in policy)
        return { trouble: "sts-policy-invalid", reason: `the policy of ${domain}: ${policy.fault}` };
      return { policy };
    } catch (error) {
      const isTls = isCertificateTrouble(error);
      return {
        trouble: isTls ? "sts-webpki-invalid" : "sts-policy-fetch-error",
        reason: `${host}: ${reasonOf(error)}`,
      };
    }
  };
}

async function textAt(host: string, { lookup, port, signal, roots }: Asking): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request({
      host,
      port,
      path: "/.well-known/mta-sts.txt",
      headers: { host: port === 443 ? host : `${host}:${port}`, "user-agent": "Smartgroups", accept: "text/plain" },
      // An agent of its own: nothing is kept open towards a stranger, and no proxy stands between.
      agent: new Agent({ keepAlive: false }),
      lookup,
      signal,
      ...(roots !== undefined && { ca: roots }),
    });
    asking.once("response", resolve).once("error", reject).end();
  });
  try {
    if (response.statusCode !== 200) throw new Error(`it answers ${response.statusCode}`);
    const type = response.headers["content-type"] ?? "";
    if (!/^text\/plain[ \t]*(?:;|$)/i.test(type)) throw new Error("what it answers is not text/plain");
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > POLICY_BYTES_MOST) throw new Error("what it answers is too long");
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  } finally {
    response.destroy();
  }
}

const isCertificateTrouble = (error: unknown): boolean =>
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET|VERIFY)_|HOSTNAME_MISMATCH|INVALID_CA)/.test(
    codeOf(error) ?? "",
  );

const outsideLookup: LookupFunction = (host, options, answer) => {
  systemLookup(host, { ...options, all: true }, (error, found) => {
    if (error) return answer(error, "", 0);
    const outside = found.filter(({ address }) => isOutside(address));
    if (outside.length === 0) return answer(new Error("it has no address that can be called"), "", 0);
    if (options.all) return answer(null, outside);
    answer(null, outside[0]!.address, outside[0]!.family);
  });
};
