/**
 * Connections that were handed to a worker and have not been taken by it.
 *
 * Node's cluster keeps its own hand on a connection until the worker says that it has it. A worker that dies before leaves
 * the connection open in the supervisor, and its client waits for a greeting that never comes. So we note what is handed
 * over, and close what a dead worker had not taken: the client sees it, and comes again.
 */
import type { Worker } from "node:cluster";

/** What Node's cluster says to a worker with a connection, and what comes back; nobody else may rely on it. */
type Handing = { cmd?: string; act?: string; seq?: number; ack?: number };
type Handle = { close(): void };

/** Begins to watch a worker that was just forked; what it did not take is closed when it ends. */
export function closeUntaken(worker: Worker): void {
  const handed = new Map<number, Handle>();
  const { process: its } = worker;
  const send = its.send.bind(its) as (message: Handing, handle?: Handle, ...rest: unknown[]) => boolean;
  its.send = ((message: Handing, handle?: Handle, ...rest: unknown[]) => {
    if (message.act === "newconn" && message.seq !== undefined && handle) handed.set(message.seq, handle);
    return send(message, handle, ...rest);
  }) as typeof its.send;
  its.on("internalMessage", (message: Handing) => {
    if (message.ack !== undefined) handed.delete(message.ack);
  });
  worker.once("exit", () => {
    for (const handle of handed.values()) handle.close();
    handed.clear();
  });
}
