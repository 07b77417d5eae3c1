/** A reporter of Node's test runner: after everything, the ten files that took longest, in seconds. */

import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";

const SHOWN = 10;

export default async function* slowest(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { file: string; ms: number }[] = [];
  for await (const { type, data } of events) {
    if (type !== "test:complete" || data.file === undefined || data.nesting > 0) continue;
    const file = relative(process.cwd(), data.file);
    // A file is a test of its own, named by its path: its time counts the start of its process too.
    if (data.name === file) files.push({ file, ms: data.details.duration_ms });
  }
  if (files.length < 2) return;
  files.sort((a, b) => b.ms - a.ms);
  const sum = files.reduce((all, { ms }) => all + ms, 0);
  yield `The ${Math.min(SHOWN, files.length)} slowest of ${files.length} files (${(sum / 1000).toFixed(0)} s together):\n`;
  const all = process.env["ALL_FILES"] ? files : files.slice(0, SHOWN);
  for (const { file, ms } of all) yield `${(ms / 1000).toFixed(1).padStart(7)} s  ${file}\n`;
}
