/**
 * The PROXY protocol, versions 1 and 2: a line or block before the conversation, in which a load balancer in front of us
 * names the true client. Read only where the operator says that nobody but the balancer can reach the port.
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
import { isIP } from "node:net";

/** `address` is undefined when the balancer speaks for itself (UNKNOWN, LOCAL: health checks). */
export type ProxyHeader =
  | { kind: "header"; address: string | undefined; length: number }
  | { kind: "more" }
  | { kind: "wrong" };

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LONGEST_V1 = 107;
const LONGEST_V2 = 16 + 1024;

/** Reads the header at the beginning of what a connection has sent so far. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const seen = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.subarray(0, seen).equals(SIGNATURE.subarray(0, seen))) return readV2(bytes);
  return readV1(bytes);
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_V1).indexOf("\r\n");
  if (end < 0) {
    const prefix = "PROXY ".slice(0, bytes.length);
    return bytes.length < LONGEST_V1 && bytes.toString("latin1", 0, prefix.length) === prefix
      ? { kind: "more" }
      : { kind: "wrong" };
  }
  const [word, family, source = "", ...rest] = bytes.toString("latin1", 0, end).split(" ");
  if (word !== "PROXY") return { kind: "wrong" };
  if (family === "UNKNOWN") return { kind: "header", address: undefined, length: end + 2 };
  const version = family === "TCP4" ? 4 : family === "TCP6" ? 6 : 0;
  if (version === 0 || isIP(source) !== version || rest.length !== 3) return { kind: "wrong" };
  return { kind: "header", address: source, length: end + 2 };
}

function readV2(bytes: Buffer): ProxyHeader {
  if (bytes.length < 16) return { kind: "more" };
  const length = 16 + bytes.readUInt16BE(14);
  if (bytes[12]! >> 4 !== 2 || length > LONGEST_V2) return { kind: "wrong" };
  if (bytes.length < length) return { kind: "more" };
  const isLocal = (bytes[12]! & 0x0f) === 0;
  const family = bytes[13]! >> 4;
  if (!isLocal && family === 1 && length >= 28) {
    return { kind: "header", address: Array.from(bytes.subarray(16, 20)).join("."), length };
  }
  if (!isLocal && family === 2 && length >= 52) {
    const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(16 + 2 * i).toString(16));
    return { kind: "header", address: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1), length };
  }
  return { kind: "header", address: undefined, length };
}
