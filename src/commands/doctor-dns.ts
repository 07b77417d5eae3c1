/**
 * The DNS that mail for a domain needs: what is there, what should be, and the records to paste.
 *
 * The resolver comes in as a parameter. A name that does not exist and a question nobody answered are told apart: only
 * the first is something to mend.
 */
import { codeOf } from "../kit/errors.ts";

export type Resolver = {
  resolveMx(name: string): Promise<{ exchange: string; priority: number }[]>;
  resolveTxt(name: string): Promise<string[][]>;
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  reverse(address: string): Promise<string[]>;
};

export type Verdict = "ok" | "missing" | "wrong" | "unknown";

export type Check = {
  what: string;
  verdict: Verdict;
  /** What was found, and what to do about it. */
  detail: string;
  /** Whether mail stops, or is widely refused, as long as this is so. */
  stopsMail: boolean;
  /** The record to publish. */
  record?: string;
};

export type Wanted = {
  domain: string;
  hostname: string;
  dkim: { name: string; value: string[] }[];
};

export async function checkDns(dns: Resolver, wanted: Wanted): Promise<Check[]> {
  const { domain, hostname, dkim } = wanted;
  const addresses = await addressesOf(dns, hostname);
  return [
    checkAddresses(hostname, addresses),
    await checkMx(dns, domain, hostname),
    ...(await Promise.all((addresses.found ?? []).map((address) => checkPtr(dns, address, hostname)))),
    await checkSpf(dns, domain),
    ...(await Promise.all(dkim.map((key) => checkDkim(dns, key)))),
    await checkDmarc(dns, domain),
    await checkTlsReports(dns, domain),
  ];
}

/** `undefined` found: nobody answered. */
type Asked<T> = { found: T[] | undefined };

async function ask<T>(question: Promise<T[]>): Promise<Asked<T>> {
  try {
    return { found: await question };
  } catch (error) {
    const code = codeOf(error);
    return { found: code === "ENOTFOUND" || code === "ENODATA" ? [] : undefined };
  }
}

async function addressesOf(dns: Resolver, name: string): Promise<Asked<string>> {
  const [v4, v6] = await Promise.all([ask(dns.resolve4(name)), ask(dns.resolve6(name))]);
  if (v4.found === undefined && v6.found === undefined) return { found: undefined };
  return { found: [...(v4.found ?? []), ...(v6.found ?? [])] };
}

const unanswered = (what: string, name: string, record?: string): Check => ({
  what,
  verdict: "unknown",
  detail: `no answer about ${name}: ask again when DNS works here`,
  stopsMail: false,
  ...(record !== undefined && { record }),
});

function checkAddresses(hostname: string, { found }: Asked<string>): Check {
  const what = "address of this machine";
  const record = `${hostname}. A <this machine's public address>`;
  if (found === undefined) return unanswered(what, hostname, record);
  if (found.length > 0) return { what, verdict: "ok", detail: `${hostname} is ${found.join(", ")}`, stopsMail: false };
  return {
    what,
    verdict: "missing",
    detail: `${hostname} has no address: publish A, and AAAA if there is one`,
    stopsMail: true,
    record,
  };
}

async function checkMx(dns: Resolver, domain: string, hostname: string): Promise<Check> {
  const what = "MX";
  const record = `${domain}. MX 10 ${hostname}.`;
  const { found } = await ask(dns.resolveMx(domain));
  if (found === undefined) return unanswered(what, domain, record);
  const names = found.map((mx) => mx.exchange.toLowerCase().replace(/\.$/, ""));
  if (names.includes(hostname))
    return { what, verdict: "ok", detail: `mail for ${domain} comes to ${hostname}`, stopsMail: false };
  // RFC 5321 5.1: without MX the domain's own address counts
  if (names.length === 0 && domain === hostname)
    return {
      what,
      verdict: "missing",
      detail: "mail comes by the address alone; an MX is surer",
      stopsMail: false,
      record,
    };
  const detail =
    names.length === 0 ? "mail for the domain finds no way here" : `mail for the domain goes to ${names.join(", ")}`;
  return { what, verdict: names.length === 0 ? "missing" : "wrong", detail, stopsMail: true, record };
}

async function checkPtr(dns: Resolver, address: string, hostname: string): Promise<Check> {
  const what = `PTR of ${address}`;
  const record = `${address} → ${hostname}. (set by who gave you the address)`;
  const { found } = await ask(dns.reverse(address));
  if (found === undefined) return unanswered(what, address, record);
  const names = found.map((name) => name.toLowerCase().replace(/\.$/, ""));
  if (names.includes(hostname)) return { what, verdict: "ok", detail: hostname, stopsMail: false };
  const detail = `it is ${names.join(", ") || "not there"}: many providers refuse mail from an address without its name`;
  return { what, verdict: names.length === 0 ? "missing" : "wrong", detail, stopsMail: false, record };
}

async function textsOf(dns: Resolver, name: string, begins: RegExp): Promise<Asked<string>> {
  const { found } = await ask(dns.resolveTxt(name));
  return { found: found?.map((strings) => strings.join("")).filter((text) => begins.test(text)) };
}

async function checkSpf(dns: Resolver, domain: string): Promise<Check> {
  const what = "SPF";
  const record = `${domain}. TXT "v=spf1 mx -all"`;
  const { found } = await textsOf(dns, domain, /^v=spf1(?: |$)/i);
  if (found === undefined) return unanswered(what, domain, record);
  if (found.length === 1) return { what, verdict: "ok", detail: found[0]!, stopsMail: false };
  if (found.length === 0)
    return {
      what,
      verdict: "missing",
      detail: "receivers can't tell our mail from forgeries",
      stopsMail: false,
      record,
    };
  // RFC 7208 4.5
  return {
    what,
    verdict: "wrong",
    detail: `there are ${found.length} records; more than one counts as an error: leave one`,
    stopsMail: false,
    record,
  };
}

async function checkDkim(dns: Resolver, { name, value }: Wanted["dkim"][number]): Promise<Check> {
  const what = `DKIM ${name.slice(0, name.indexOf("."))}`;
  const record = `${name}. TXT ${value.map((text) => `"${text}"`).join(" ")}`;
  const { found } = await textsOf(dns, name, /p=/);
  if (found === undefined) return unanswered(what, name, record);
  if (found.length === 0)
    return { what, verdict: "missing", detail: "our signatures can't be verified", stopsMail: false, record };
  if (found.some((text) => keyIn(text) === keyIn(value.join(""))))
    return { what, verdict: "ok", detail: name, stopsMail: false };
  return { what, verdict: "wrong", detail: "another key is published: our signatures fail", stopsMail: true, record };
}

const keyIn = (text: string): string => /(?:^|;)\s*p=([^;]*)/.exec(text)?.[1]?.replace(/\s/g, "") ?? "";

async function checkDmarc(dns: Resolver, domain: string): Promise<Check> {
  const what = "DMARC";
  const name = `_dmarc.${domain}`;
  const record = `${name}. TXT "v=DMARC1; p=none; rua=mailto:postmaster@${domain}"`;
  const { found } = await textsOf(dns, name, /^v=DMARC1(?:[ ;]|$)/);
  if (found === undefined) return unanswered(what, name, record);
  if (found.length === 1) return { what, verdict: "ok", detail: found[0]!, stopsMail: false };
  if (found.length === 0)
    return {
      what,
      verdict: "missing",
      detail: "large providers ask for it of who sends much",
      stopsMail: false,
      record,
    };
  return {
    what,
    verdict: "wrong",
    detail: "there is more than one record, which counts as none: leave one",
    stopsMail: false,
    record,
  };
}

/** Where others tell us how their connections to us fared (RFC 8460 3). */
async function checkTlsReports(dns: Resolver, domain: string): Promise<Check> {
  const what = "TLS reports";
  const name = `_smtp._tls.${domain}`;
  const record = `${name}. TXT "v=TLSRPTv1; rua=mailto:postmaster@${domain}"`;
  const { found } = await textsOf(dns, name, /^v=TLSRPTv1[ \t]*;/);
  if (found === undefined) return unanswered(what, name, record);
  if (found.length === 1) return { what, verdict: "ok", detail: found[0]!, stopsMail: false };
  const detail =
    found.length === 0 ? "nobody can tell us when TLS to us fails" : "there is more than one record: leave one";
  return { what, verdict: found.length === 0 ? "missing" : "wrong", detail, stopsMail: false, record };
}
