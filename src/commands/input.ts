/** Files an operator names, opened for reading; `-` is standard input. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { codeOf, Refusal, reasonOf } from "../kit/errors.ts";

/** The bytes of a file as they come. Refuses in a sentence what can't be read, before anything else is done. */
export async function openInput(path: string): Promise<AsyncIterable<Buffer>> {
  if (path === "-") return process.stdin;
  await refuseUnreadable(path);
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

/** Refuses a path that is no readable file. */
export async function refuseUnreadable(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) throw new Refusal(`${path} is a directory: name the files in it.`);
    await (await open(path)).close();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw new Refusal(`There is no file ${path}.`);
    if (code === "EACCES") throw new Refusal(`You may not read ${path}: change its mode, or run as its owner.`);
    throw new Refusal(`${path} can't be read: ${reasonOf(error)}.`);
  }
}

/** A whole input of at most `limit` bytes. */
export async function readInput(path: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await openInput(path)) {
    size += chunk.length;
    if (size > limit)
      throw new Refusal(`${path} is larger than ${Math.round(limit / 1024 / 1024)} MB, too large for a mail.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
