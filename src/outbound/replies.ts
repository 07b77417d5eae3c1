/**
 * Reads SMTP replies from the stream: lines into whole replies (RFC 5321 4.2.1), bounded whatever the far side sends.
 *
 * Of a line the first 2 KB are kept; a reply longer than 64 KB, a line that does not begin with three digits, or lines
 * that contradict each other end the reading for good, because what follows could not be trusted to answer what we asked.
 */

export type RawReply = { code: number; lines: string[] };

const LINE_KEPT = 2048;
const REPLY_READ = 64 * 1024;
const LINES_KEPT = 100;
const LF = 10;
const CR = 13;
const HYPHEN = 45;
const SPACE = 32;

export class ReplyReader {
  /** Why nothing more will be read; undefined while all is well. */
  trouble: string | undefined;
  private chunk: Buffer | undefined;
  private at = 0;
  private held: Buffer | undefined;
  private size = 0;
  private lines: string[] = [];
  private code = 0;

  /** Hands over what arrived. Call `next` until it has nothing more before the following `push`. */
  push(chunk: Buffer): void {
    this.chunk = chunk;
    this.at = 0;
  }

  /** The next whole reply, or undefined until more arrives (or `trouble` says why not). */
  next(): RawReply | undefined {
    while (this.trouble === undefined && this.chunk !== undefined) {
      const end = this.chunk.indexOf(LF, this.at);
      const piece = this.chunk.subarray(this.at, end < 0 ? this.chunk.length : end);
      this.size += piece.length + 1;
      if (this.size > REPLY_READ) {
        this.trouble = "the far side's reply does not end";
        return undefined;
      }
      if (end < 0) {
        this.hold(piece);
        this.chunk = undefined;
        return undefined;
      }
      this.at = end + 1;
      if (this.at === this.chunk.length) this.chunk = undefined;
      const reply = this.line(this.held === undefined ? piece : this.whole(piece));
      if (reply) return reply;
    }
    return undefined;
  }

  /** Whether anything was sent beyond the replies read so far, be it half a line. */
  get hasMore(): boolean {
    return this.chunk !== undefined || this.held !== undefined || this.lines.length > 0;
  }

  private hold(piece: Buffer): void {
    if (piece.length === 0) return;
    const kept = this.held?.length ?? 0;
    // Copied, because the socket may use the chunk's memory again; capped, so that dripping costs no more than the bytes.
    if (kept < LINE_KEPT) {
      const room = piece.subarray(0, LINE_KEPT - kept);
      this.held = this.held === undefined ? Buffer.from(room) : Buffer.concat([this.held, room]);
    }
  }

  private whole(piece: Buffer): Buffer {
    this.hold(piece);
    const line = this.held ?? piece;
    this.held = undefined;
    return line;
  }

  private line(line: Buffer): RawReply | undefined {
    let length = Math.min(line.length, LINE_KEPT);
    if (length > 0 && line[length - 1] === CR) length -= 1;
    const a = line[0]! - 48;
    const b = line[1]! - 48;
    const c = line[2]! - 48;
    const mark = length > 3 ? line[3] : SPACE;
    const isReply = length >= 3 && a >= 2 && a <= 5 && b >= 0 && b <= 9 && c >= 0 && c <= 9;
    if (!isReply || (mark !== SPACE && mark !== HYPHEN)) {
      this.trouble = `the far side does not speak SMTP: ${JSON.stringify(line.toString("latin1", 0, Math.min(length, 40)))}`;
      return undefined;
    }
    const code = a * 100 + b * 10 + c;
    // RFC 5321 4.2.1: all lines have one code. Yes in one and no in the next is no answer; otherwise the last one counts.
    if (this.lines.length > 0 && Math.floor(this.code / 100) !== a) {
      this.trouble = "the far side gave one answer with two codes";
      return undefined;
    }
    this.code = code;
    if (this.lines.length < LINES_KEPT) this.lines.push(line.toString("utf8", 4, length));
    if (mark === HYPHEN) return undefined;
    const reply = { code, lines: this.lines };
    this.lines = [];
    this.size = 0;
    return reply;
  }
}
