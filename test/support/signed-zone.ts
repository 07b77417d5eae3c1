/**
 * A DNS zone signed by ourselves (DNSSEC, RFC 4034, ECDSA P-256 of RFC 6605), for a real resolver to validate.
 *
 * Small zones only: every name exists by itself, denial is by NSEC, and one key signs everything.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import * as dnsPacket from "dns-packet";

/** "mx.far.test": records of one type each; rdata as dns-packet takes it. */
export type ZoneRecord = { name: string; type: dnsPacket.RecordType; data: unknown };

export type SignedZone = {
  /** The zone as a file. */
  text: string;
  /** The key as a resolver's trust anchor. */
  anchor: string;
};

const ALGORITHM = 13;
const TTL = 300;
const CODES: Record<string, number> = {
  A: 1,
  NS: 2,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  TLSA: 52,
};

type Row = { name: string; code: number; rdata: Buffer };

/** `spoilt`: names whose signatures are wrong, as an attacker's would be. */
export function signedZone(
  zone: string,
  records: readonly ZoneRecord[],
  now: Date,
  spoilt: readonly string[] = [],
): SignedZone {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const point = publicKey.export({ type: "spki", format: "der" }).subarray(-64);
  const keyData = Buffer.concat([Buffer.from([1, 1, 3, ALGORITHM]), point]); // flags 257: signs the zone and its keys
  const soa = {
    mname: `ns.${zone}`,
    rname: `postmaster.${zone}`,
    serial: 1,
    refresh: 60,
    retry: 60,
    expire: 600,
    minimum: 60,
  };
  const rows: Row[] = [
    row({ name: zone, type: "SOA", data: soa }),
    row({ name: zone, type: "NS", data: `ns.${zone}` }),
    { name: zone, code: CODES.DNSKEY!, rdata: keyData },
    row({ name: `ns.${zone}`, type: "A", data: "127.0.0.1" }),
    ...records.map(row),
  ];
  const names = [...new Set(rows.map((one) => one.name))].sort(inOrder);
  for (const [i, name] of names.entries()) {
    const next = names[(i + 1) % names.length]!;
    const types = [...new Set(rows.filter((one) => one.name === name).map((one) => one.code)), 46, 47];
    rows.push({ name, code: CODES.NSEC!, rdata: Buffer.concat([wireName(next), typeMap(types)]) });
  }
  const sets = [...Map.groupBy(rows, (one) => `${one.name} ${one.code}`).values()];
  const tag = keyTag(keyData);
  const lines = sets.flatMap((set) => [...set.map(line), line(signature(set))]);

  function signature(set: Row[]): Row {
    const { name, code } = set[0]!;
    const head = Buffer.alloc(18);
    head.writeUInt16BE(code, 0);
    head[2] = ALGORITHM;
    head[3] = name.split(".").length;
    head.writeUInt32BE(TTL, 4);
    head.writeUInt32BE(Math.floor(now.getTime() / 1000) + 7 * 86_400, 8);
    head.writeUInt32BE(Math.floor(now.getTime() / 1000) - 86_400, 12);
    head.writeUInt16BE(tag, 16);
    const beginning = Buffer.concat([head, wireName(zone)]);
    const canonical = set
      .map((one) => one.rdata)
      .sort(Buffer.compare)
      .map((rdata) => {
        const fixed = Buffer.alloc(10);
        fixed.writeUInt16BE(code, 0);
        fixed.writeUInt16BE(1, 2);
        fixed.writeUInt32BE(TTL, 4);
        fixed.writeUInt16BE(rdata.length, 8);
        return Buffer.concat([wireName(name), fixed, rdata]);
      });
    const signed = sign("sha256", Buffer.concat([beginning, ...canonical]), {
      key: privateKey,
      dsaEncoding: "ieee-p1363",
    });
    if (spoilt.includes(name)) signed[5]! ^= 1;
    return { name, code: CODES.RRSIG!, rdata: Buffer.concat([beginning, signed]) };
  }

  const key = `${zone}. ${TTL} IN DNSKEY 257 3 ${ALGORITHM} ${point.toString("base64")}`;
  return { text: `${lines.join("\n")}\n`, anchor: key };
}

/** RFC 3597: any record can be written as its bytes. */
const line = ({ name, code, rdata }: Row): string =>
  `${name}. ${TTL} IN TYPE${code} \\# ${rdata.length} ${rdata.toString("hex")}`;

/** Its types say nothing of this. */
const codecs = dnsPacket as unknown as { record(type: string): { encode(data: unknown): Buffer } };

function row({ name, type, data }: ZoneRecord): Row {
  const rdata = codecs.record(type).encode(data);
  return { name, code: CODES[type]!, rdata: rdata.subarray(2) }; // its length goes ahead
}

function wireName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.from([0]),
  ]);
}

/** RFC 4034 6.1: by labels, the last one first. */
function inOrder(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => name.split(".").reverse().join("\u0001"));
  return one! < other! ? -1 : one! > other! ? 1 : 0;
}

function typeMap(types: number[]): Buffer {
  const bits = Buffer.alloc(Math.floor(Math.max(...types) / 8) + 1);
  for (const type of types) bits[type >> 3]! |= 0x80 >> (type & 7);
  return Buffer.concat([Buffer.from([0, bits.length]), bits]);
}

/** RFC 4034 appendix B. */
function keyTag(rdata: Buffer): number {
  let sum = 0;
  for (const [i, byte] of rdata.entries()) sum += i % 2 === 0 ? byte << 8 : byte;
  return (sum + ((sum >> 16) & 0xffff)) & 0xffff;
}
