/**
 * The ARC set we add to a post (RFC 8617): what we found out about the arriving mail, sealed, so that the members'
 * providers can still judge it after our changes broke the author's signature.
 *
 * Made once a post. It covers only what all copies share: no List-Unsubscribe, which is personal, and none of our own
 * DKIM signatures, which come later and above (fields are counted from the bottom).
 */
import { relaxedField } from "./canonical.ts";
import { coveredFields, type DkimKey, foldBase64, foldNames, isSigned } from "./dkim.ts";
import { type HeaderField, readHeader } from "./header.ts";
import { signSoon } from "./signing.ts";

export type ChainState = "none" | "pass" | "fail";

const SET = ["arc-authentication-results", "arc-message-signature", "arc-seal"] as const;
type ArcName = (typeof SET)[number];
type ArcSet = Map<ArcName, HeaderField>;

const HIGHEST = 50; // RFC 8617 4.2.1
const PERSONAL = new Set(["list-unsubscribe", "list-unsubscribe-post"]);

/**
 * The three fields of the next set, to be put at the top; none where the chain must not be continued (it ended with
 * cv=fail, or has 50 sets). `chain` is what was found when the mail arrived; a chain that is not whole counts as "fail".
 */
export async function sealArc(
  key: DkimKey,
  message: { fields: readonly HeaderField[]; bodyHash: string },
  found: { chain: ChainState; authservId: string; results: string },
  now: Date,
): Promise<HeaderField[]> {
  const { sets, isWhole, highest } = readChain(message.fields);
  const last = sets.at(-1)?.get("arc-seal");
  if (highest >= HIGHEST || (last && chainStateOf(last) === "fail")) return [];
  const i = highest + 1;
  const state: ChainState = highest === 0 ? "none" : found.chain === "pass" && isWhole ? "pass" : "fail";
  const time = Math.floor(now.getTime() / 1000);
  const identity = `a=${key.algorithm}; d=${key.domain}; s=${key.selector}; t=${time};`;

  const results = field(`ARC-Authentication-Results: i=${i}; ${found.authservId};\r\n\t${found.results}\r\n`);
  const { names, canonical } = coveredFields(message.fields, isCoveredByArc);
  const unsignedMessage = `ARC-Message-Signature: i=${i}; c=relaxed/relaxed; ${identity}\r\n\th=${foldNames(names)};\r\n\tbh=${message.bodyHash};\r\n\tb=`;
  const signature = await complete(key, unsignedMessage, canonical);

  // RFC 8617 5.1.2: a failed chain is not vouched for; the seal covers its own set alone
  const before = state === "pass" ? sets.flatMap((set) => SET.map((name) => set.get(name)!)) : [];
  const sealed = [...before, results, signature].map((one) => relaxedField(one.raw)).join("");
  const seal = await complete(key, `ARC-Seal: i=${i}; cv=${state}; ${identity}\r\n\tb=`, sealed);
  return [seal, signature, results];
}

const isCoveredByArc = (name: string): boolean => name === "dkim-signature" || (isSigned(name) && !PERSONAL.has(name));

/** Signs `covered` and the field without its value, and puts the value in. */
async function complete(key: DkimKey, unsigned: string, covered: string): Promise<HeaderField> {
  const own = relaxedField(Buffer.from(unsigned, "latin1")).slice(0, -2);
  return field(`${unsigned}${foldBase64(await signSoon(key, Buffer.from(covered + own, "latin1")))}\r\n`);
}

const field = (text: string): HeaderField => readHeader(Buffer.from(text, "latin1"))[0]!;

/** The sets of a message in their order; `isWhole` when each of 1…highest has exactly its three fields. */
function readChain(fields: readonly HeaderField[]): { sets: ArcSet[]; isWhole: boolean; highest: number } {
  const sets = new Map<number, ArcSet>();
  let isWhole = true;
  for (const one of fields) {
    const name = SET.find((known) => known === one.name);
    if (!name) continue;
    const i = instanceOf(one);
    if (i < 1) isWhole = false;
    else {
      const set = sets.get(i) ?? new Map();
      if (set.has(name)) isWhole = false;
      sets.set(i, set.set(name, one));
    }
  }
  const highest = Math.max(0, ...sets.keys());
  const ordered = [...sets].sort((a, b) => a[0] - b[0]).map(([, set]) => set);
  if (ordered.length !== highest || ordered.some((set) => set.size !== SET.length)) isWhole = false;
  return { sets: ordered, isWhole, highest };
}

/** The i= tag: first in the results, anywhere in the two signatures. 0 when there is none. */
function instanceOf(one: HeaderField): number {
  const tag = one.name === SET[0] ? /^\s*i\s*=\s*(\d{1,2})\s*;/ : /(?:^|;)\s*i\s*=\s*(\d{1,2})\s*(?:;|$)/;
  return Number(tag.exec(one.value)?.[1] ?? 0);
}

const chainStateOf = (seal: HeaderField): string | undefined =>
  /(?:^|;)\s*cv\s*=\s*(\w+)/.exec(seal.value)?.[1]?.toLowerCase();
