/**
 * What a command says when it can't: one line on standard error, and exit code 1.
 *
 * A refusal is printed as it is. Trouble with the database becomes a sentence about the database. What nobody foresaw
 * is our mistake and says so; its stack is printed when SMARTGROUPS_LOG is `debug`.
 */
import { readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { codeOf, Refusal, reasonOf } from "../kit/errors.ts";
import { clean, print, warn } from "./terminal.ts";

/** Commander throws instead of printing and leaving; commands made from this one do so too. */
export function keepErrorsToOneLine(program: Command): Command {
  return program
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => undefined })
    .allowExcessArguments();
}

/** The end of a command that did not do what was asked. */
export async function tell(error: unknown): Promise<void> {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 1;
  warn(clean(await sentenceOf(error)));
  if (!(error instanceof Refusal || error instanceof CommanderError) && (await isDebugging()))
    warn(String(stackOf(error)));
}

/** The program without a command: its version, or a word about the one nobody knows. */
export function noCommand(program: Command, isVersionAsked: boolean): void {
  if (isVersionAsked) {
    print(version());
    return;
  }
  const [word] = program.args;
  throw new Refusal(
    word === undefined
      ? "Say what to do: smartgroups --help lists the commands."
      : `There is no command "${word}": smartgroups --help lists them.`,
  );
}

/** For a command that is only a noun: tells what can be said after it. */
export function noun(command: Command): Command {
  return command
    .usage("COMMAND …")
    .allowExcessArguments()
    .action(() => {
      const verbs = command.commands.map((one) => one.name()).join(", ");
      const [word] = command.args;
      throw new Refusal(
        word === undefined
          ? `Say what to do: after "${command.name()}" comes one of ${verbs}.`
          : `"${command.name()}" has no command "${word}": choose one of ${verbs}.`,
      );
    });
}

export const version = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;

/** One sentence about what went wrong, whatever was thrown. */
export async function sentenceOf(error: unknown): Promise<string> {
  if (error instanceof Refusal) return reasonOf(error);
  if (error instanceof CommanderError) return misuse(reasonOf(error).replace(/^error: /, ""));
  const { isPassing } = await import("../db/sql.ts");
  const code = codeOf(error);
  const about = DATABASE_SAYS[code ?? ""];
  if (about !== undefined) return `${about} (PostgreSQL says: ${reasonOf(error)})`;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "53100") return "The disk is full: make room and try again.";
  if (isFileTrouble(error)) return `${reasonOf(error).replace(/^[A-Z]+: /, "")}: nothing was done with that file.`;
  if (isPassing(error)) {
    return `The database can't be reached just now (${reasonOf(error) || code}): see that it runs and that DATABASE_URL is right, then try again.`;
  }
  return `This is a fault in Smartgroups, please report it: ${reasonOf(error)}`;
}

/** What commander found wrong, as a sentence; what it may say in another version is passed on as it is. */
function misuse(said: string): string {
  const [, name] = /^missing required argument '(.+)'$/.exec(said) ?? [];
  if (name) return `${name} is missing: the same command with --help shows what it wants.`;
  const [, option] = /^unknown option '(.+?)'$/.exec(said) ?? [];
  if (option) return `There is no option ${option} here: the same command with --help lists them.`;
  const [, flag] = /^option '(.+)' argument missing$/.exec(said) ?? [];
  if (flag) return `Something must follow ${flag.split(" ")[0]}: the same command with --help shows what.`;
  const [, extra] = /^too many arguments.*but got \d+: (.+)\.$/.exec(said) ?? [];
  if (extra) return `"${extra}" is too much here: the same command with --help shows what it wants.`;
  return `${said} (--help tells more)`;
}

const DATABASE_SAYS: Record<string, string> = {
  "28P01": "The database does not accept this user and password: correct DATABASE_URL.",
  "28000": "The database does not let this user in: correct DATABASE_URL or its pg_hba.conf.",
  "3D000": "The database named in DATABASE_URL does not exist: create it, or correct the name.",
  "42501": "The database user may not do this: make it the owner of the database.",
  "25006": "This database is read-only: point DATABASE_URL at the primary.",
};

const isFileTrouble = (error: unknown): boolean =>
  error instanceof Error && "syscall" in error && error.syscall !== "connect" && "path" in error;

const stackOf = (error: unknown): unknown => (error instanceof Error ? error.stack : error);

async function isDebugging(): Promise<boolean> {
  try {
    const { readConfig } = await import("../config.ts");
    return readConfig().log === "debug";
  } catch {
    return false;
  }
}
