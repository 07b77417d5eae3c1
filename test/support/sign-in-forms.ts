/** Forms of signing in, as a browser without scripts sends them, with its cookies kept; and codes as an app makes them. */
import { createHmac } from "node:crypto";
import type { TestNode } from "./node.ts";

export type Visit = { status: number; text: string; location: string };

export type Walker = {
  cookies: Map<string, string>;
  get(path: string): Promise<Visit>;
  post(path: string, fields: Record<string, string>): Promise<Visit>;
};

/** Somebody at a device: `from` is the address they come from, as the proxy of this machine says it. */
export function walker(node: TestNode, from = "192.0.2.7", cookies = ""): Walker {
  const jar = new Map(
    cookies
      .split("; ")
      .filter(Boolean)
      .map((one) => one.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const visit = async (path: string, more: RequestInit): Promise<Visit> => {
    const answer = await fetch(path.startsWith("http") ? path : `${node.webUrl}${path}`, {
      redirect: "manual",
      ...more,
      headers: {
        origin: node.webUrl,
        "x-forwarded-for": from,
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
      },
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0]!.split(/=(.*)/s) as [string, string];
      if (/max-age=0/i.test(set) || value === "") jar.delete(name);
      else jar.set(name, value);
    }
    return { status: answer.status, text: await answer.text(), location: answer.headers.get("location") ?? "" };
  };
  return {
    cookies: jar,
    get: (path) => visit(path, {}),
    post: (path, fields) => visit(path, { method: "POST", body: new URLSearchParams(fields) }),
  };
}

/** The code of a secret in base32 (RFC 6238 4.2, six digits, SHA-1), `steps` of 30 seconds from now. */
export function codeOf(secret: string, steps = 0): string {
  let bits = "";
  for (const letter of secret.replace(/\s/g, "").toUpperCase())
    bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((one) => Number.parseInt(one, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19]! & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
