/**
 * Loaded ahead of every test file: a file whose tests are over must end by itself. One that does not is told what it has
 * left running, and fails, instead of being ended quietly.
 */
import { after } from "node:test";
import { processes } from "./processes.ts";

/** A connection that was closed a moment ago is gone by then, also on a busy machine. */
const PATIENCE = 20_000;

after(() => {
  setTimeout(() => {
    const children = processes().filter((one) => one.parent === process.pid);
    const left = [...process.getActiveResourcesInfo(), ...children.map((one) => `${one.pid} ${one.command}`)];
    process.stderr.write(`${process.argv[1]} left running: ${left.join(", ")}\n`);
    process.exit(1);
  }, PATIENCE).unref();
});
