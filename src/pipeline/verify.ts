/**
 * Second stage: is the mail from whom it says? SPF, DKIM, DMARC and ARC, by `mailauth`, before any transaction opens.
 *
 * The result is kept with the post. DNS that does not answer in time gives `temperror`, never a delay without end.
 */
import { domainToASCII } from "node:url";
import { authenticate, type DNSResolver } from "mailauth";
import { domainOf } from "../mail/address.ts";
import { evidenceOf, patientResolver } from "./evidence.ts";
import type { Opened } from "./recognise.ts";

export type Auth = {
  spf: string;
  dkim: { domain: string; result: string }[];
  /** `permerror` when it cannot be told whose policy counts: several From fields or author domains, or no verdict in time. */
  dmarc: { result: string; policy: string | null };
  arc: "none" | "pass" | "fail";
  /** The value of an Authentication-Results field, without the authserv-id. */
  results: string;
  /** Is the From address proved, by DMARC or by coming through our own web? */
  isVerified: boolean;
  /** A moderator changed its words, so that no signature of the author's holds any more. */
  isEdited?: boolean;
};

/** More than evidence.ts ever lets a mail take, unless the machine itself is far too busy. */
const PATIENCE = 20_000;

const UNKNOWN: Auth = {
  spf: "temperror",
  dkim: [],
  dmarc: { result: "permerror", policy: null },
  arc: "none",
  results: "auth=temperror",
  isVerified: false,
};

export async function verify(opened: Opened, options: { authservId: string; resolver: DNSResolver }): Promise<Auth> {
  const { mail, raw, summary } = opened;
  if (mail.client.protocol === "HTTP") {
    return {
      ...UNKNOWN,
      spf: "none",
      dmarc: { result: "none", policy: null },
      results: "auth=pass (web)",
      isVerified: true,
    };
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Auth>((resolve) => {
    timer = setTimeout(() => resolve(UNKNOWN), PATIENCE);
  });
  try {
    return await Promise.race([late, evaluate(opened, summary.authorAddress, raw, options)]);
  } finally {
    clearTimeout(timer);
  }
}

async function evaluate(
  { mail }: Opened,
  author: string,
  raw: Buffer,
  options: { authservId: string; resolver: DNSResolver },
): Promise<Auth> {
  const authorDomain = domainToASCII(domainOf(author)) || domainOf(author);
  const found = await authenticate(evidenceOf(raw), {
    ip: mail.client.address,
    helo: mail.client.helo,
    sender: mail.sender,
    mta: options.authservId,
    resolver: patientResolver(options.resolver, authorDomain),
    disableBimi: true,
  });
  const dkim = (found.dkim?.results ?? [])
    .filter((one) => one.signingDomain)
    .map((one) => ({ domain: String(one.signingDomain), result: String(one.status?.result ?? "none") }));
  const dmarc = found.dmarc ? found.dmarc : undefined;
  // Evaluated for another domain than that of the author we show, or for none: no proof, whatever else it says.
  const isOfAuthor = dmarc?.status?.header?.from === authorDomain;
  const result = isOfAuthor ? String(dmarc?.status?.result ?? "none") : "permerror";
  return {
    spf: String(found.spf ? (found.spf.status?.result ?? "none") : "none"),
    dkim,
    dmarc: { result, policy: dmarc?.policy && dmarc.policy !== "none" ? String(dmarc.policy) : null },
    arc: arcState(found.arc),
    results: resultsOf(found.headers),
    isVerified:
      isOfAuthor &&
      (result === "pass" || dkim.some((one) => one.result === "pass" && isAligned(one.domain, domainOf(author)))),
  };
}

/** Strict alignment, for domains that publish no DMARC policy. */
const isAligned = (signer: string, author: string): boolean => signer.toLowerCase() === author;

function arcState(arc: unknown): Auth["arc"] {
  const status = (arc as { status?: { result?: string } } | undefined)?.status?.result;
  return status === "pass" || status === "fail" ? status : "none";
}

/** mailauth gives whole header fields; we want what stands behind the authserv-id of its Authentication-Results. */
function resultsOf(headers: unknown): string {
  const unfolded = String(headers ?? "").replace(/\r?\n[ \t]+/g, " ");
  const found = /^Authentication-Results:[^;\n]*;(.*)$/im.exec(unfolded);
  return found?.[1]?.trim() || "auth=none";
}
