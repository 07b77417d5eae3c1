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

/** `undefined` ids mean: as we are. */
export type Account = { name: string; uid: number | undefined; gid: number | undefined };

const NAMES = ["smartgroups", "postgres"];

/** The account for the database files in `pgdata`, which need not exist yet. */
export async function accountFor(pgdata: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { name: "you", uid: undefined, gid: undefined };
  const owner = await stat(pgdata).catch(() => undefined);
  if (owner && owner.uid !== 0) return { name: await nameOf(owner.uid), uid: owner.uid, gid: owner.gid };
  for (const name of NAMES) {
    const found = await lookUp(name);
    if (found) return found;
  }
  return makeAccount("smartgroups");
}

/** What `spawn` needs to run a program as that account. */
export const runAs = (account: Account): { uid?: number; gid?: number } =>
  account.uid === undefined || account.gid === undefined ? {} : { uid: account.uid, gid: account.gid };

/** Whether the account may search this directory; asked by trying, so that ACLs count. */
export async function canEnter(directory: string, account: Account): Promise<boolean> {
  if (account.uid === undefined) return true;
  return run("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], { cwd: "/", ...runAs(account) }).then(
    () => true,
    () => false,
  );
}

/** Makes sure that the account reaches `directory`, which is ours to open, or names the parent that is in the way. */
export async function openTheWay(directory: string, account: Account): Promise<void> {
  if (await canEnter(directory, account)) return;
  for (const parent of parentsOf(directory)) {
    if (await canEnter(parent, account)) continue;
    throw new Refusal(
      `The database runs as the user ${account.name}, who cannot reach ${directory}: choose another directory with SMARTGROUPS_DATA, or run chmod o+x ${parent}`,
    );
  }
  await chmod(directory, (await stat(directory)).mode | 0o001);
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
