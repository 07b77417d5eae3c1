/**
 * The operator's own routes: a JSON file from recipient domain, or "*", to {"host", "port", "provider"?}, ahead of DNS.
 *
 * For relays per domain and for tests. It is read once, at the start, and refused whole when any of it is unclear.
 */
import { readFileSync } from "node:fs";
import { domainToASCII } from "node:url";
import { Refusal, reasonOf } from "../kit/errors.ts";

/** A host named by the operator; its provider is host:port unless named. */
export type NamedHost = { host: string; port: number; provider?: string };

export type Routes = ReadonlyMap<string, NamedHost>;

/** Where the file sends this domain; undefined when it says nothing about it. */
export const routeNamed = (routes: Routes, domain: string): NamedHost | undefined =>
  routes.get(domain) ?? routes.get("*");

/** Reads SMARTGROUPS_ROUTES; throws a Refusal naming the file and the entry. */
export function readRoutes(file: string): Routes {
  const refuse = (what: string): Refusal => new Refusal(`The routes file ${file} ${what}`);
  let entries: unknown;
  try {
    entries = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw refuse(`cannot be read: ${reasonOf(error)}`);
  }
  if (typeof entries !== "object" || entries === null || Array.isArray(entries))
    throw refuse(`must be one JSON object like {"far.test": {"host": "mx.far.test", "port": 25}}.`);
  const routes = new Map<string, NamedHost>();
  for (const [name, entry] of Object.entries(entries)) {
    const domain = name === "*" ? name : domainToASCII(name);
    if (domain === "") throw refuse(`names "${name}", which is neither a domain nor "*".`);
    if (routes.has(domain)) throw refuse(`names "${name}" twice.`);
    const fault = faultOf(entry);
    if (fault) throw refuse(`has a wrong entry for "${name}": ${fault}.`);
    routes.set(domain, entry as NamedHost);
  }
  return routes;
}

function faultOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return 'it must be {"host": …, "port": …}';
  const { host, port, provider, ...unknown } = entry as Record<string, unknown>;
  const extra = Object.keys(unknown)[0];
  if (extra !== undefined) return `"${extra}" is not known here; "host", "port" and "provider" are`;
  if (!isHost(host)) return '"host" must be a host name or an address';
  if (!isPort(port)) return '"port" must be a number from 1 to 65535';
  if (provider !== undefined && (typeof provider !== "string" || !/^[\x21-\x7e]{1,253}$/.test(provider)))
    return '"provider" must be a short name without spaces';
  return undefined;
}

const isHost = (host: unknown): host is string =>
  typeof host === "string" && /^[a-z0-9_][a-z0-9_.:-]{0,252}$|^::[0-9a-f:]{1,40}$/i.test(host);
const isPort = (port: unknown): port is number =>
  typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65536;
