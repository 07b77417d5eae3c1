/**
 * What in a mail of ours would tell us who reads it: anything its HTML fetches, and links that lead elsewhere than the
 * text says. Every letter and digest of every journey is looked at (node.ts).
 */
import { readMail } from "../../src/mail/read.ts";

const FETCHED =
  /<(?:img|iframe|link|script|video|audio|object|embed)\b|\b(?:src|srcset|background|poster)\s*=\s*["']?\s*(?:https?:)?\/\/|url\(\s*["']?\s*(?:https?:)?\/\//i;

/** A page of the archive, the same for everybody. */
const PLAIN = /^https?:\/\/[^/]+\/g\/[\w.-]+(?:\/(?:topic\/[0-9a-f-]{36}|\d{1,9}|membership|leave))?$/;

/** One sentence for each; none for a mail that is not ours. */
export function trackingIn(raw: Buffer): string[] {
  if (
    !/^(?:auto-submitted|x-auto-response-suppress):/im.test(raw.toString("latin1", 0, 20_000).split(/\r?\n\r?\n/)[0]!)
  )
    return [];
  const { html, text } = readMail(raw);
  if (html === null || text === null) return [];
  const found: string[] = [];
  const fetched = FETCHED.exec(html);
  if (fetched) found.push(`its HTML fetches something: ${fetched[0]}`);
  const plain = text.replace(/\s+/g, "");
  for (const [, href] of html.matchAll(/\bhref="([^"]*)"/g)) {
    const link = href!.replaceAll("&amp;", "&");
    if (!/^(?:mailto:|#)/.test(link) && !plain.includes(link) && !PLAIN.test(link))
      found.push(`a link that the text does not show: ${link}`);
  }
  return found;
}
