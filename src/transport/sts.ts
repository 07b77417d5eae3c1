/**
 * MTA-STS as text (RFC 8461 3): the record that says there is a policy, the policy itself, and which hosts it names.
 *
 * Pure, and both come from strangers: bounded, and read leniently only where the standard says so (unknown keys are passed
 * over, of keys said twice the first counts).
 */
export type StsPolicy = {
  mode: "enforce" | "testing" | "none";
  /** Host names, or "*." and a domain. */
  mx: string[];
  maxAgeS: number;
  /** The lines we understood, for reports. */
  lines: string[];
};

/** RFC 8461 3.2: about a year. */
const AGE_MOST = 31_557_600;
const HOSTS_MOST = 100;
export const POLICY_BYTES_MOST = 64 * 1024;

/** The id in the record; undefined when there is none, or more than one (3.1). */
export function idIn(texts: readonly string[]): string | undefined {
  const records = texts.filter((text) => /^v=STSv1[ \t]*(?:;|$)/.test(text));
  if (records.length !== 1) return undefined;
  for (const field of records[0]!.slice(0, 1000).split(";")) {
    const found = /^[ \t]*id[ \t]*=[ \t]*([A-Za-z0-9]{1,32})[ \t]*$/.exec(field);
    if (found) return found[1];
  }
  return undefined;
}

/** The policy, or what is wrong with it. */
export function readPolicy(text: string): StsPolicy | { fault: string } {
  if (text.length > POLICY_BYTES_MOST) return { fault: "it is too long" };
  const fields = new Map<string, string>();
  const mx: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const key = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]{0,9}:/.exec(line)?.[1];
    if (key === undefined) return { fault: "a line is no key and value" };
    const value = line.slice(line.indexOf(":") + 1).trim();
    if (key === "mx") mx.push(value.toLowerCase());
    else if (!fields.has(key)) fields.set(key, value);
  }
  const mode = fields.get("mode");
  const age = fields.get("max_age") ?? "";
  if (fields.get("version") !== "STSv1") return { fault: "its version is not STSv1" };
  if (mode !== "enforce" && mode !== "testing" && mode !== "none") return { fault: "its mode is not known" };
  if (!/^\d{1,10}$/.test(age)) return { fault: "it has no max_age" };
  if (mx.length > HOSTS_MOST || !mx.every(isPattern)) return { fault: "an mx in it is no host name" };
  if (mx.length === 0 && mode !== "none") return { fault: "it names no mx" };
  const maxAgeS = Math.min(Number(age), AGE_MOST);
  const lines = ["version: STSv1", `mode: ${mode}`, ...mx.map((one) => `mx: ${one}`), `max_age: ${maxAgeS}`];
  return { mode, mx, maxAgeS, lines };
}

const isPattern = (pattern: string): boolean =>
  pattern.length <= 255 &&
  /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(pattern);

/** Is this host among those the policy names? "*." stands for exactly one label (4.1). */
export function names(policy: StsPolicy, host: string): boolean {
  const dot = host.indexOf(".");
  const behind = dot > 0 ? `*${host.slice(dot)}` : "";
  return policy.mx.some((pattern) => pattern === host || pattern === behind);
}
