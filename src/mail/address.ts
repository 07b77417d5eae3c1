/**
 * Mail addresses (RFC 5321 4.1.2, RFC 6531): split, compared and checked.
 *
 * The local part is kept as its owner wrote it; for comparing, both halves are lower-cased, as every large provider does.
 */
import { domainToASCII } from "node:url";

export type Address = { local: string; domain: string };

/** Splits at the last "@"; undefined when it could not be an address at all. The domain comes back lower-case, in A-labels. */
export function parseAddress(text: string): Address | undefined {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 254 || at > 64) return undefined;
  const local = text.slice(0, at);
  if (!/^(?:[^\s"(),:;<>@[\\\]\u0000-\u001f\u007f]+|"(?:[^"\\\r\n\u0000]|\\[^\r\n\u0000])*")$/u.test(local))
    return undefined;
  const written = text.slice(at + 1);
  if (/^\[[0-9A-Za-z.:]+\]$/.test(written)) return { local, domain: written.toLowerCase() };
  const domain = domainToASCII(written.replace(/\.$/, ""));
  if (!/^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/.test(domain))
    return undefined;
  return { local, domain };
}

/** The form by which two addresses are the same person's. */
export const addressKey = (address: string): string => address.toLowerCase();

/** Plain addresses only: quoted local parts and address literals sign in nowhere, and nothing of ours is mailed to them. */
export const isMailable = (email: string): boolean =>
  parseAddress(email) !== undefined &&
  /^[^\s"[\]]+@[^\s"[\]]+\.[^\s"[\]]+$/.test(email) &&
  /^[\u0021-\u007e]+$/.test(email);

/** The domain as DNS knows it: lower-case, in A-labels. */
export function domainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
  return /^[\x00-\x7f]*$/.test(domain) ? domain : domainToASCII(domain) || domain;
}
