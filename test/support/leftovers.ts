/**
 * Loaded ahead of every test file: a file whose tests are over must end by itself. One that does not is told what it has
 * left running, and fails, instead of being ended quietly.
 */
import { after } from "node:test";
import { processes } from "./processes.ts";

/** A connection that was closed a moment ago is gone by then, also on a busy machine. */
const PATIENCE = 20_000;

type Handle = { remoteAddress?: string; remotePort?: number; address?(): unknown; path?: string };

/** Node's own list of what is open, which has no public name. */
const handles = (): Handle[] => (process as unknown as { _getActiveHandles?(): Handle[] })._getActiveHandles?.() ?? [];

/** Where a socket leads, or where a server listens. */
function placeOf(one: Handle): string[] {
  if (one.remotePort) return [`to ${one.remoteAddress}:${one.remotePort}`];
  const here = one.address?.();
  return here && Object.keys(here).length > 0 ? [`at ${JSON.stringify(here)}`] : [];
}

after(() => {
  setTimeout(() => {
    const children = processes().filter((one) => one.parent === process.pid);
    const left = [
      ...process.getActiveResourcesInfo(),
      ...handles().flatMap(placeOf),
      ...children.map((one) => `${one.pid} ${one.command}`),
    ];
    process.stderr.write(`${process.argv[1]} left running: ${left.join(", ")}\n`);
    process.exit(1);
  }, PATIENCE).unref();
});
