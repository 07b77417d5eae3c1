/**
 * Mails accepted durably a second: 4 KB, one recipient each, at 8, 32 and 50 connections, the injector on the same machine.
 *
 * Only intake works (the pipeline is switched off), as Postfix's queue manager is held back: this is the time from MAIL
 * to a 250 that survives the power cord. Beside it, in the same run: Postfix when installed, and bare appends with one
 * fsync for 32, which is the disk's own limit.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elapsed, SECOND } from "../src/kit/clock.ts";
import { inject } from "./accept-load.ts";
import { startPostfix } from "./peers/postfix.ts";
import { startService, startSink } from "./service.ts";

const CONNECTIONS = [8, 32, 50];
const MAILS = Number(process.argv[3] ?? 12_000);
const BYTES = 4096;

export async function run(): Promise<void> {
  const sink = await startSink();
  const rows: Record<string, string | number>[] = [];
  const service = await startService(sink.port, { SMARTGROUPS_ROLES: "intake,chores" });
  try {
    await service.command(["group", "add", "readers"]);
    const load = { host: "127.0.0.1", port: service.smtpPort, bytes: BYTES, rcpt: () => "readers@groups.test" };
    await inject({ ...load, connections: 8, mails: 2000 });
    for (const connections of CONNECTIONS) {
      const before = await service.cost();
      const result = await inject({ ...load, connections, mails: MAILS });
      const after = await service.cost();
      rows.push({
        who: "Smartgroups",
        connections,
        "mails/s": Math.round(result.perSecond),
        "median ms": result.p50.toFixed(1),
        "p99 ms": result.p99.toFixed(1),
        "CPU ms a mail": (((after.cpuSeconds - before.cpuSeconds) * 1000) / MAILS).toFixed(2),
        "memory MB": after.megabytes,
        refused: result.refused,
      });
    }
  } finally {
    await service.stop();
    sink.stop();
  }
  const postfix = await startPostfix({
    sinkPort: 1,
    aliases: { "readers@groups.test": ["x@far.test"] },
    isHolding: true,
  });
  if (postfix) {
    try {
      for (const connections of CONNECTIONS) {
        const result = await inject({
          host: "127.0.0.1",
          port: postfix.smtpPort,
          bytes: BYTES,
          connections,
          mails: MAILS / 4,
          rcpt: () => "readers@groups.test",
        });
        rows.push({
          who: "Postfix",
          connections,
          "mails/s": Math.round(result.perSecond),
          "median ms": result.p50.toFixed(1),
          "p99 ms": result.p99.toFixed(1),
          refused: result.refused,
        });
      }
    } finally {
      await postfix.stop();
    }
  }
  rows.push({ who: "bare append, fsync for 32", connections: 1, "mails/s": Math.round(bareAppends()) });
  console.table(rows);
  if (!postfix) console.log("Postfix is not installed: no peer in this run.");
}

/** Appends of 4 KB with one fsync for every 32: what the disk allows a group commit. */
function bareAppends(): number {
  const folder = mkdtempSync(join(tmpdir(), "smartgroups-bench-"));
  const file = openSync(join(folder, "appends"), "a");
  const block = Buffer.alloc(BYTES, 97);
  const start = elapsed();
  let count = 0;
  while (elapsed() - start < 2 * SECOND) {
    for (let i = 0; i < 32; i += 1) writeSync(file, block);
    fsyncSync(file);
    count += 32;
  }
  const took = elapsed() - start;
  closeSync(file);
  rmSync(folder, { recursive: true });
  return (count / took) * SECOND;
}
