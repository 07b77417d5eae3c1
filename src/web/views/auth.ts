/** What SPF, DKIM, DMARC and ARC said of a mail, in words a reader can use. The kept value is read with care: it may be old. */
import { t } from "../../language/language.ts";

export type Proof = { word: string; isGood: boolean | undefined; says: string };

export function proofsOf(auth: unknown, source: "mail" | "web" | "import"): Proof[] {
  if (source === "web")
    return [{ word: t`here`, isGood: true, says: t`Written on these pages by somebody signed in.` }];
  if (source === "import")
    return [{ word: t`import`, isGood: undefined, says: t`From an older archive: who sent it was not checked here.` }];
  const kept = (typeof auth === "object" && auth !== null ? auth : {}) as Record<string, unknown>;
  const dmarc = resultOf(kept["dmarc"]);
  const signers = (Array.isArray(kept["dkim"]) ? kept["dkim"] : [])
    .filter((one) => resultOf(one) === "pass")
    .map((one) => String((one as { domain?: unknown }).domain ?? ""));
  return [
    fromProof(dmarc, kept["isVerified"] === true),
    signers.length > 0
      ? { word: "DKIM", isGood: true, says: t`Signed by ${[...new Set(signers)].slice(0, 3).join(", ")}.` }
      : { word: "DKIM", isGood: undefined, says: t`No signature that holds.` },
    spfProof(resultOf(kept["spf"])),
    ...(resultOf(kept["arc"]) === "pass"
      ? [{ word: "ARC", isGood: true, says: t`The services it passed vouch for it.` }]
      : []),
  ];
}

function fromProof(dmarc: string, isVerified: boolean): Proof {
  if (dmarc === "pass") return { word: t`From`, isGood: true, says: t`The author's domain confirms the address.` };
  if (dmarc === "fail")
    return { word: t`From`, isGood: false, says: t`The author's domain does not confirm the address.` };
  return isVerified
    ? { word: t`From`, isGood: true, says: t`The author's domain signed it.` }
    : { word: t`From`, isGood: undefined, says: t`The author's domain says nothing about its mail.` };
}

function spfProof(spf: string): Proof {
  if (spf === "pass") return { word: "SPF", isGood: true, says: t`It came from a server of the sender's domain.` };
  if (/fail/.test(spf))
    return { word: "SPF", isGood: false, says: t`It came from a server the sender's domain does not name.` };
  return { word: "SPF", isGood: undefined, says: t`The sender's domain names no servers.` };
}

const resultOf = (value: unknown): string =>
  typeof value === "string" ? value : String((value as { result?: unknown } | null | undefined)?.result ?? "none");
