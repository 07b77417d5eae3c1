/**
 * Notices written for people: who was not reached, by where their address stands.
 *
 * Every address in the notice is weighed. One that stands alone on its line, or behind "RCPT TO" or "recipient:", is the
 * subject of the notice; one in a sentence about failing is nearly as good; one after "contact" or "from" is nobody's. The
 * best rank there is wins whole, so that a notice about four recipients names four.
 */
import { addressesIn, type Found } from "./addresses.ts";
import { BY_RECIPIENT, BY_SENDER, CONTACT, FAILURE, FORMERLY, SYSTEM } from "./phrases.ts";

/** `line` is where it was named first. */
export type Named = { address: string; rank: number; line: number };

const MOST_NAMED = 200;

const ALONE = 5;
const ALONE_FURTHER_DOWN = 4;
const AS_RECIPIENT = 3;
const IN_FAILURE = 2;
const SOMEWHERE = 1;

/** The addresses that the notice is about, all of one rank; empty when it names none. `own` are the sender's own. */
export function namedIn(lines: readonly string[], own: ReadonlySet<string>): Named[] {
  const named = new Map<string, Named>();
  let hasFailed = false;
  // a list of addresses goes on as it began, however far the sentence above it is
  let listed = { line: -3, rank: 0 };
  for (const [i, line] of lines.entries()) {
    if (!line.includes("@")) {
      hasFailed ||= FAILURE.test(line);
      continue;
    }
    for (const found of addressesIn(line)) {
      const judged = rankOf(lines, i, found, hasFailed);
      const goesOn = judged === ALONE_FURTHER_DOWN && i - listed.line <= 2 ? listed.rank : judged;
      if (goesOn >= ALONE_FURTHER_DOWN) listed = { line: i, rank: goesOn };
      const rank = goesOn - (own.has(found.address) ? 2 : 0);
      if (rank <= 0) continue;
      const known = named.get(found.address);
      if (known ? known.rank < rank : named.size < MOST_NAMED)
        named.set(found.address, { address: found.address, rank, line: known?.line ?? i });
    }
  }
  const best = Math.max(0, ...[...named.values()].map((one) => one.rank));
  return [...named.values()].filter((one) => one.rank === best);
}

/**
 * Names without a domain, alone on indented lines below a sentence about recipients: some providers name their own
 * users so. The domain is the notice's.
 */
export function localNamesIn(lines: readonly string[], domain: string): Named[] {
  const start = lines.findIndex((line) => /recipients?|address(?:es)?|users?/i.test(line) && FAILURE.test(line));
  const named: Named[] = [];
  for (let i = start + 1; start >= 0 && i < lines.length && named.length < MOST_NAMED; i += 1) {
    const [, name] = /^[\s>*-]{1,20}([A-Za-z0-9][\w.-]{1,40})$/.exec(lines[i]!) ?? [];
    if (name) named.push({ address: `${name.toLowerCase()}@${domain}`, rank: AS_RECIPIENT, line: i });
    else if (lines[i]!.trim() !== "") break;
  }
  return named;
}

function rankOf(lines: readonly string[], at: number, found: Found, hasFailed: boolean): number {
  const line = lines[at]!;
  const before = line.slice(Math.max(0, found.start - 80), found.start);
  const after = line.slice(found.end, found.end + 80);
  if (isNobody(found, before) || isName(after) || /^\s*(?:from|sender|mail from|von|de|差出人)\s*:/i.test(line))
    return 0;
  if (CONTACT.test(before) && !FAILURE.test(before)) return 0;
  if (FORMERLY.test(before.trim() === "<" || before.trim() === "" ? `${lines[at - 1] ?? ""} ` : before))
    return SOMEWHERE;
  const isAlone =
    /^[\s>*•·|,;#"'<([\-–—]*(?:(?:rfc822|smtp|e-?mail|\d{1,3})\s*[:;.)]\s*)?[<"'(]*$/i.test(before) ||
    isNamed(before, line, found);
  const isFailing = FAILURE.test(line) || FAILURE.test(above(lines, at)) || FAILURE.test(lines[at + 1] ?? "");
  if (isAlone && /^[>"')\]]*\s*(?:$|[:;,.(<[|=-]|\.\.\.|on\b|\()/i.test(after))
    return isFailing ? ALONE : hasFailed ? ALONE_FURTHER_DOWN : SOMEWHERE;
  if (BY_RECIPIENT.test(before) || REPLY.test(before)) return AS_RECIPIENT;
  if (isAlone && isFailing) return AS_RECIPIENT;
  return isFailing || /^\s*to\s*:/i.test(line) ? IN_FAILURE : SOMEWHERE;
}

/** The line is a reply of the far side to RCPT. */
const REPLY = /^[\s>*<-]*[45]\d\d[ -]/;

/** `"Ana Lima" <ana@far.test>`: a name, then the address in brackets. */
const isNamed = (before: string, line: string, found: Found): boolean =>
  line[found.start - 1] === "<" && /^\s*"?[\p{L}\p{N} .,'@_-]{1,60}"?\s*<$/u.test(before) && !/:\s*<$/.test(before);

/** `ana@far.test <ana@far.test>`: the first is how somebody calls themselves. */
const isName = (after: string): boolean => /^["')]?\s*<[^<>\s]{1,64}@/.test(after);

const isNobody = (found: Found, before: string): boolean =>
  BY_SENDER.test(before) ||
  SYSTEM.test(found.address.slice(0, found.address.lastIndexOf("@"))) ||
  /^mailto:$/i.test(before.slice(-7));

/** The two written lines before: an address often stands below the sentence that tells of it. */
function above(lines: readonly string[], at: number): string {
  const written: string[] = [];
  for (let i = at - 1; i >= 0 && i > at - 7 && written.length < 3; i -= 1)
    if (lines[i]!.trim() !== "") written.unshift(lines[i]!);
  return written.join(" ");
}
