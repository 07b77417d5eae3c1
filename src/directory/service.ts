/**
 * One person across all groups, for the operators of the service; and who is kept out of all groups: such a ban is kept
 * as one of a group that does not exist.
 */
import type { Sql } from "../db/sql.ts";
import { addressKey } from "../mail/address.ts";
import { SERVICE } from "./bans.ts";

export type FoundPerson = { id: string; name: string; addresses: string[]; groups: number };

/** People whose name, or an address of theirs or of a membership, contains this; an address as it is comes first. */
export const findPeople = (sql: Sql, text: string, limit: number): Promise<FoundPerson[]> =>
  sql<FoundPerson[]>`
    with wanted as (
      select id from people where position(lower(${text}) in lower(name)) > 0
      union
      select person_id from addresses where position(${addressKey(text)} in address_key) > 0
      union
      select person_id from memberships where ended_at is null
        and (position(${addressKey(text)} in address_key) > 0 or position(lower(${text}) in lower(name)) > 0)
      limit 5000
    )
    select p.id, p.name,
      coalesce((select array_agg(address order by address_key) from addresses a where a.person_id = p.id), '{}') as addresses,
      (select count(*)::int from memberships m where m.person_id = p.id and m.ended_at is null) as groups
    from people p join wanted w on w.id = p.id
    order by exists (select from addresses a where a.person_id = p.id and a.address_key = ${addressKey(text)}) desc, p.name, p.id
    limit ${limit}`;

/** Which bans, of groups and of the service, keep out one of these addresses. */
export const bansAgainst = (
  sql: Sql,
  addresses: string[],
): Promise<{ group: string | null; pattern: string; why: string; setBy: string; setAt: Date }[]> =>
  sql<{ group: string | null; pattern: string; why: string; setBy: string; setAt: Date }[]>`
    select g.name as "group", b.pattern, b.why, b.set_by as "setBy", b.set_at as "setAt"
    from bans b left join groups g on g.id = b.group_id
    where exists (select from unnest(${addresses.map(addressKey)}::text[]) as a(key) where a.key like b.matches)
      and (g.id is not null or b.group_id = ${SERVICE})
    order by b.set_at desc limit 200`;

/** Members who let the others see them. */
export const listedMembers = (
  sql: Sql,
  groupId: string,
  limit: number,
): Promise<{ id: string; name: string; address: string; about: string; role: string }[]> =>
  sql<{ id: string; name: string; address: string; about: string; role: string }[]>`
    select id, name, address, about, role from memberships
    where group_id = ${groupId} and is_listed and ended_at is null order by lower(name), id limit ${limit}`;
