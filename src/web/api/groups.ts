/** Groups and members, as `group list`, `group show` and `member list` print them. */
import * as archive from "../../archive/archive.ts";
import * as directory from "../../directory/directory.ts";
import { addressKey } from "../../mail/address.ts";
import type { House, Page } from "../house.ts";
import { groupFor, isModerator } from "../rights.ts";
import { withoutAddresses } from "../views/names.ts";
import { kept, limitFrom, linkNext } from "./answer.ts";

/** GET groups?after=NAME&limit= : mine, and those whose archive is open to everybody, by name. */
export async function list(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const limit = limitFrom(c, 100);
  const after = (c.req.query("after") ?? "").toLowerCase();
  const visitor = await c.var.visitor();
  const mine = visitor?.personId ? await directory.membershipsOfPerson(pool, visitor.personId) : [];
  const mineIds = new Set(mine.map((one) => one.groupId));
  const groups = (await directory.groups(pool))
    .filter((one) => one.archive === "public" || mineIds.has(one.id))
    .sort((a, b) => order(a.name, b.name))
    .filter((one) => order(one.name, after) > 0);
  const some = groups.slice(0, limit);
  if (groups.length > limit) linkNext(c, { after: some.at(-1)!.name, limit });
  return c.json(await describe(c.var.house, some, (one) => !mineIds.has(one.id)));
}

/** GET groups/:name ; the owners' addresses are for those who decide with them. */
export async function one(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "reader");
  const [group] = await describe(house, [seen.group], () => seen.hidesAddresses);
  if (!isModerator(seen)) return kept(c, seen, group);
  const owners = (await directory.deciders(house.pool, seen.group.id)).filter((member) => member.role === "owner");
  return kept(c, seen, { ...group, owners: owners.map((owner) => owner.address) });
}

/** GET groups/:name/members?after=ADDRESS&limit= , by address */
export async function members(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "moderator");
  const limit = limitFrom(c, 100);
  const after = addressKey(c.req.query("after") ?? "");
  const found = (await directory.members(c.var.house.pool, group.id))
    .map((member) => ({ ...member, key: addressKey(member.address) }))
    .sort((a, b) => order(a.key, b.key))
    .filter((member) => order(member.key, after) > 0);
  const some = found.slice(0, limit);
  if (found.length > limit) linkNext(c, { after: some.at(-1)!.key, limit });
  return c.json(some.map(({ address, name, role, mode, joinedAt }) => ({ address, name, role, mode, joinedAt })));
}

/** By code, the same whatever the database's collation is. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function describe(
  { pool, config }: House,
  groups: directory.Group[],
  hides: (group: directory.Group) => boolean,
) {
  const ids = groups.map((group) => group.id);
  const [counts, posts] = await Promise.all([directory.countMembers(pool, ids), archive.summaries(pool, ids)]);
  return groups.map((group) => {
    const { id, name, title, ...settings } = group;
    const say = (text: string): string => (hides(group) ? withoutAddresses(text) : text);
    return {
      name,
      title: say(title),
      address: `${name}@${config.domain}`,
      members: counts.get(id) ?? 0,
      posts: posts.get(id)?.postCount ?? 0,
      lastAt: posts.get(id)?.lastAt ?? null,
      ...settings,
      description: say(settings.description),
      footer: say(settings.footer),
    };
  });
}
