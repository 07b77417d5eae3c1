#!/usr/bin/env node
/** The command, in a process of its own. What it compiles is kept for the next one. */
import { enableCompileCache } from "node:module";

enableCompileCache();
const { run } = await import("./commands/program.ts");
await run(process.argv.slice(2));
