/**
 * A self-signed certificate (RFC 5280), written out in DER: Node makes keys and signatures, but no certificates.
 *
 * For opportunistic TLS between mail servers, where nobody looks at the name. Tried before: @peculiar/x509, whose
 * dependencies meet in two versions with mailauth's and then fail. Everything here is encoding; the signing is OpenSSL's.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { DAY } from "../kit/clock.ts";

/** PEM key and certificate for `hostname`, good for ten years from the day before `now`. */
export function selfSigned(hostname: string, now: Date): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("2a8648ce3d040302")); // ecdsa-with-SHA256
  const name = sequence(set(sequence(oid("550403"), utf8(hostname)))); // commonName
  const serial = randomBytes(9);
  serial[0] = 1; // positive, and never zero
  const subjectAltName = sequence(oid("551d11"), octets(sequence(tag(0x82, Buffer.from(hostname, "latin1")))));
  const body = sequence(
    tag(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    name,
    sequence(time(new Date(now.getTime() - DAY)), time(new Date(now.getTime() + 3650 * DAY))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tag(0xa3, sequence(subjectAltName)),
  );
  const certificate = sequence(body, algorithm, bits(sign("sha256", body, privateKey)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

function tag(number: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([number, ...size]), content]);
}

const sequence = (...items: Buffer[]): Buffer => tag(0x30, Buffer.concat(items));
const set = (...items: Buffer[]): Buffer => tag(0x31, Buffer.concat(items));
const integer = (bytes: Buffer): Buffer => tag(0x02, bytes);
const oid = (hex: string): Buffer => tag(0x06, Buffer.from(hex, "hex"));
const utf8 = (text: string): Buffer => tag(0x0c, Buffer.from(text));
const octets = (content: Buffer): Buffer => tag(0x04, content);
const bits = (content: Buffer): Buffer => tag(0x03, Buffer.concat([Buffer.from([0]), content]));

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050 ? tag(0x17, Buffer.from(digits.slice(2))) : tag(0x18, Buffer.from(digits));
}
