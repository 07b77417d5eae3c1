/**
 * Addresses in running text, found from their "@" outwards.
 *
 * A notice writes them bare, in angle brackets, behind "rfc822;", before "..." or a colon. So the scan starts at each
 * "@" and goes at most one local part to the left and one domain to the right: linear, whatever the text is.
 */
import { addressKey, parseAddress } from "../address.ts";

export type Found = {
  /** Lower-case, as addresses are compared. */
  address: string;
  start: number;
  end: number;
};

const LOCAL = /[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]/u;
const DOMAIN = /[\p{L}\p{N}.-]/u;
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;

/** The addresses in a line, in their order, each at most once. */
export function addressesIn(line: string): Found[] {
  const found: Found[] = [];
  for (let at = line.indexOf("@"); at >= 0; at = line.indexOf("@", at + 1)) {
    const one = addressAt(line, at);
    if (one && !found.some((other) => other.address === one.address)) found.push(one);
  }
  return found;
}

function addressAt(line: string, at: number): Found | undefined {
  const start = line[at - 1] === '"' ? quotedStart(line, at) : bareStart(line, at);
  let end = at + 1;
  if (line[end] === "[") {
    end = line.indexOf("]", end) + 1;
    if (end === 0) return undefined;
  } else {
    while (end < line.length && end - at <= LONGEST_DOMAIN && DOMAIN.test(line[end]!)) end += 1;
    while (end > at + 1 && /[.-]/.test(line[end - 1]!)) end -= 1;
  }
  const written = line.slice(start, end);
  return start < at && parseAddress(written) ? { address: addressKey(written), start, end } : undefined;
}

function bareStart(line: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < LONGEST_LOCAL && LOCAL.test(line[start - 1]!)) start -= 1;
  // what surrounds an address in prose is no part of it: quotes, dashes of a list, "...", "smtp/", "=" of a field
  const odd = /^['`*=.-]+/.exec(line.slice(start, at))?.[0].length ?? 0;
  start += odd;
  const equals = line.slice(start, at).lastIndexOf("/");
  return equals >= 0 && /^[a-z]{2,8}$/i.test(line.slice(start, start + equals)) ? start + equals + 1 : start;
}

function quotedStart(line: string, at: number): number {
  const open = line.lastIndexOf('"', at - 2);
  return open >= 0 && at - open <= LONGEST_LOCAL ? open : at;
}
