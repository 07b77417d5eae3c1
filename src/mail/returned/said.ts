/**
 * What the far side said about a recipient, and whether it was for good.
 *
 * The words are those beside the address, or the reply line of an SMTP conversation that the notice quotes. Of what they
 * hold, the enhanced status (RFC 3463) counts first, then the reply code (RFC 5321 4.2.1); without either a failure is for
 * good, and a notice that asks for patience is not.
 */
export type Said = { text: string; code: number; status: string };

const LONGEST = 500;
const MOST_LINES = 8;

const STATUS = /(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/;
/** A reply code where a reply begins: at the start, or behind a word or sign that introduces one; no number of something. */
const CODE =
  /(?:^|[:;("'[<>|=#]\s*|\b(?:said|was|error|code|reply|response|reason|returned|status|answer|smtp|with)\W{0,3})([45][0-5]\d)(?=$|[\s\-:;<#,.)"'\]])(?!\s*(?:seconds?|minutes?|hours?|days?|attempts?|bytes|[KM]B\b|characters|messages?|times|recipients?))/i;

/** What a text holds of codes. */
export function readSaid(text: string): Said {
  const flat = text
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, LONGEST * 2);
  return {
    text: flat.slice(0, LONGEST),
    code: Number(CODE.exec(flat)?.[1] ?? 0),
    status: STATUS.exec(flat)?.[1] ?? "",
  };
}

/** What the notice says about the recipient first named at `line`; `others` are the lines that name other recipients. */
export function saidAbout(lines: readonly string[], address: string, line: number, others: ReadonlySet<number>): Said {
  const beside = readSaid(besideOf(lines, address, line, others));
  if (beside.status !== "" || beside.code > 0) return beside;
  const reply = replyFor(lines, address, others.size === 0);
  if (reply) return readSaid(reply);
  if (line < 0) return beside;
  return /\p{L}{2}/u.test(beside.text) ? beside : readSaid(aboveOf(lines, line));
}

/** The sentence above a list of names. */
function aboveOf(lines: readonly string[], line: number): string {
  const words: string[] = [];
  for (let i = line - 1; i >= 0 && i > line - 12 && words.length < 2; i -= 1) {
    const written = lines[i]!.trim();
    if (written === "" && words.length > 0) break;
    if (written !== "" && /\s/.test(written)) words.unshift(written);
  }
  return words.join(" ");
}

/** The rest of the line, and the lines up to the next recipient, at most to the second gap. */
function besideOf(lines: readonly string[], address: string, line: number, others: ReadonlySet<number>): string {
  if (line < 0) return "";
  const lower = lines[line]!.toLowerCase();
  const written = lower.includes(address) ? address : address.slice(0, address.lastIndexOf("@"));
  const at = lower.indexOf(written);
  const isReply = /^[\s>*<-]*[45]\d\d[ -]/.test(lines[line]!);
  const rest =
    at < 0 || isReply ? lines[line]! : lines[line]!.slice(at + written.length).replace(/^[>"')\]:;,.\s]+/, "");
  const words = [rest];
  let gaps = 0;
  for (let i = line + 1; i < lines.length && words.length < MOST_LINES && !others.has(i); i += 1) {
    if (lines[i]!.trim() !== "") words.push(lines[i]!);
    else if (words.some((one) => one.trim() !== "")) gaps += 1;
    if (gaps > 0 && words.join("").trim().length > 3) break;
  }
  return words.join(" ").trim();
}

/** The reply line in the notice that names the recipient; the first of all when it is the only recipient. */
function replyFor(lines: readonly string[], address: string, isOnly: boolean): string | undefined {
  let first: string | undefined;
  for (const [i, line] of lines.entries()) {
    const isReply = CODE.test(line) || STATUS.test(line);
    if (!isReply) continue;
    const reply = [line, ...goesOn(lines, i)].join(" ");
    if (reply.toLowerCase().includes(address)) return reply;
    first ??= reply;
  }
  return isOnly ? first : undefined;
}

/** RFC 5321 4.2.1: "550-first", "550 last"; or simply an indented line. */
function goesOn(lines: readonly string[], at: number): string[] {
  const more: string[] = [];
  for (let i = at + 1; i < Math.min(lines.length, at + 4) && lines[i]!.trim() !== ""; i += 1) more.push(lines[i]!);
  return more;
}
