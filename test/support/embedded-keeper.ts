/** The process behind spawnKeeper: keeps a database in the directory it is given until its standard input ends. */
import { startEmbedded } from "../../src/db/embedded.ts";
import { Refusal } from "../../src/kit/errors.ts";
import { silent } from "../../src/kit/log.ts";

try {
  const server = await startEmbedded({ directory: process.argv[2] ?? "", log: silent, waitMs: 0 });
  process.stdout.write(`${JSON.stringify({ pid: server.pid, connection: server.connection })}\n`);
  process.stdin.resume().once("end", () => void server.stop());
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stdout.write(`${JSON.stringify({ refusal: error.message })}\n`);
}
