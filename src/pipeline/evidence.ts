/**
 * What a mail may make us do to find out who it is from: bounded, so that no mail decides the verdict by exhausting us.
 *
 * Whoever writes the mail also chooses its signatures and runs the name servers behind them. A header of endless lines,
 * ten thousand signatures, or names whose servers never answer would otherwise use up our patience, and a verdict that was
 * not reached in time is no proof of a forgery. So the mail is evaluated with ten signatures at most (RFC 6376 6.1 allows
 * a limit), and lookups of the sender's choosing share a few seconds, after which only the author's own policy is asked for.
 */
import type { DNSResolver } from "mailauth";
import { elapsed, SECOND } from "../kit/clock.ts";
import { type HeaderField, readHeader, splitMessage } from "../mail/header.ts";

const MOST_SIGNATURES = 10;
/** Real headers have some hundred lines; mailauth takes time by the square of the folded ones (100,000: 20 s). */
const MOST_LINES = 10_000;

/** For all lookups that the mail asks for, together. */
const FOR_THE_MAIL = 6 * SECOND;
/** For each lookup of the author's own domain. */
const FOR_THE_AUTHOR = 4 * SECOND;

/** The mail as it is evaluated: itself, unless its header is beyond all measure. */
export function evidenceOf(raw: Buffer): Buffer {
  const { head, body } = splitMessage(raw);
  const fields = readHeader(head);
  const lines = fields.map((field) => linesOf(field.raw));
  const signatures = fields.filter((field) => field.name === "dkim-signature");
  const isUsual = signatures.length <= MOST_SIGNATURES && lines.reduce((sum, some) => sum + some, 0) <= MOST_LINES;
  if (isUsual) return raw;
  const surplus = new Set(signatures.slice(MOST_SIGNATURES));
  const inOrder = fields
    .map((field, i) => ({ field, lines: lines[i]!, isProof: isProof(field) }))
    .filter(({ field }) => !surplus.has(field))
    .sort((a, b) => Number(b.isProof) - Number(a.isProof) || a.lines - b.lines);
  const kept = new Set<HeaderField>();
  let sum = 0;
  for (const one of inOrder) {
    sum += one.lines;
    if (sum > MOST_LINES) break;
    kept.add(one.field);
  }
  return Buffer.concat([...fields.filter((field) => kept.has(field)).map((one) => one.raw), Buffer.from("\r\n"), body]);
}

/** A resolver for one mail by `author` (a domain): what takes too long is answered as DNS that is away. */
export function patientResolver(resolver: DNSResolver, author: string): DNSResolver {
  const until = elapsed() + FOR_THE_MAIL;
  return (name, type) => {
    const asked = name.toLowerCase().replace(/^_dmarc\./, "");
    const isAuthors = asked === author || (asked !== name.toLowerCase() && author.endsWith(`.${asked}`));
    return within(isAuthors ? FOR_THE_AUTHOR : until - elapsed(), () => resolver(name, type));
  };
}

function within<T>(ms: number, ask: () => Promise<T>): Promise<T> {
  const late = (): Error => Object.assign(new Error("DNS took too long"), { code: "ETIMEOUT" });
  if (ms <= 0) return Promise.reject(late());
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    ask()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

const isProof = ({ name }: HeaderField): boolean =>
  name === "from" || name === "dkim-signature" || name.startsWith("arc-");

function linesOf(field: Buffer): number {
  let lines = 0;
  for (let at = field.indexOf(10); at >= 0; at = field.indexOf(10, at + 1)) lines += 1;
  return lines;
}
