/** Addresses that are not this machine, its link, or a crowd: whatever foreign DNS says, we call only these. */
import { BlockList, isIP } from "node:net";

const inside = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  inside.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  inside.addSubnet(net, bits, "ipv6");

/** IPv4 addresses in IPv6 dress are looked at as what they are. */
export function isOutside(address: string): boolean {
  return !inside.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
