/**
 * The public key in a certificate, byte for byte as it stands there (subjectPublicKeyInfo, RFC 5280 4.1).
 *
 * Node can write a key out again, but the bytes may then differ from those whose digest a zone has published.
 */
const SEQUENCE = 0x30;
const VERSION = 0xa0;
/** serialNumber, signature, issuer, validity, subject: what stands between the version and the key. */
const BEFORE_KEY = 5;

type Element = { tag: number; start: number; content: number; end: number };

/** Undefined when the bytes are no certificate. */
export function publicKeyInfo(certificate: Buffer): Buffer | undefined {
  const whole = elementAt(certificate, 0, certificate.length);
  const body = whole?.tag === SEQUENCE ? elementAt(certificate, whole.content, whole.end) : undefined;
  if (body?.tag !== SEQUENCE) return undefined;
  let next = elementAt(certificate, body.content, body.end);
  if (next?.tag === VERSION) next = elementAt(certificate, next.end, body.end);
  for (let passed = 0; next && passed < BEFORE_KEY; passed += 1) next = elementAt(certificate, next.end, body.end);
  return next?.tag === SEQUENCE ? certificate.subarray(next.start, next.end) : undefined;
}

/** The element at `start`, if it ends within `limit`. */
function elementAt(bytes: Buffer, start: number, limit: number): Element | undefined {
  const first = bytes[start + 1];
  if (start + 2 > limit || first === undefined) return undefined;
  if (first < 0x80) return within({ tag: bytes[start]!, start, content: start + 2, end: start + 2 + first }, limit);
  const sizeBytes = first & 0x7f;
  if (sizeBytes === 0 || sizeBytes > 3 || start + 2 + sizeBytes > limit) return undefined;
  const content = start + 2 + sizeBytes;
  return within({ tag: bytes[start]!, start, content, end: content + bytes.readUIntBE(start + 2, sizeBytes) }, limit);
}

const within = (element: Element, limit: number): Element | undefined => (element.end <= limit ? element : undefined);
