/** Groups: their names, their rules, and what an owner may set. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { catalogues } from "../language/language.ts";

export type Group = {
  id: string;
  /** The local part of the group's address. */
  name: string;
  title: string;
  description: string;
  /** Who may read the archive. */
  archive: "public" | "members";
  /** Who may join by themselves. */
  joining: "open" | "closed";
  /** What becomes of a post from somebody who is no member. */
  nonmembers: "hold" | "refuse";
  copies: "personal" | "shared";
  /** When From is rewritten. */
  dmarc: "rewrite-when-needed" | "always" | "untouched";
  /** Where a plain reply goes. */
  reply: "author" | "group";
  /** Put before the subject as `[tag]`; none when empty. */
  tag: string;
  /** Put below each post; none when empty. */
  footer: string;
  /** Its share of a provider's time against other groups': 2 is served twice as fast while both wait. */
  weight: number;
  /** What its letters are written in (BCP 47). */
  language: string;
  createdAt: Date;
};

const COLUMNS = `id, name, title, description, archive, joining, nonmembers, copies, dmarc, reply, tag, footer, language,
  weight::float8 as weight, created_at as "createdAt"`;

/** What may be set, and to what: the names are those of `group set NAME key=value`. */
const SETTABLE: Record<string, string[] | (() => string[]) | number | { from: number; to: number }> = {
  title: 200,
  description: 4000,
  archive: ["public", "members"],
  joining: ["open", "closed"],
  nonmembers: ["hold", "refuse"],
  copies: ["personal", "shared"],
  dmarc: ["rewrite-when-needed", "always", "untouched"],
  reply: ["author", "group"],
  tag: 40,
  footer: 4000,
  weight: { from: 0.1, to: 100 },
  language: () => [...catalogues().keys()],
};

/** Names no group may have: RFC 2142's mailboxes and the service's own addresses. */
const RESERVED = new Set([
  ...["postmaster", "abuse", "hostmaster", "webmaster", "noc", "security", "support", "info", "marketing", "sales"],
  ...[
    "mailer-daemon",
    "root",
    "bounce",
    "leave",
    "join",
    "back",
    "confirm",
    "noreply",
    "no-reply",
    "news",
    "usenet",
    "www",
    "uucp",
    "ftp",
  ],
]);

/** The words at the end of a group's address that are not part of its name: `GROUP-owner`, `GROUP+subscribe`. */
const SUFFIX = /-(owner|request|subscribe|unsubscribe|join|leave|bounces|help)$/;

/** Refuses, in a sentence, a name a group can't have. */
export function checkGroupName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/.test(name)) {
    throw new Refusal(
      `"${name}" can't be a group's name: use up to 40 letters a–z, digits, dots and hyphens, beginning with a letter or digit.`,
    );
  }
  if (RESERVED.has(name) || SUFFIX.test(name) || name.includes("..") || name.endsWith(".")) {
    throw new Refusal(`"${name}" has a meaning of its own in mail: choose another name for the group.`);
  }
}

export type NewGroup = { name: string } & Partial<Omit<Group, "id" | "name" | "createdAt">>;

/** Makes a group. Refuses a name that is taken or can't be one. */
export async function addGroup(sql: Sql, wanted: NewGroup, clock: Clock): Promise<Group> {
  const name = wanted.name.toLowerCase();
  checkGroupName(name);
  const { name: _, ...settings } = wanted;
  const checked = checkSettings(settings as Record<string, string>);
  const row = { id: newId(clock), name, title: wanted.title || name, created_at: clock.now(), ...checked };
  const [group] = await sql<Group[]>`
    insert into groups ${sql(row)} on conflict (name) do nothing returning ${sql.unsafe(COLUMNS)}`;
  if (!group) throw new Refusal(`There is already a group called ${name}: choose another name.`);
  return group;
}

/** Changes a group's settings: `{footer: "…", copies: "shared"}`. Refuses unknown keys and values in a sentence. */
export async function setGroup(sql: Sql, groupId: string, settings: Record<string, string>): Promise<Group> {
  const checked = checkSettings(settings);
  const [group] = await sql<Group[]>`
    update groups set ${sql(checked)} where id = ${groupId} returning ${sql.unsafe(COLUMNS)}`;
  if (!group) throw new Refusal("This group is gone: it may have been removed meanwhile.");
  return group;
}

function checkSettings(settings: Record<string, string>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    const set = SETTABLE[key];
    const rule = typeof set === "function" ? set() : set;
    if (value === undefined) continue;
    if (rule === undefined)
      throw new Refusal(`There is no setting "${key}": choose one of ${Object.keys(SETTABLE).join(", ")}.`);
    if (Array.isArray(rule) && !rule.includes(value)) {
      throw new Refusal(`${key} can't be "${value}": choose ${rule.join(" or ")}.`);
    }
    if (typeof rule === "object" && "from" in rule && !isBetween(value, rule))
      throw new Refusal(`${key} can't be "${value}": choose a number from ${rule.from} to ${rule.to}.`);
    if (typeof rule === "number" && value.length > rule) {
      throw new Refusal(`${key} is too long: keep it to ${rule} characters.`);
    }
    if (key !== "footer" && key !== "description" && /[\r\n\0]/.test(value))
      throw new Refusal(`${key} must be a single line.`);
    checked[key] = value;
  }
  return checked;
}

const isBetween = (text: string, { from, to }: { from: number; to: number }): boolean =>
  /^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) >= from && Number(text) <= to;

export const groups = (sql: Sql): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(COLUMNS)} from groups order by name`;

/** The groups of these names (lower-case); names nobody has are left out. */
export const groupsNamed = (sql: Sql, names: string[]): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(COLUMNS)} from groups where name = any(${names})`;

export async function groupNamed(sql: Sql, name: string): Promise<Group | undefined> {
  const [group] = await groupsNamed(sql, [name.toLowerCase()]);
  return group;
}

export const groupsById = (sql: Sql, ids: string[]): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(COLUMNS)} from groups where id = any(${ids}::uuid[])`;
