/** `queue`: what waits; holding and releasing; mail that waits for a person. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { noun } from "./failure.ts";
import * as aside from "./queue-aside.ts";
import { hold, list, release } from "./queue-waiting.ts";

export function define(command: Command): void {
  noun(command);
  const verb = (words: string, does: string): Command =>
    command.command(words).description(does).allowExcessArguments(false);
  verb("list", "deliveries, in the order they will be taken")
    .option("--limit <COUNT>", "how many to show", "100")
    .option("--json", "print JSON")
    .action((options: { json?: boolean; limit: string }) => list(readConfig(), options));
  verb("hold", "stop sending: everything, a group's posts, or to a provider; what waits is kept")
    .option("--group <G>")
    .option("--provider <P>")
    .action((options: { group?: string; provider?: string }) => hold(readConfig(), options));
  verb("release", "go on sending, evenly and without a burst")
    .option("--group <G>")
    .option("--provider <P>")
    .action((options: { group?: string; provider?: string }) => release(readConfig(), options));
  verb("held [GROUP]", "mail that waits for a moderator")
    .option("--json", "print JSON")
    .action((group: string | undefined, options: { json?: boolean }) => aside.held(readConfig(), group, options));
  verb("approve <ID>", "let a held mail through").action((id: string) => aside.approve(readConfig(), id));
  verb("decline <ID>", "end a held mail; it is kept as declined, and nobody is written to")
    .option("--reason <TEXT>", "kept with it", "declined by the operator")
    .action((id: string, options: { reason: string }) => aside.decline(readConfig(), id, options.reason));
  verb("unreadable", "mail that the pipeline could not read, set aside for a person")
    .option("--json", "print JSON")
    .action((options: { json?: boolean }) => aside.unreadable(readConfig(), options));
  verb("retry <ID>", "let an unreadable mail be tried again").action((id: string) => aside.retry(readConfig(), id));
  verb("raw <ID>", "the bytes of a mail in the queue, on standard output").action((id: string) =>
    aside.raw(readConfig(), id),
  );
}
