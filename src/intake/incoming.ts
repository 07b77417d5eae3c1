/**
 * A message on its way in: read to its end, judged as bytes, and made ready for storing.
 *
 * Judged are only things that no reader behind us could put right: its size, and line ends or NULs by which two systems
 * could disagree where it ends. Eight-bit bytes are taken undeclared and in headers too, as Postfix does by default: we
 * hand them on unchanged, and refusing would return real people's mail over a missing word of their program.
 */
import { type Body, newBody } from "./body.ts";
import type { Envelope, IncomingMail, IntakeDoors } from "./doors.ts";
import { type Defect, dotReader, LINE_LIMIT } from "./dots.ts";
import { receivedField } from "./received.ts";

export type Verdict =
  | { kind: "good" }
  | { kind: "too-big" }
  | { kind: "spoilt"; defect: Defect; status: string; text: string }
  | { kind: "trouble"; error: unknown };

export type Incoming = {
  id: string;
  /** Reads on; returns how many bytes belonged to the message and its end. */
  feed(chunk: Buffer): number;
  isEnded(): boolean;
  /** So far beyond the limit that its end is not waited for. */
  isHopeless(): boolean;
  /** Bytes read so far. */
  taken(): number;
  /** Writes out what has collected, if it is enough; the promise does not reject. */
  writePiece(): Promise<void> | undefined;
  verdict(): Verdict;
  /** The mail, to be stored; once, after a good verdict. */
  finish(): Promise<IncomingMail>;
};

/** What we read and drop beyond the size limit, for the sake of a client that only listens at the end. */
const PATIENCE_BYTES = 64 * 1024 * 1024;

export function incoming(start: {
  id: string;
  time: Date;
  envelope: Envelope;
  hostname: string;
  sizeLimitBytes: number;
  doors: IntakeDoors;
}): Incoming {
  const { id, envelope, sizeLimitBytes, doors } = start;
  const reader = dotReader();
  /** Undefined once the mail will be refused anyway. */
  let body: Body | undefined = newBody(receivedField(start));
  let size = 0;
  let pieces = 0;
  let trouble: { error: unknown } | undefined;

  const keep = (piece: Buffer): void => {
    size += piece.length;
    if (size > sizeLimitBytes) body = undefined;
    body?.add(piece);
  };

  return {
    id,
    feed(chunk) {
      const used = reader.feed(chunk, keep);
      if (reader.defect) body = undefined;
      return used;
    },
    isEnded: () => reader.ended,
    isHopeless: () => size > sizeLimitBytes + PATIENCE_BYTES,
    taken: () => reader.taken,
    writePiece() {
      if (!body?.isFull()) return undefined;
      return writePiece(body.take());
    },
    verdict() {
      if (reader.defect) return { kind: "spoilt", defect: reader.defect, ...DEFECTS[reader.defect] };
      if (size > sizeLimitBytes) return { kind: "too-big" };
      if (trouble) return { kind: "trouble", ...trouble };
      return { kind: "good" };
    },
    async finish() {
      if (!body) throw new Error("a refused mail cannot be finished");
      const raw = await body.take();
      return { id, receivedAt: start.time, envelope, raw, size, chunked: pieces > 0 };
    },
  };

  async function writePiece(compressed: Promise<Buffer> | Buffer): Promise<void> {
    const index = pieces;
    pieces += 1;
    try {
      await doors.putPiece(id, index, await compressed);
    } catch (error) {
      trouble = { error };
      body = undefined;
    }
  }
}

const DEFECTS: Record<Defect, { status: string; text: string }> = {
  "bare-lf": { status: "5.5.2", text: "The message holds a line feed without a carriage return; lines end in CR LF" },
  "bare-cr": { status: "5.5.2", text: "The message holds a carriage return without a line feed; lines end in CR LF" },
  nul: { status: "5.6.0", text: "The message holds a NUL byte, which mail may not (RFC 2045 2.8); encode it" },
  "long-line": { status: "5.5.2", text: `The message holds a line longer than ${LINE_LIMIT} bytes; encode it` },
};
