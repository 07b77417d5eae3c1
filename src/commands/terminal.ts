/**
 * What commands print: answers on standard output, everything else on standard error.
 *
 * Much of it was written by strangers, so control characters never reach a terminal. Nobody reading any more
 * (`… | head -1`) is no error: what is left to say is dropped, and the work goes on.
 */
import { codeOf } from "../kit/errors.ts";

export function mindClosedPipes(): void {
  const ignore = (error: unknown): void => {
    if (codeOf(error) !== "EPIPE") throw error;
  };
  process.stdout.on("error", ignore);
  process.stderr.on("error", ignore);
}

export function print(line: string): void {
  if (process.stdout.writable) process.stdout.write(`${line}\n`);
}

/** One JSON document: what a script reads. What a terminal would obey is escaped, and means the same. */
export const printJson = (value: unknown): void =>
  print(
    JSON.stringify(value, null, 2).replace(
      /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );

export function warn(line: string): void {
  if (process.stderr.writable) process.stderr.write(`${line}\n`);
}

/** A stranger's text for a terminal: one line, no control characters, no direction marks. */
export const clean = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ").trim();

/** Rows under a heading, in columns as wide as they need; numbers to the right. Nothing but a word when there are none. */
export function printTable(heading: string[], rows: (string | number)[][], none: string): void {
  if (rows.length === 0) {
    print(none);
    return;
  }
  const cells = rows.map((row) => row.map((cell) => clean(String(cell))));
  const widths = heading.map((title, i) =>
    cells.reduce((most, row) => Math.max(most, (row[i] ?? "").length), title.length),
  );
  const isNumber = heading.map((_, i) => rows.every((row) => typeof row[i] === "number"));
  const line = (row: string[]): string =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  print(line(heading));
  for (const row of cells) print(line(row));
}

/** "1 member", "2 members". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** "3 min", "2 h 10 min", "4 d 3 h": a span as people say it. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${Math.max(seconds, 0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** A time as it is in the tables: UTC, to the second. */
export const stamp = (time: Date | null): string =>
  time === null ? "–" : `${time.toISOString().slice(0, 19).replace("T", " ")}Z`;

/** Says on standard error how far it is: in place on a terminal, else in a line every few seconds. */
export function startProgress(line: () => string): { stop(): void } {
  const isTerminal = process.stderr.isTTY;
  const show = (): void => {
    if (isTerminal) process.stderr.write(`\r\u001b[K${line()}`);
    else warn(line());
  };
  const timer = setInterval(show, isTerminal ? 500 : 5000);
  return {
    stop: () => {
      clearInterval(timer);
      if (isTerminal) process.stderr.write("\r\u001b[K");
    },
  };
}
