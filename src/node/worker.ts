/** A worker process: waits for its orders, runs the node's roles, and ends when it is told to or left alone. */
import { nodeClock, SECOND } from "../kit/clock.ts";
import { Refusal, reasonOf } from "../kit/errors.ts";
import { newLog } from "../kit/log.ts";
import { type Services, startServices } from "./services.ts";
import type { Orders, Report } from "./supervisor.ts";

const say = (report: Report): void => {
  if (process.connected) process.send?.(report);
};

let services: Promise<Services> | undefined;

// Ctrl-C reaches the whole terminal: the supervisor decides when we stop.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
// Left alone: whoever starts next takes over what we held.
process.on("disconnect", () => process.exit(1));

process.on("message", (message: Orders | { kind: "stop" }) => {
  if (message.kind === "orders") void work(message);
  else void end();
});

async function work(orders: Orders): Promise<void> {
  const { config, target, worker, version } = orders;
  const log = newLog(config.log);
  services = startServices({ config, target, worker, version, clock: nodeClock(), log });
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

async function end(): Promise<void> {
  await services?.then((running) => running.stop()).catch(() => undefined);
  process.exit(0);
}
