/**
 * The command: what an operator can ask for, and the file that answers.
 *
 * Only the file of the command that was asked for is loaded, so that `--help` comes at once. Success is exit code 0;
 * anything else is one line on standard error and 1.
 */
import { Command } from "commander";
import { keepErrorsToOneLine, noCommand, tell } from "./failure.ts";
import { mindClosedPipes } from "./terminal.ts";

type Room = { define(command: Command): void };
type Route = [name: string, does: string, load: () => Promise<Room>];

const ROUTES: Route[] = [
  ["start", "run a node: mail in, mail out, the web", () => import("./start.ts")],
  ["setup", "print the link that makes the first operator", () => import("./setup.ts")],
  ["sign-in", "with what people sign in: show, unlock", () => import("./sign-in.ts")],
  ["operator", "who looks after the service: add, list, remove", () => import("./operator.ts")],
  ["group", "groups: add, list, show, set, templates, letters, rename, close, remove", () => import("./group.ts")],
  ["member", "members of a group: add, invite, list, set, remove; who asks to join", () => import("./member.ts")],
  ["rule", "a group's own rules on posts: add, list, try, move, remove", () => import("./rule.ts")],
  ["person", "one person across all groups: show, find", () => import("./person.ts")],
  ["ban", "who is kept out of a group, or of all: add, list, remove", () => import("./ban.ts")],
  ["held", "posts that wait for a moderator: list, show, approve, decline", () => import("./held.ts")],
  ["import", "bring an archive into a group", () => import("./import.ts")],
  ["mail", "how a mail is read", () => import("./mail.ts")],
  ["returns", "what a returned mail is taken for", () => import("./returns.ts")],
  ["trace", "where a mail is, stage by stage", () => import("./trace.ts")],
  ["status", "the queue, its rates, and a forecast", () => import("./status.ts")],
  ["queue", "what waits: list, hold and release, held and unreadable mail", () => import("./queue.ts")],
  ["provider", "providers: list, show, set; how they take our addresses", () => import("./provider.ts")],
  ["tls", "how connections to other domains were protected", () => import("./tls.ts")],
  ["node", "the machines at work", () => import("./node.ts")],
  ["settings", "all settings, with their present values", () => import("./settings.ts")],
  ["backup", "write everything into one file", () => import("./backup.ts")],
  ["restore", "read everything back from a backup", () => import("./restore.ts")],
  ["doctor", "check this installation, and print its DNS records", () => import("./doctor.ts")],
];

/** Does what the words ask for; trouble is told, and leaves exit code 1. */
export async function run(words: string[]): Promise<void> {
  mindClosedPipes();
  await obey(words).catch(tell);
}

async function obey(words: string[]): Promise<void> {
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
