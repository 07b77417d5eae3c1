/**
 * All settings, one list: name, default, meaning. The environment is read here and nowhere else; the printout at
 * `smartgroups settings` and docs/operating.md are made from the list. A wrong value is refused in one sentence that
 * names the variable and gives an example.
 */
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism, hostname } from "node:os";
import { resolve } from "node:path";
import { DAY, HOUR, MINUTE, SECOND } from "./kit/clock.ts";
import { Refusal } from "./kit/errors.ts";
import { parseAddress } from "./mail/address.ts";
import type { Disposable, DisposableRule } from "./mail/disposable.ts";

export type Listen = { host: string; port: number };
export type Outbound = { kind: "capture" } | { kind: "direct" } | { kind: "relay"; host: string; port: number };

export const ROLES = ["intake", "pipeline", "outbound", "web", "chores"] as const;
export type Role = (typeof ROLES)[number];

type Setting<T> = { name: string; fallback: string; meaning: string; read(value: string, name: string): T };

const setting = <T>(
  name: string,
  fallback: string,
  meaning: string,
  read: (value: string, name: string) => T,
): Setting<T> => ({ name, fallback, meaning, read });

const SETTINGS = {
  data: setting("SMARTGROUPS_DATA", "./data", "directory for the embedded database and files", (value) =>
    resolve(value),
  ),
  databaseUrl: setting(
    "DATABASE_URL",
    "",
    "use this PostgreSQL (15 or later) instead of the embedded one",
    databaseUrl,
  ),
  domain: setting("SMARTGROUPS_DOMAIN", "localhost.test", "the service's mail domain", domain),
  hostname: setting("SMARTGROUPS_HOSTNAME", "", "this machine's name in SMTP (the mail domain)", optional(domain)),
  smtp: setting("SMARTGROUPS_SMTP", "127.0.0.1:2525", "where to hear SMTP, comma-separated", listens),
  web: setting("SMARTGROUPS_WEB", "127.0.0.1:8080", "where to serve the web, comma-separated", listens),
  url: setting("SMARTGROUPS_URL", "", "public base URL of the web (http:// and the web address)", optional(url)),
  outbound: setting(
    "SMARTGROUPS_OUTBOUND",
    "",
    "capture, direct, or smtp://host:port (capture until a domain is set)",
    outbound,
  ),
  routes: setting(
    "SMARTGROUPS_ROUTES",
    "",
    "JSON file: recipient domain or * to a host and port, ahead of MX",
    optional(readable),
  ),
  resolver: setting(
    "SMARTGROUPS_RESOLVER",
    "",
    "address[:port] of a DNS resolver that validates DNSSEC and is ours alone, for DANE (the system's, without DANE)",
    optional(resolver),
  ),
  egress: setting("SMARTGROUPS_EGRESS", "", "local addresses to send from, comma-separated", list),
  workers: setting("SMARTGROUPS_WORKERS", "", "worker processes (one per core)", optional(count)),
  roles: setting("SMARTGROUPS_ROLES", ROLES.join(","), "what this node does", roles),
  node: setting(
    "SMARTGROUPS_NODE",
    "",
    "this node's name in lists (the machine's name)",
    optional((value) => value),
  ),
  sizeLimit: setting("SMARTGROUPS_SIZE_LIMIT", "25M", "largest mail taken", bytes),
  tlsKey: setting(
    "SMARTGROUPS_TLS_KEY",
    "",
    "file with the TLS key for STARTTLS (one is made at first start)",
    optional(readable),
  ),
  tlsCert: setting("SMARTGROUPS_TLS_CERT", "", "file with the TLS certificate for STARTTLS", optional(readable)),
  proxy: setting("SMARTGROUPS_PROXY", "no", "yes: SMTP connections begin with a PROXY protocol header", yesOrNo),
  ed25519: setting(
    "SMARTGROUPS_ED25519",
    "no",
    "yes: sign copies with Ed25519 beside RSA; doctor tells its record",
    yesOrNo,
  ),
  oidc: setting(
    "SMARTGROUPS_OIDC",
    "",
    "JSON file of other services that people may sign in with: id, label, issuer, clientId, clientSecret, domains (none)",
    oidcProviders,
  ),
  disposable: setting(
    "SMARTGROUPS_DISPOSABLE",
    "allow",
    "throwaway addresses: allow; hold (joining waits for a moderator); or refuse (no joining, no new accounts)",
    oneOf("allow", "hold", "refuse"),
  ),
  disposableList: setting(
    "SMARTGROUPS_DISPOSABLE_LIST",
    "",
    "file with domains, one a line, that are throwaway too; !domain for one that is none",
    domainsIn,
  ),
  rspamd: setting(
    "SMARTGROUPS_RSPAMD",
    "",
    "address of rspamd's normal worker, such as http://127.0.0.1:11333, to have posts scored (none)",
    optional(url),
  ),
  giveUpAfter: setting("SMARTGROUPS_GIVE_UP_AFTER", "5d", "how long a far side may refuse before we give up", duration),
  logKept: setting("SMARTGROUPS_LOG_KEPT", "30d", "how long the settle log is kept", duration),
  making: setting(
    "SMARTGROUPS_MAKING",
    "operators",
    "who makes groups on the web: operators, or everybody (who is signed in)",
    oneOf("operators", "everybody"),
  ),
  makingADay: setting(
    "SMARTGROUPS_MAKING_A_DAY",
    "3",
    "how many groups one person makes in a day; operators make any number",
    count,
  ),
  log: setting(
    "SMARTGROUPS_LOG",
    "info",
    "how much to log: error, warn, info, debug",
    oneOf("error", "warn", "info", "debug", "silent"),
  ),
};

type Values = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

/** Settings with everything that follows from others filled in. */
export type Config = Omit<Values, "hostname" | "url" | "workers" | "node" | "outbound" | "disposable"> & {
  hostname: string;
  url: string;
  workers: number;
  node: string;
  outbound: Outbound;
  disposable: Disposable;
};

export type Environment = Record<string, string | undefined>;

/** Reads and checks all settings. */
export function readConfig(environment: Environment = process.env): Config {
  const read = <T>(one: Setting<T>): T => one.read(environment[one.name]?.trim() || one.fallback, one.name);
  const values = Object.fromEntries(
    Object.entries(SETTINGS).map(([key, one]) => [key, read(one as Setting<unknown>)]),
  ) as Values;
  const ownDomain = values.domain !== "localhost.test";
  const firstWeb = values.web[0]!;
  if ((values.tlsKey === "") !== (values.tlsCert === "")) {
    throw new Refusal("SMARTGROUPS_TLS_KEY and SMARTGROUPS_TLS_CERT belong together: set both, or neither.");
  }
  return {
    ...values,
    hostname: values.hostname || values.domain,
    url: values.url || `http://${firstWeb.host.includes(":") ? `[${firstWeb.host}]` : firstWeb.host}:${firstWeb.port}`,
    workers: values.workers === "" ? availableParallelism() : values.workers,
    node: values.node || hostname(),
    disposable: { rule: values.disposable as DisposableRule, list: values.disposableList },
    outbound: values.outbound ?? (ownDomain || values.routes !== "" ? { kind: "direct" } : { kind: "capture" }),
  };
}

/** The list as `settings` prints it: name, present value, meaning. */
export function describeSettings(
  environment: Environment = process.env,
): { name: string; value: string; meaning: string }[] {
  return Object.values(SETTINGS).map(({ name, fallback, meaning }) => ({
    name,
    value: name === "DATABASE_URL" && environment[name] ? "(set)" : environment[name] || fallback,
    meaning,
  }));
}

function optional<T>(read: (value: string, name: string) => T) {
  return (value: string, name: string): T | "" => (value === "" ? "" : read(value, name));
}

function databaseUrl(value: string, name: string): string {
  if (value === "" || /^postgres(ql)?:\/\//.test(value)) return value;
  throw new Refusal(`${name} must be a PostgreSQL URL, such as postgres://user:password@db.example.org/smartgroups.`);
}

function domain(value: string, name: string): string {
  const parsed = parseAddress(`x@${value}`);
  if (parsed && !parsed.domain.startsWith("[")) return parsed.domain;
  throw new Refusal(`${name} must be a domain, such as groups.example.org, and not "${value}".`);
}

function listens(value: string, name: string): Listen[] {
  return value.split(",").map((one) => listenAt(one.trim(), name));
}

function listenAt(value: string, name: string): Listen {
  const found = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(value);
  const port = Number(found?.[3]);
  if (!found || port > 65535)
    throw new Refusal(`${name} must be host:port, such as 0.0.0.0:25 or [::]:25, and not "${value}".`);
  return { host: (found[1] ?? found[2])!, port };
}

function resolver(value: string, name: string): Listen {
  if (isIP(value)) return { host: value, port: 53 };
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  const host = found?.[1] ?? found?.[2] ?? "";
  const port = Number(found?.[3]);
  if (isIP(host) && port > 0 && port < 65536) return { host, port };
  throw new Refusal(`${name} must be an address, such as 127.0.0.1 or [::1]:5353, and not "${value}".`);
}

function url(value: string, name: string): string {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol)) return value.replace(/\/+$/, "");
  throw new Refusal(`${name} must be a web address, such as https://groups.example.org, and not "${value}".`);
}

function outbound(value: string, name: string): Outbound | undefined {
  if (value === "") return undefined;
  if (value === "capture" || value === "direct") return { kind: value };
  const relay = value.startsWith("smtp://") ? listenAt(value.slice(7).replace(/\/$/, ""), name) : undefined;
  if (relay) return { kind: "relay", ...relay };
  throw new Refusal(`${name} must be capture, direct or smtp://host:port, and not "${value}".`);
}

function readable(value: string, name: string): string {
  const file = resolve(value);
  if (!existsSync(file))
    throw new Refusal(`${name} names ${file}, which is not there: give the path of a file that is.`);
  readFileSync(file);
  return file;
}

/** A service that people may sign in with: its address, what it knows us by, and about which mail domains it is believed. */
export type OidcProvider = {
  id: string;
  label: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  domains: string[];
};

function oidcProviders(value: string, name: string): OidcProvider[] {
  if (value === "") return [];
  const example = `[{"id": "work", "label": "Example", "issuer": "https://id.example.org", "clientId": "…", "clientSecret": "…", "domains": ["example.org"]}]`;
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(readable(value, name), "utf8"));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${name} names ${value}, which is no JSON: write it as ${example}.`);
  }
  if (!Array.isArray(found)) throw new Refusal(`${name} must name a list, such as ${example}.`);
  const ids = new Set<string>();
  return found.map((one: Partial<OidcProvider>) => {
    const words = [one.id, one.label, one.issuer, one.clientId, one.clientSecret];
    if (!words.every((word) => typeof word === "string" && word !== "") || !/^[a-z0-9-]{1,40}$/.test(one.id!))
      throw new Refusal(
        `${name} needs id (small letters), label, issuer, clientId and clientSecret of each: ${example}.`,
      );
    if (!isSafeIssuer(one.issuer!))
      throw new Refusal(`${name}: the issuer of ${one.id} must be an https address, and not "${one.issuer}".`);
    if (ids.has(one.id!)) throw new Refusal(`${name} names ${one.id} twice: every service needs an id of its own.`);
    ids.add(one.id!);
    const domains = (one.domains ?? []).map((domain) => String(domain).toLowerCase());
    return { ...(one as OidcProvider), domains };
  });
}

/** Plain http only on this machine, as in tests: what an issuer says opens accounts. */
const isSafeIssuer = (issuer: string): boolean => {
  const parsed = URL.parse(issuer);
  return parsed?.protocol === "https:" || (parsed?.protocol === "http:" && /^(127\.|localhost$)/.test(parsed.hostname));
};

function domainsIn(value: string, name: string): string[] {
  if (value === "") return [];
  const lines = readFileSync(readable(value, name), "utf8").split("\n");
  return lines.map((line) => line.trim().toLowerCase()).filter((line) => line !== "" && !line.startsWith("#"));
}

function list(value: string): string[] {
  return value
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

function count(value: string, name: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 256) return number;
  throw new Refusal(`${name} must be a whole number from 1 to 256, and not "${value}".`);
}

function roles(value: string, name: string): Role[] {
  const chosen = list(value);
  for (const role of chosen) {
    if (!ROLES.includes(role as Role))
      throw new Refusal(`${name} has no role "${role}": choose from ${ROLES.join(", ")}.`);
  }
  return chosen as Role[];
}

function bytes(value: string, name: string): number {
  const found = /^(\d{1,9})([kKmM]?)$/.exec(value);
  if (!found) throw new Refusal(`${name} must be a size, such as 25M, and not "${value}".`);
  return Number(found[1]) * { "": 1, k: 1024, m: 1024 * 1024 }[found[2]!.toLowerCase() as "" | "k" | "m"];
}

function duration(value: string, name: string): number {
  const found = /^(\d{1,6})([smhd])$/.exec(value);
  if (!found) throw new Refusal(`${name} must be a time, such as 90s, 30m, 12h or 5d, and not "${value}".`);
  return Number(found[1]) * { s: SECOND, m: MINUTE, h: HOUR, d: DAY }[found[2] as "s" | "m" | "h" | "d"];
}

function yesOrNo(value: string, name: string): boolean {
  if (/^(yes|true|1)$/i.test(value)) return true;
  if (/^(no|false|0)$/i.test(value)) return false;
  throw new Refusal(`${name} must be yes or no, and not "${value}".`);
}

function oneOf(...choices: string[]) {
  return (value: string, name: string): string => {
    if (choices.includes(value)) return value;
    throw new Refusal(`${name} must be one of ${choices.join(", ")}, and not "${value}".`);
  };
}
