/** Looking members up for evidence: those who have left too, since mail was sent to them. */
import type { Sql } from "../db/sql.ts";
import { addressKey } from "../mail/address.ts";
import { MEMBERSHIP, type Membership } from "./members.ts";

export type AnyMembership = Membership & { endedAt: Date | null };

const COLUMNS = `${MEMBERSHIP}, ended_at as "endedAt"`;

/** Memberships of a group by their ids, ended ones too. */
export const membershipsById = (sql: Sql, groupId: string, ids: string[]): Promise<AnyMembership[]> =>
  sql<AnyMembership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships where group_id = ${groupId} and id = any(${ids}::uuid[])`;

/** All memberships an address has had in a group, the newest first. */
export const membershipsEver = (sql: Sql, groupId: string, address: string): Promise<AnyMembership[]> =>
  sql<AnyMembership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships
    where group_id = ${groupId} and address_key = ${addressKey(address)} order by joined_at desc limit 20`;

/** Memberships of a group whose address or name contains `text`, the newest first. */
export const findMemberships = (sql: Sql, groupId: string, text: string, limit: number): Promise<AnyMembership[]> =>
  sql<AnyMembership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships
    where group_id = ${groupId} and position(lower(${text}) in lower(address || ' ' || name)) > 0
    order by joined_at desc, id desc limit ${limit}`;
