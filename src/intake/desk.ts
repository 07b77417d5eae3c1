/** What all conversations of a door share. */
import type { SecureContext } from "node:tls";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Batcher } from "./batch.ts";
import type { Counters } from "./counters.ts";
import type { IncomingMail, IntakeDoors } from "./doors.ts";

export type Desk = {
  domain: string;
  hostname: string;
  sizeLimitBytes: number;
  proxyProtocol: boolean;
  secureContext: SecureContext;
  keptText(id: string): string;
  doors: IntakeDoors;
  batcher: Batcher<IncomingMail>;
  counters: Counters;
  clock: Clock;
  log: Log;
  isStopping(): boolean;
  /** May one more connection from this address be heard? Asked once for each, when its address is known. */
  admit(address: string): "yes" | "full";
  /** An admitted connection has ended. */
  leave(address: string): void;
};
