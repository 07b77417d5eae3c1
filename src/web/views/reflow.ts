/**
 * Paragraphs that a mailer cut at 72 columns, joined again, so that a post fills the column it is read in.
 *
 * Only what is plainly prose is touched: runs of lines of one quote depth that begin with a word, are all nearly full but
 * the last, and hold nothing that columns matter to. Everything else (code, tables, verse, signatures) stays as it is,
 * and the fixed-width view shows every line as it was sent.
 */
const FULL = 50;
const WIDEST = 100;
/** A line that parts what stands above it from what stands below. */
const RULE = /^[-_=~*#]{3,}\s*$/;

export function reflow(text: string): string {
  const lines = text.split(/\r?\n/);
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) {
    if (/^-- ?$/.test(lines[at]!)) return [...out, ...lines.slice(at)].join("\n");
    const end = paragraphEnd(lines, at);
    if (end - at > 1 && isProse(lines.slice(at, end))) out.push(joined(lines.slice(at, end)));
    else out.push(...lines.slice(at, end));
    at = end;
  }
  return out.join("\n");
}

const quoteOf = (line: string): string => /^(?:> ?){0,20}/.exec(line)![0];
const depthOf = (line: string): number => quoteOf(line).replaceAll(" ", "").length;
const wordsOf = (line: string): string => line.slice(quoteOf(line).length);

/** Behind the lines from `start` that are one block: same depth, no blank line between. A blank line is its own block. */
function paragraphEnd(lines: readonly string[], start: number): number {
  const depth = depthOf(lines[start]!);
  if (wordsOf(lines[start]!).trim() === "") return start + 1;
  let end = start + 1;
  while (
    end < lines.length &&
    depthOf(lines[end]!) === depth &&
    wordsOf(lines[end]!).trim() !== "" &&
    !/^-- ?$/.test(lines[end]!) &&
    !RULE.test(wordsOf(lines[end]!))
  )
    end += 1;
  return end;
}

function isProse(block: readonly string[]): boolean {
  const words = block.map(wordsOf);
  const isFull = words.slice(0, -1).every((line) => line.length >= FULL && line.length <= WIDEST);
  return isFull && words.every((line, i) => isSentencePart(line, i === 0));
}

/** Begins like writing, and holds no columns, code or commands. */
const isSentencePart = (line: string, isFirst: boolean): boolean =>
  (isFirst ? /^[\p{L}\p{N}"'“‘«(*_[<]/u : /^[\p{L}\p{N}"'“‘«»”’()*_[\]<>&/–—-]/u).test(line) &&
  !/\S {3,}\S|\t|[;{}\\|]$|^[*+-] |^\d+[.)] |^\w+\(.*\)$|^[A-Z][a-z]+(?:-[a-z]+)*-by: |^(?:import|def|class|return|static|struct|int|void|#include)\b/.test(
    line,
  );

const joined = (block: readonly string[]): string =>
  quoteOf(block[0]!) + block.map((line) => wordsOf(line).trimEnd()).join(" ");
