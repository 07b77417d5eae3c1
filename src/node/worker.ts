/** A worker process: waits for its orders, runs the node's roles, and ends when it is told to or left alone. */
import { nodeClock, SECOND } from "../kit/clock.ts";
import { Refusal, reasonOf } from "../kit/errors.ts";
import { Lease } from "../kit/lease.ts";
import { newLog } from "../kit/log.ts";
import { type Services, startServices } from "./services.ts";
import type { Orders, Report, Word } from "./supervisor.ts";

const say = (report: Report): void => {
  if (process.connected) process.send?.(report);
};

/** How long what was sent under a lost lease is tried to be written down. */
const PATIENCE = 30 * SECOND;

let services: Promise<Services> | undefined;
let lease: Lease | undefined;

// Ctrl-C reaches the whole terminal: the supervisor decides when we stop.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
// Left alone: whoever starts next takes over what we held.
process.on("disconnect", () => process.exit(1));

process.on("message", (message: Orders | Word) => {
  switch (message.kind) {
    case "orders":
      return void work(message);
    case "confirmed":
      return lease?.confirm(message.askedAt);
    case "lost":
      return lease?.lose();
    case "stop":
      return void end(0);
  }
});

async function work({ config, target, worker, enteredAt }: Orders): Promise<void> {
  const log = newLog(config.log);
  lease = new Lease(enteredAt, { ask: () => say({ kind: "in doubt" }) });
  // Others have what we held. What is under way ends in front of its dot, what was answered is written down, and a new
  // worker begins in our place.
  lease.follow((standing) => {
    if (standing !== "lost") return;
    setTimeout(() => process.exit(1), PATIENCE).unref();
    void end(1);
  });
  services = startServices({ config, target, worker, lease, clock: nodeClock(), log });
  try {
    const { smtp, web } = await services;
    say({ kind: "ready", smtp, web });
    setInterval(() => say({ kind: "alive" }), SECOND);
  } catch (error) {
    log.error({ err: reasonOf(error) }, "a worker could not start");
    say({
      kind: "failed",
      why: error instanceof Refusal ? error.message : `A worker could not start: ${reasonOf(error)}`,
    });
    process.exit(1);
  }
}

async function end(code: number): Promise<void> {
  await services?.then((running) => running.stop()).catch(() => undefined);
  process.exit(code);
}
