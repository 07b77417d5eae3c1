/** Groups: their rows. What an owner may set of them is in settings.ts. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { checkGroupName, holdNames, isFormerName, taken } from "./group-names.ts";
import { checkSettings, columnOf } from "./settings.ts";
import { SETTINGS } from "./settings-list.ts";
import type { Visibility } from "./visibility.ts";

export type Group = {
  id: string;
  /** The local part of the group's address. */
  name: string;
  title: string;
  description: string;
  /** How members treat each other, for who thinks of joining too. */
  guidelines: string;
  /** What strangers see of it (visibility.ts). */
  visibility: Visibility;
  /** Who may read the archive: what visibility says of it, in the words of before. */
  archive: "public" | "members";
  /** `open`: anybody. `approval`: who moderators let in. `invitation`: who is invited. `closed`: who is added. */
  joining: "open" | "approval" | "invitation" | "closed";
  /** What is asked of who asks to join; nothing when empty. */
  joinQuestion: string;
  /** Who may invite: who may change members, or every member. */
  inviting: "moderators" | "members";
  /** The group that this one belongs to. */
  parentId: string | null;
  /** Of a subgroup: who may join. */
  admits: "parent" | "anybody";
  /** What becomes of a post from somebody who is no member. */
  nonmembers: "hold" | "refuse";
  /** Who posts. `moderators`: a group for announcements. */
  posting: "members" | "moderators" | "everyone";
  /** What becomes of others' posts to a group for announcements. */
  others: "decline" | "hold";
  /** Whose posts a moderator reads first. */
  moderate: "nobody" | "newcomers" | "everyone";
  /** How many first posts of an author are a newcomer's. */
  newcomers: number;
  /** Minutes between two posts of one member; 0 for no slow mode. */
  slow: number;
  /** Everything is held. */
  emergency: "off" | "on";
  /** From which score of the spam filter a post is held, and declined; 0 for never. */
  spamHold: number;
  spamDecline: number;
  copies: "personal" | "shared";
  /** When From is rewritten. */
  dmarc: "rewrite-when-needed" | "always" | "untouched";
  /** Do copies and pages show members the addresses of authors? Hidden: an alias leads to them. */
  authors: "shown" | "hidden";
  /** Where a plain reply goes. */
  reply: "author" | "group";
  /** Put before the subject as `[tag]`; none when empty. */
  tag: string;
  /** Put below each post; none when empty. */
  footer: string;
  /** Its share of a provider's time against other groups': 2 is served twice as fast while both wait. */
  weight: number;
  /** Minutes in which an author may edit a post. */
  editing: number;
  /** Who sees the members that agreed to be seen. */
  listing: "nobody" | "moderators" | "members";
  /** What becomes of the posts of a member who is erased. */
  erasure: "anonymise" | "remove";
  /** What its members get once a month. */
  monthly: "nothing" | "guidelines" | "membership";
  /** Does an author hear that their held post went out? */
  tellsApproved: boolean;
  /** What its letters are written in (BCP 47). */
  language: string;
  /** How long posts stay: `forever`, or days and years as `90d` and `2y`. */
  keep: string;
  /** The largest post in KB; 0 for what the service takes. */
  sizeMax: number;
  /** What becomes of what is attached to a post. */
  attachments: "sent" | "linked" | "refused";
  /** Ends of names of files that are not taken, between spaces. */
  refusedFiles: string;
  /** How many addresses a post may name in To and Cc; 0 for any number. */
  namedMax: number;
  createdAt: Date;
  /** What its List-Id is made of: the name it had at first. */
  listId: string;
  /** It takes no posts and no members since then; null while it is open. */
  closedAt: Date | null;
  /** It is to be removed with everything in it; until then its owners can take that back. */
  eraseAt: Date | null;
};

/** Where the version before hid a group, its archive is for members and no visibility was chosen: that is secret. */
const READ: Partial<Record<keyof Group, string>> = {
  visibility: "case when visibility = 'public' and archive = 'members' then 'secret' else visibility end",
  archive: "case when visibility = 'public' then archive else 'members' end",
};

/** For this room only. */
export const GROUP = `id, name, created_at as "createdAt", coalesce(list_id, name) as "listId", closed_at as "closedAt",
  erase_at as "eraseAt", parent_id as "parentId", ${SETTINGS.map(({ key, kind }) =>
    kind === "number" ? `${columnOf(key)}::float8 as "${key}"` : `${READ[key] ?? columnOf(key)} as "${key}"`,
  ).join(", ")}`;

type OwnFields = "id" | "name" | "createdAt" | "listId" | "closedAt" | "eraseAt" | "parentId";

export type NewGroup = { name: string } & Partial<Omit<Group, OwnFields>>;

/** Makes a group. Refuses a name that is taken, was another group's, or can't be one. */
export async function addGroup(sql: Sql, wanted: NewGroup, clock: Clock, madeBy?: string): Promise<Group> {
  const name = wanted.name.toLowerCase();
  checkGroupName(name);
  const { name: _, title, ...settings } = wanted;
  const checked = checkSettings({ ...(settings as Record<string, string>), title: title?.trim() || name });
  await holdNames(sql);
  if (await isFormerName(sql, name)) throw taken(name);
  const row = { id: newId(clock), name, created_at: clock.now(), made_by: madeBy ?? null, ...checked };
  const [group] = await sql<Group[]>`
    insert into groups ${sql(row)} on conflict (name) do nothing returning ${sql.unsafe(GROUP)}`;
  if (!group) throw taken(name);
  return group;
}

/** Changes a group's settings: `{footer: "…", copies: "shared"}`. Refuses unknown keys and values in a sentence. */
export async function setGroup(sql: Sql, groupId: string, settings: Record<string, string>): Promise<Group> {
  const checked = checkSettings(settings);
  if (Object.keys(checked).length === 0) return groupById(sql, groupId);
  const [group] = await sql<Group[]>`
    update groups set ${sql(checked)} where id = ${groupId} returning ${sql.unsafe(GROUP)}`;
  if (!group) throw gone();
  return group;
}

export const groups = (sql: Sql): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(GROUP)} from groups order by name`;

/** The groups of these names (lower-case); names nobody has are left out. */
export const groupsNamed = (sql: Sql, names: string[]): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(GROUP)} from groups where name = any(${names})`;

export async function groupNamed(sql: Sql, name: string): Promise<Group | undefined> {
  const [group] = await groupsNamed(sql, [name.toLowerCase()]);
  return group;
}

/** How many groups somebody has made since then. */
export async function countMadeBy(sql: Sql, personId: string, since: Date): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from groups where made_by = ${personId} and created_at > ${since}`;
  return row?.count ?? 0;
}

/** Those that do not keep their posts for ever. */
export const groupsThatForget = (sql: Sql): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(GROUP)} from groups where keep <> 'forever' order by id`;

/** One of them, which nobody changes until the transaction ends; undefined where it keeps its posts now, or is being changed. */
export const holdForgetting = async (sql: Sql, groupId: string): Promise<Group | undefined> =>
  (
    await sql<Group[]>`
      select ${sql.unsafe(GROUP)} from groups where id = ${groupId} and keep <> 'forever' for share skip locked`
  )[0];

/** Lets nobody end the group until the transaction ends. Answers whether it is there. */
export const keepGroup = async (sql: Sql, groupId: string): Promise<boolean> =>
  (await sql`select id from groups where id = ${groupId} for key share`).length > 0;

export const groupsById = (sql: Sql, ids: string[]): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(GROUP)} from groups where id = any(${ids}::uuid[])`;

/** Puts a group under another, or under none: one floor of subgroups, and none under itself. */
export async function setParent(sql: Sql, groupId: string, parentName: string): Promise<void> {
  if (parentName === "") {
    await sql`update groups set parent_id = null where id = ${groupId}`;
    return;
  }
  const parent = await groupNamed(sql, parentName);
  if (!parent) throw new Refusal(en`There is no group called "${parentName.slice(0, 60)}" for this one to belong to.`);
  const below = await subgroups(sql, [groupId]);
  if (parent.id === groupId || parent.parentId || below.length > 0)
    throw new Refusal(
      en`${parent.name} can't be its parent: a subgroup has no subgroups, and no group belongs to itself.`,
    );
  await sql`update groups set parent_id = ${parent.id} where id = ${groupId}`;
}

/** The groups that belong to these. */
export const subgroups = (sql: Sql, parentIds: string[]): Promise<Group[]> =>
  sql<Group[]>`
    select ${sql.unsafe(GROUP)} from groups where parent_id = any(${parentIds}::uuid[]) order by title, name`;

/** Refuses where the group is gone. */
async function groupById(sql: Sql, id: string): Promise<Group> {
  const [group] = await groupsById(sql, [id]);
  if (!group) throw gone();
  return group;
}

const gone = (): Refusal => new Refusal(en`This group is gone: it may have been removed meanwhile.`);
