/**
 * Throwaway addresses: mailboxes that anybody may read and nobody keeps. Which domains those are is data of a package
 * (the community's disposable-email-domains); the operator's own list comes first, `!domain` for one that is none.
 */
import { domainOf } from "./address.ts";

/** What becomes of throwaway addresses; `list`: the operator's own words on domains. */
export type Disposable = { rule: DisposableRule; list: readonly string[] };
export type DisposableRule = "allow" | "hold" | "refuse";

/** What becomes of this address: `allow` for every one that is kept. */
export async function ruleFor(address: string, disposable: Disposable | undefined): Promise<DisposableRule> {
  if (!disposable || disposable.rule === "allow") return "allow";
  return (await isDisposable(address, disposable.list)) ? disposable.rule : "allow";
}

/** Read when first asked for: five thousand names that most processes never need. */
let known: Promise<(domain: string) => boolean> | undefined;

export async function isDisposable(address: string, own: readonly string[] = []): Promise<boolean> {
  const names = parents(domainOf(address));
  for (const name of names) {
    if (own.includes(`!${name}`)) return false;
    if (own.includes(name)) return true;
  }
  known ??= import("disposable-email-domains-js").then((data) => data.isDisposableEmailDomain);
  const isKnown = await known;
  return names.some((name) => isKnown(name));
}

/** A domain and what is above it, the nearest first: a throwaway domain's subdomains are too. */
function parents(domain: string): string[] {
  const labels = domain.split(".");
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join("."));
}
