/** Changes to the bytes of a message by their offsets: what no edit names stays as it is. */
export type Edit = { start: number; end: number; bytes: Buffer };

/** The bytes with all edits done. They must not overlap; an edit with `start === end` puts in. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) throw new Error("Two edits of a message overlap.");
    pieces.push(bytes.subarray(at, edit.start), edit.bytes);
    at = edit.end;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
}
