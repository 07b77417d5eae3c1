/** What PostgreSQL's programs say when they fail, in a sentence that tells what to do. */
import type { Layout } from "./embedded-files.ts";

type Cause = { said: RegExp; sentence: (layout: Layout, match: RegExpMatchArray) => string };

const CAUSES: Cause[] = [
  {
    // musl instead of glibc, or a glibc that is too old
    said: /spawn \S+ ENOENT|error while loading shared libraries|version `GLIBC\S* not found/,
    sentence: () =>
      "The packaged PostgreSQL does not run on this system (it needs glibc): set DATABASE_URL to a PostgreSQL server of your own",
  },
  {
    said: /No space left on device|Disk quota exceeded/,
    sentence: full,
  },
  {
    said: /initialized by PostgreSQL version (\S+), which is not compatible with this version (\S+?)\.?$/m,
    sentence: ({ pgdata }, [, theirs, ours]) =>
      `${pgdata} was made by PostgreSQL ${theirs} and this is ${ours}: move it aside and restore a backup, or use it with its own PostgreSQL through DATABASE_URL`,
  },
  {
    said: /could not (?:create|map|resize|attach to|open) (?:anonymous )?shared memory|Cannot allocate memory|out of memory/,
    sentence: () => "There is not enough memory for PostgreSQL (about 150 MB): free some and start again",
  },
  {
    said: /could not create semaphores/,
    sentence: () => "The system has no semaphores left for PostgreSQL: raise kernel.sem and start again",
  },
  {
    said: /LOG: {2}(.*)\n(?:.*\n)*?.*configuration file "(.*)" contains errors/,
    sentence: (_, [, what, file]) => `A setting of the database is wrong: ${what}; correct it in ${file}`,
  },
  {
    said: /control file|pg_control|PG_CONTROL_VERSION|could not locate a valid checkpoint record|invalid (?:primary )?checkpoint|PG_VERSION/,
    sentence: ({ pgdata, log }) =>
      `The database in ${pgdata} is damaged and does not start (${log} has the details): move it aside and restore a backup`,
  },
  {
    said: /pre-existing shared memory block|lock file "postmaster\.pid" already exists/,
    sentence: ({ pgdata }) =>
      `Processes of an earlier PostgreSQL still use ${pgdata}: end them (ps -ef | grep postgres) and start again`,
  },
  {
    said: /Permission denied|wrong ownership|invalid permissions/,
    sentence: ({ pgdata }) =>
      `The database's user may not use ${pgdata}: start as the user who made it, or as root, and keep its mode 0700`,
  },
  {
    said: /Read-only file system/,
    sentence: ({ directory }) => `${directory} is on a read-only file system: mount it writable and start again`,
  },
];

function full({ directory }: Layout): string {
  return `The disk that holds ${directory} is full: make room (about 200 MB for a new database) and start again`;
}

/** The sentence for what was said; without a known cause a full disk is taken for one, or PostgreSQL's own last word. */
export function sentenceFor(said: string, layout: Layout, diskIsFull: boolean): string {
  for (const { said: pattern, sentence } of CAUSES) {
    const match = pattern.exec(said);
    if (match) return sentence(layout, match);
  }
  if (diskIsFull) return full(layout);
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const fatal = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? "no reason given";
  return `PostgreSQL did not start: ${fatal.replace(/^.*?(?:FATAL|PANIC|error): */, "")} (${layout.log} has the details)`;
}

/** Whether waiting may be enough: the last backends of a killed server are still ending. */
export const mayPass = (said: string): boolean => /pre-existing shared memory block/.test(said);
