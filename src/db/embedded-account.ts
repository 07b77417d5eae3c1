/**
 * Whom the database runs as.
 *
 * PostgreSQL refuses to be root. An ordinary user runs it as themselves; root runs it as the owner of the database's
 * files, or for a new database as `smartgroups` or `postgres`, whichever exists, or a system user made now (initdb
 * looks its user up by name, so a bare number will not do).
 */
import { execFile } from "node:child_process";
import { chmod, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { Refusal, reasonOf } from "../kit/errors.ts";

const run = promisify(execFile);

/** Undefined ids mean: as we are. `through`: with the capability to search directories that are closed to it. */
export type Account = { name: string; uid: number | undefined; gid: number | undefined; through?: boolean };

const NAMES = ["smartgroups", "postgres"];

/** The account for the database files in `pgdata`, which need not exist yet; refuses files that it could not use. */
export async function accountFor(pgdata: string): Promise<Account> {
  const own = process.getuid?.();
  const owner = (await stat(pgdata).catch(() => undefined))?.uid;
  if (own !== 0) {
    if (owner === undefined || owner === own) return { name: "you", uid: undefined, gid: undefined };
    throw new Refusal(`${pgdata} belongs to ${await nameOf(owner)}: start Smartgroups as that user or as root`);
  }
  if (owner) return accountNamed(await nameOf(owner));
  const account = await existingAccount();
  if (owner === undefined) return account ?? makeAccount("smartgroups");
  throw new Refusal(
    `${pgdata} belongs to root, and PostgreSQL does not run as root: run chown -R ${account?.name ?? "USER"} ${pgdata}`,
  );
}

async function existingAccount(): Promise<Account | undefined> {
  for (const name of NAMES) {
    const found = await lookUp(name);
    if (found) return found;
  }
  return undefined;
}

async function accountNamed(name: string): Promise<Account> {
  const found = await lookUp(name);
  if (found) return found;
  throw new Refusal(`The database's files belong to ${name}, whom this system does not know: make that user`);
}

export type Command = { program: string; words: string[]; ids: { uid?: number; gid?: number } };

/** How to spawn a program as the account. */
export function commandAs(account: Account, program: string, words: string[]): Command {
  const { uid, gid, through } = account;
  if (uid === undefined || gid === undefined) return { program, words, ids: {} };
  if (!through) return { program, words, ids: { uid, gid } };
  const caps = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  const who = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...caps];
  return { program: "setpriv", words: [...who, "--", program, ...words], ids: {} };
}

/** Whether the account may search this directory; asked by trying, so that ACLs count. */
export async function canEnter(directory: string, account: Account): Promise<boolean> {
  if (account.uid === undefined) return true;
  const { program, words, ids } = commandAs(account, "/bin/sh", ["-c", 'cd -- "$1"', "sh", directory]);
  return run(program, words, { cwd: "/", ...ids }).then(
    () => true,
    () => false,
  );
}

/**
 * The account as it can reach `directory`, which is ours to open to it. Below a closed directory (/root is 0700) it is
 * let through by Linux's CAP_DAC_READ_SEARCH where setpriv can give that; otherwise the sentence names what is closed.
 */
export async function openTheWay(directory: string, account: Account): Promise<Account> {
  if (await canEnter(directory, account)) return account;
  for (const parent of parentsOf(directory)) {
    if (await canEnter(parent, account)) continue;
    const through = { ...account, through: true };
    if (await canEnter(directory, through)) return through;
    throw new Refusal(
      `The database runs as the user ${account.name}, who cannot reach ${directory}: choose another directory with SMARTGROUPS_DATA, or run chmod o+x ${parent}`,
    );
  }
  await chmod(directory, (await stat(directory)).mode | 0o001);
  return account;
}

/** From the root down, without the directory itself. */
function parentsOf(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [] : [...parentsOf(parent), parent];
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

const nameOf = (uid: number): Promise<string> =>
  run("id", ["-un", String(uid)]).then(
    ({ stdout }) => stdout.trim(),
    () => `number ${uid}`,
  );

async function makeAccount(name: string): Promise<Account> {
  let reason = "";
  for (const [program, ...words] of [
    ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/", "--shell", "/bin/false", name],
    // Alpine and other BusyBox systems
    ["adduser", "-S", "-D", "-H", "-h", "/", "-s", "/bin/false", name],
  ] as const) {
    await run(program, words).catch((error: unknown) => {
      reason = reasonOf(error);
    });
    const made = await lookUp(name);
    if (made) return made;
  }
  throw new Refusal(
    `PostgreSQL does not run as root, and the user ${name} could not be made for it (${reason}): make that user, or start Smartgroups as an ordinary user`,
  );
}
