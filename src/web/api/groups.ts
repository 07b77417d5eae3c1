/** Groups and members, as `group list`, `group show` and `member list` print them. */
import * as archive from "../../archive/archive.ts";
import * as directory from "../../directory/directory.ts";
import { addressKey } from "../../mail/address.ts";
import type { House, Page } from "../house.ts";
import { groupFor, isModerator } from "../rights.ts";
import { withoutAddresses } from "../views/names.ts";
import { kept, limitFrom, linkNext } from "./answer.ts";

/** GET groups?after=NAME&limit= : mine, and those that are listed, by name. */
export async function list(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const limit = limitFrom(c, 100);
  const after = (c.req.query("after") ?? "").toLowerCase();
  const visitor = await c.var.visitor();
  const mine = visitor?.personId ? await directory.membershipsOfPerson(pool, visitor.personId) : [];
  const mineIds = new Set(mine.map((one) => one.groupId));
  const groups = (await directory.groups(pool))
    .filter((one) => directory.isListed(one) || mineIds.has(one.id))
    .sort((a, b) => order(a.name, b.name))
    .filter((one) => order(one.name, after) > 0);
  const some = groups.slice(0, limit);
  if (groups.length > limit) linkNext(c, { after: some.at(-1)!.name, limit });
  return c.json(await describe(c.var.house, some, (one) => sightOf(one, mineIds.has(one.id))));
}

/** GET groups/:name ; the owners' addresses are for those who decide with them. */
export async function one(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "front");
  const [group] = await describe(house, [seen.group], () => sightOf(seen.group, seen.membership !== undefined));
  if (!isModerator(seen)) return kept(c, seen, group);
  const owners = (await directory.deciders(house.pool, seen.group.id)).filter((member) => member.role === "owner");
  return kept(c, seen, { ...group, owners: owners.map((owner) => owner.address) });
}

/** GET groups/:name/members?after=ADDRESS&limit= , by address */
export async function members(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "members");
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

export async function describe(
  { pool, config }: House,
  groups: directory.Group[],
  sight: (group: directory.Group) => "member" | directory.Sight,
) {
  const ids = groups.map((group) => group.id);
  const parentIds = groups.flatMap((group) => group.parentId ?? []);
  const [counts, posts, parents] = await Promise.all([
    directory.countMembers(pool, ids),
    archive.summaries(pool, ids),
    directory.groupsById(pool, parentIds),
  ]);
  return groups.map((group) => {
    const { id, name, title, parentId, ...settings } = group;
    const seen = sight(group);
    const say = (text: string): string => (seen === "member" ? text : withoutAddresses(text));
    const parent = parents.find((one) => one.id === parentId && (seen === "member" || directory.isListed(one)));
    const front = { name, title: say(title), address: `${name}@${config.domain}`, parent: parent?.name ?? null };
    if (seen !== "member" && seen !== "archive") {
      const { visibility, archive, joining, joinQuestion, language, createdAt } = settings;
      const words = { description: say(settings.description), guidelines: say(settings.guidelines) };
      return { ...front, visibility, archive, joining, joinQuestion, language, createdAt, ...words };
    }
    return {
      ...front,
      members: counts.get(id) ?? 0,
      posts: posts.get(id)?.postCount ?? 0,
      lastAt: posts.get(id)?.lastAt ?? null,
      ...settings,
      description: say(settings.description),
      guidelines: say(settings.guidelines),
      joinQuestion: say(settings.joinQuestion),
      footer: say(settings.footer),
    };
  });
}

const sightOf = (group: directory.Group, isMember: boolean): "member" | directory.Sight =>
  isMember ? "member" : directory.sightOf(group, { isMember });
