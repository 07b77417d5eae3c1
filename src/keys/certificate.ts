/**
 * A self-signed certificate (RFC 5280), written out in DER: Node makes keys and signatures, but no certificates.
 *
 * For opportunistic TLS between mail servers, where nobody looks at the name. Tried before: @peculiar/x509, whose
 * dependencies meet in two versions with mailauth's and then fail. Everything here is encoding; the signing is OpenSSL's.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { DAY } from "../kit/clock.ts";

export type CertificateOptions = {
  /** Whose certificate it is; `names` are the host names it is good for. */
  subject: string;
  names: readonly string[];
  publicKey: KeyObject;
  issuer: { name: string; privateKey: KeyObject };
  /** May it sign others (basicConstraints, RFC 5280 4.2.1.9)? */
  isAuthority: boolean;
  from: Date;
  to: Date;
};

/** PEM key and certificate for `hostname`, good for ten years from the day before `now`. */
export function selfSigned(hostname: string, now: Date): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = signedCertificate({
    subject: hostname,
    names: [hostname],
    publicKey,
    issuer: { name: hostname, privateKey },
    isAuthority: false,
    from: new Date(now.getTime() - DAY),
    to: new Date(now.getTime() + 3650 * DAY),
  });
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert };
}

/** In PEM, signed with the issuer's key, which is one of P-256. */
export function signedCertificate(options: CertificateOptions): string {
  const algorithm = sequence(oid("2a8648ce3d040302")); // ecdsa-with-SHA256
  const serial = randomBytes(9);
  serial[0] = 1; // positive, and never zero
  const names = sequence(...options.names.map((name) => tag(0x82, Buffer.from(name, "latin1"))));
  const extensions = [
    ...(options.names.length > 0 ? [sequence(oid("551d11"), octets(names))] : []),
    ...(options.isAuthority ? [sequence(oid("551d13"), yes, octets(sequence(yes)))] : []),
  ];
  const body = sequence(
    tag(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    commonName(options.issuer.name),
    sequence(time(options.from), time(options.to)),
    commonName(options.subject),
    options.publicKey.export({ type: "spki", format: "der" }),
    tag(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(body, algorithm, bits(sign("sha256", body, options.issuer.privateKey)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const commonName = (name: string): Buffer => sequence(set(sequence(oid("550403"), utf8(name))));

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
const yes = tag(0x01, Buffer.from([0xff]));
const bits = (content: Buffer): Buffer => tag(0x03, Buffer.concat([Buffer.from([0]), content]));

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050 ? tag(0x17, Buffer.from(digits.slice(2))) : tag(0x18, Buffer.from(digits));
}
