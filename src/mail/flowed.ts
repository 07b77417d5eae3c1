/**
 * Text with long lines as format=flowed (RFC 3676): cut at 72 columns, and joined again where a reader can.
 *
 * A paragraph is a line here, as it is in a text field of a browser. Lines that columns matter to (code between fences,
 * what is indented, tables, everything below "-- ") are not cut.
 */
const WIDTH = 72;
const LONGEST_FIXED = 900;

export function flowed(text: string): string {
  const out: string[] = [];
  let fence = "";
  let isSignature = false;
  for (const line of text.split("\n")) {
    const { depth, content } = quoteOf(line.trimEnd());
    if (depth === 0 && /^-- ?$/.test(line)) {
      isSignature = true;
      out.push("-- ");
      continue;
    }
    const mark = /^ {0,3}(```+|~~~+)/.exec(content)?.[1];
    const isFixed = fence !== "" || mark !== undefined || isSignature || /^(?: {4}|\t|\|)/.test(content);
    if (mark !== undefined) {
      if (fence === "") fence = mark;
      else if (mark.startsWith(fence)) fence = "";
    }
    const prefix = depth > 0 ? `${">".repeat(depth)} ` : "";
    const pieces = isFixed ? cut(content) : wrapped(content, WIDTH - prefix.length);
    out.push(...pieces.map((piece) => (prefix === "" ? stuffed(piece) : prefix + piece)));
  }
  return out.join("\n");
}

function quoteOf(line: string): { depth: number; content: string } {
  const marks = /^(?:>[ \t]?){1,50}/.exec(line)?.[0] ?? "";
  return { depth: marks.replace(/[^>]/g, "").length, content: line.slice(marks.length) };
}

/** RFC 3676 4.4: what begins like a quote, or as mail programs change it, begins with a blank instead. */
const stuffed = (line: string): string => (/^(?:[ >]|From )/.test(line) ? ` ${line}` : line);

/** A line of 998 characters is the most that mail takes (RFC 5322 2.1.1). */
const cut = (line: string): string[] => line.match(new RegExp(`.{1,${LONGEST_FIXED}}`, "gu")) ?? [""];

/** Every piece but the last ends with the blank at which it was cut. */
function wrapped(line: string, width: number): string[] {
  const pieces: string[] = [];
  let now = "";
  for (const word of line.split(/(?<= )(?=[^ ])/)) {
    if (now !== "" && now.length + word.trimEnd().length > width) {
      pieces.push(now);
      now = word;
    } else now += word;
  }
  return [...pieces, now].flatMap((piece, i, all) =>
    piece.length > LONGEST_FIXED && i === all.length - 1 ? cut(piece) : [piece],
  );
}
