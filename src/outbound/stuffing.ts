/**
 * Dot-stuffing (RFC 5321 4.5.2), made for messages that need none, which is nearly all: they are scanned, not copied.
 *
 * The scan looks for a dot after any LF. In a CRLF-normalised message that is the same as after CRLF, and should a bare
 * LF slip through it keeps "\n.\r\n" from ending the mail early on a lenient far side (SMTP smuggling).
 */
const DOT = 46;
const LF = 10;
const CR = 13;
const aDot = Buffer.from(".");
const lineEnd = Buffer.from("\r\n");

/** The message as it goes on the wire, without the final ".\r\n"; ends with CRLF also when the message did not. */
export function stuffed(message: readonly Buffer[]): readonly Buffer[] {
  let out: Buffer[] | undefined;
  let last = LF;
  let before = CR;
  for (const [index, part] of message.entries()) {
    if (part.length === 0) continue;
    let from = 0;
    let dot = last === LF && part[0] === DOT ? 0 : nextDot(part, 0);
    if (dot >= 0) out ??= message.slice(0, index);
    while (dot >= 0) {
      if (dot > from) out!.push(part.subarray(from, dot));
      out!.push(aDot);
      from = dot;
      dot = nextDot(part, dot);
    }
    out?.push(from === 0 ? part : part.subarray(from));
    before = part.length > 1 ? part[part.length - 2]! : last;
    last = part[part.length - 1]!;
  }
  return last === LF && before === CR ? (out ?? message) : [...(out ?? message), lineEnd];
}

function nextDot(part: Buffer, from: number): number {
  const found = part.indexOf("\n.", from, "latin1");
  return found < 0 ? -1 : found + 1;
}
