/** Cells of CSV files (RFC 4180) in which strangers' words stand, and which people open in spreadsheets. */

/**
 * A cell. Spreadsheets take what begins with = + - @ (or their wide sisters) or a control character for a formula: such
 * a cell gets an apostrophe. Control characters and direction marks become spaces, as the file may go to a terminal.
 */
export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  const clean = safe.replace(
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g,
    " ",
  );
  return /[",;\r\n]|^\s|\s$/.test(clean) || clean !== text ? `"${clean.replaceAll('"', '""')}"` : clean;
}

/** What a cell of ours said, for files that come back to us. */
export const cellText = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;

const FORMULA = /^[=+\-@\uff1d\uff0b\uff0d\uff20\u0000-\u001f]/;
