#!/usr/bin/env node
/**
 * The command: what an operator can ask for, and the file that answers.
 *
 * Only the file of the command that was asked for is loaded, so that `--help` comes at once. Success is exit code 0;
 * anything else is one line on standard error and 1.
 */
import { enableCompileCache } from "node:module";
import { Command } from "commander";
import { keepErrorsToOneLine, noCommand, tell } from "./commands/failure.ts";
import { mindClosedPipes } from "./commands/terminal.ts";

type Room = { define(command: Command): void };
type Route = [name: string, does: string, load: () => Promise<Room>];

const ROUTES: Route[] = [
  ["start", "run a node: mail in, mail out, the web", () => import("./commands/start.ts")],
  ["setup", "print the link that makes the first operator", () => import("./commands/setup.ts")],
  ["sign-in", "with what people sign in: show, unlock", () => import("./commands/sign-in.ts")],
  ["operator", "who looks after the service: add, list, remove", () => import("./commands/operator.ts")],
  [
    "group",
    "groups: add, list, show, set, templates, letters, rename, close, remove",
    () => import("./commands/group.ts"),
  ],
  [
    "member",
    "members of a group: add, invite, list, set, remove; who asks to join",
    () => import("./commands/member.ts"),
  ],
  ["rule", "a group's own rules on posts: add, list, try, move, remove", () => import("./commands/rule.ts")],
  ["person", "one person across all groups: show, find", () => import("./commands/person.ts")],
  ["ban", "who is kept out of a group, or of all: add, list, remove", () => import("./commands/ban.ts")],
  ["held", "posts that wait for a moderator: list, show, approve, decline", () => import("./commands/held.ts")],
  ["import", "bring an archive into a group", () => import("./commands/import.ts")],
  ["mail", "how a mail is read", () => import("./commands/mail.ts")],
  ["returns", "what a returned mail is taken for", () => import("./commands/returns.ts")],
  ["trace", "where a mail is, stage by stage", () => import("./commands/trace.ts")],
  ["status", "the queue, its rates, and a forecast", () => import("./commands/status.ts")],
  ["queue", "what waits: list, hold and release, held and unreadable mail", () => import("./commands/queue.ts")],
  ["provider", "providers: list, show, set; how they take our addresses", () => import("./commands/provider.ts")],
  ["tls", "how connections to other domains were protected", () => import("./commands/tls.ts")],
  ["node", "the machines at work", () => import("./commands/node.ts")],
  ["settings", "all settings, with their present values", () => import("./commands/settings.ts")],
  ["backup", "write everything into one file", () => import("./commands/backup.ts")],
  ["restore", "read everything back from a backup", () => import("./commands/restore.ts")],
  ["doctor", "check this installation, and print its DNS records", () => import("./commands/doctor.ts")],
];

async function main(words: string[]): Promise<void> {
  enableCompileCache();
  const asked = words[0] === "help" ? [...words.slice(1), "--help"] : words;
  const program = keepErrorsToOneLine(new Command("smartgroups"))
    .description("A self-hosted e-mail groups service.")
    .usage("COMMAND …")
    .option("-V, --version", "print the version")
    .addHelpText("after", "\nEvery command has --help. Settings are read from the environment: smartgroups settings")
    .action((options: { version?: boolean }) => noCommand(program, options.version === true));
  for (const [name, does, load] of ROUTES) {
    const command = program.command(name).description(does);
    if (asked.includes(name)) (await load()).define(command);
  }
  await program.parseAsync(asked, { from: "user" });
}

mindClosedPipes();
await main(process.argv.slice(2)).catch(tell);
