/**
 * A thread that runs commands one after the other, each as in a process of its own: its settings, its streams, its exit code.
 * What one has loaded is there for the next. A command must leave nothing open, as its process would not end.
 */
import { Readable, Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { run } from "../../src/commands/program.ts";

export type Order = { words: string[]; environment: Record<string, string>; input: string | Uint8Array };
export type Done = { code: number; out: Uint8Array; err: Uint8Array };

/** A stream that keeps what is written to it. */
function kept(): { stream: Writable; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    decodeStrings: true,
    write: (chunk: Buffer, _, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}

/** What is still open a while after a command: its process would not have ended. */
async function leftOpen(): Promise<string[]> {
  // Our own port to the test is always open.
  const open = (): string[] => process.getActiveResourcesInfo().filter((one) => one !== "MessagePort");
  for (let looks = 0; looks < 200 && open().length > 0; looks += 1) await pause(looks < 20 ? 5 : 50);
  return open();
}

async function obey({ words, environment, input }: Order): Promise<Done> {
  const [out, err] = [kept(), kept()];
  process.env = { ...environment };
  process.exitCode = undefined;
  const stdin = Readable.from(input.length > 0 ? [Buffer.from(input as string)] : [], { objectMode: false });
  for (const [name, value] of Object.entries({ stdin, stdout: out.stream, stderr: err.stream }))
    Object.defineProperty(process, name, { value, configurable: true });
  await run(words);
  const left = await leftOpen();
  if (left.length > 0) err.stream.write(`The command would not end by itself: ${left.join(", ")}\n`);
  return { code: left.length > 0 ? 1 : Number(process.exitCode ?? 0), out: out.bytes(), err: err.bytes() };
}

parentPort!.on("message", async (order: Order) => parentPort!.postMessage(await obey(order)));
