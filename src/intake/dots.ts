/**
 * The message after DATA, byte by byte (RFC 5321 4.5.2): where it ends, which dots were added, what is wrong with it.
 *
 * Only CR LF "." CR LF ends a message. A CR or LF that stands alone is never a line end here, so what another system
 * might take for the end ("\n.\n", "\r.\r", "\n.\r\n" …: SMTP smuggling) is read as message, and spoils it: the message
 * is read to its true end and refused as a whole. The reader holds no bytes; it hands on slices of what it was given.
 */
export type Defect = "bare-lf" | "bare-cr" | "nul" | "long-line";

export type DotReader = {
  /** Takes the next bytes, hands on what belongs to the message, and tells how many it used; see `ended`. */
  feed(chunk: Buffer, keep: (piece: Buffer) => void): number;
  ended: boolean;
  /** Bytes from the client so far, added dots included. */
  taken: number;
  defect: Defect | undefined;
};

/** Longest line of a message, in bytes. RFC 5321 4.5.3.1.6 says 998; senders of unwrapped text and HTML know no limit. */
export const LINE_LIMIT = 256 * 1024;

const LF = 10;
const CR = 13;
const DOT = 46;

const LINE_START = 0;
const IN_LINE = 1;
const AFTER_CR = 2;
const AFTER_DOT = 3;
const AFTER_DOT_CR = 4;

export function dotReader(lineLimit = LINE_LIMIT): DotReader {
  let state = LINE_START;
  /** Bytes of the present line in earlier chunks. */
  let carried = 0;
  const reader: DotReader = { feed, ended: false, taken: 0, defect: undefined };

  const spoil = (defect: Defect): void => {
    reader.defect ??= defect;
  };

  function feed(chunk: Buffer, keep: (piece: Buffer) => void): number {
    const end = chunk.length;
    let from = 0;
    let lineStart = -carried;
    let i = 0;
    while (i < end) {
      let byte = chunk[i]!;
      switch (state) {
        case LINE_START:
          lineStart = i;
          if (byte === DOT) {
            // Held back: an added dot, or the beginning of the end.
            if (i > from) keep(chunk.subarray(from, i));
            from = i + 1;
            state = AFTER_DOT;
            i += 1;
            break;
          }
          state = IN_LINE;
          break;
        case IN_LINE:
          while (byte > CR && i + 1 < end) {
            i += 1;
            byte = chunk[i]!;
          }
          if (byte === CR) state = AFTER_CR;
          else if (byte === LF) spoil("bare-lf");
          else if (byte === 0) spoil("nul");
          i += 1;
          break;
        case AFTER_CR:
          if (byte === LF) {
            if (i - lineStart > lineLimit) spoil("long-line");
            state = LINE_START;
            i += 1;
            break;
          }
          spoil("bare-cr");
          state = IN_LINE;
          break;
        case AFTER_DOT:
          if (byte === CR) {
            // Held back too: if this is not the end after all, the CR stands alone and the message is refused anyway.
            from = i + 1;
            state = AFTER_DOT_CR;
            i += 1;
            break;
          }
          state = IN_LINE;
          break;
        default:
          if (byte === LF) {
            reader.ended = true;
            reader.taken += i + 1;
            return i + 1;
          }
          spoil("bare-cr");
          state = IN_LINE;
      }
    }
    if (end > from) keep(chunk.subarray(from, end));
    carried = state === LINE_START ? 0 : end - lineStart;
    if (carried > lineLimit) spoil("long-line");
    reader.taken += end;
    return end;
  }

  return reader;
}
