/**
 * A TLS report as a mail (RFC 8460 3 and 5.3): to whom, and what is in it. Pure.
 *
 * Where to comes from a stranger's DNS: only mail addresses, and few, so that nobody can use us to flood another.
 */
import { gzipSync } from "node:zlib";
import { parseAddress } from "../mail/address.ts";
import { mailDate, textPart, writtenMailbox } from "../mail/compose.ts";
import { base64Lines, newField } from "../mail/encode.ts";
import type { TlsReport } from "./report.ts";

const RECIPIENTS_MOST = 2;

/** The mail addresses in a domain's `_smtp._tls` records; none when there is not exactly one record (RFC 8460 3). */
export function reportAddresses(texts: readonly string[]): string[] {
  const records = texts.filter((text) => /^v=TLSRPTv1[ \t]*(?:;|$)/.test(text));
  if (records.length !== 1) return [];
  const rua = records[0]!
    .slice(0, 2000)
    .split(";")
    .map((field) => /^[ \t]*rua[ \t]*=(.*)$/.exec(field)?.[1])
    .find((value) => value !== undefined);
  const addresses = (rua ?? "").split(",").flatMap((uri) => {
    const found = /^mailto:([^?]{3,254})$/i.exec(uri.trim().replace(/!\d+[kmgt]?$/i, ""))?.[1];
    const address = found === undefined ? undefined : decoded(found);
    return address !== undefined && parseAddress(address) ? [address] : [];
  });
  return [...new Set(addresses)].slice(0, RECIPIENTS_MOST);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export type ReportMail = { subject: string; raw: Buffer };

export function reportMail(to: string, domain: string, ourDomain: string, report: TlsReport, date: Date): ReportMail {
  const id = report["report-id"];
  const subject = `Report Domain: ${domain} Submitter: ${ourDomain} Report-ID: <${id}@${ourDomain}>`;
  const seconds = (time: string): number => Date.parse(time) / 1000;
  const { "start-datetime": start, "end-datetime": end } = report["date-range"];
  const name = `${ourDomain}!${domain}!${seconds(start)}!${seconds(end)}.json.gz`;
  const boundary = `=_tlsrpt-${seconds(start)}`;
  const sentence = `This is an aggregate TLS report from ${ourDomain}: how its connections to the mail hosts of ${domain} fared.`;
  const fields: [string, string][] = [
    ["From", writtenMailbox(`postmaster@${ourDomain}`)],
    ["To", writtenMailbox(to)],
    ["Date", mailDate(date)],
    ["Subject", subject.replace(" Submitter:", "\r\n Submitter:").replace(" Report-ID:", "\r\n Report-ID:")],
    ["Message-ID", `<tlsrpt.${id.replace(/[^A-Za-z0-9._-]/g, "-")}@${ourDomain}>`],
    ["TLS-Report-Domain", domain],
    ["TLS-Report-Submitter", ourDomain],
    ["Auto-Submitted", "auto-generated"],
    ["MIME-Version", "1.0"],
    ["Content-Type", `multipart/report; report-type="tlsrpt";\r\n boundary="${boundary}"`],
  ];
  const attached = [
    "Content-Type: application/tlsrpt+gzip",
    "Content-Transfer-Encoding: base64",
    `Content-Disposition: attachment;\r\n filename="${name}"`,
    "",
    base64Lines(gzipSync(JSON.stringify(report))),
  ];
  const body = [
    "",
    `--${boundary}`,
    textPart("plain", `${sentence}\n`),
    `--${boundary}`,
    ...attached,
    `--${boundary}--`,
    "",
  ];
  const head = Buffer.concat(fields.map(([field, value]) => newField(field, value).raw));
  return { subject, raw: Buffer.concat([head, Buffer.from(body.join("\r\n"))]) };
}
