/**
 * Invitations: to whom, by whom, and what came of them. One waits for an address and a group at a time, through any
 * backlog: its time counts only from when its letter has left.
 *
 * Who declined is not invited to that group again, and who asked so is never invited: to it, or to anything here.
 */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { addressKey } from "../mail/address.ts";

/** After its letter has left, the invited are reminded, and how much later it ends. */
export const INVITATION_REMINDED = 7 * DAY;
export const INVITATION_ENDS = 21 * DAY;

/** In a day. An operator, who has the machine, is bound by none of these. */
const BY_MODERATOR = 50;
const BY_MEMBER = 5;
const BY_GROUP = 200;
/** In a week, by all groups together: nobody is flooded with invitations. */
const TO_ADDRESS = 3;

export type InvitationState = "waiting" | "joined" | "declined" | "revoked" | "expired";

export type Invitation = {
  id: string;
  groupId: string;
  address: string;
  byMembership: string | null;
  byName: string;
  words: string;
  state: InvitationState;
  letterId: string;
  madeAt: Date;
  remindedAt: Date | null;
  decidedAt: Date | null;
};

const COLUMNS = `id, group_id as "groupId", address, by_membership as "byMembership", by_name as "byName", words, state,
  letter_id as "letterId", made_at as "madeAt", reminded_at as "remindedAt", decided_at as "decidedAt"`;

export type Inviter = { membershipId: string | null; name: string; isModerator: boolean };

/** Why an address can't be invited, in a word. `limit`: enough for today. */
export type NotInvited = "member" | "waiting" | "declined" | "unwanted" | "banned" | "enough" | "limit";

/**
 * Writes down an invitation if it may be made, in the transaction that writes its letter. A page that is sent twice
 * invites once.
 */
export async function invite(
  sql: Sql,
  groupId: string,
  { address, words, letterId, by }: { address: string; words: string; letterId: string; by: Inviter },
  clock: Clock,
): Promise<{ id: string } | NotInvited> {
  const key = addressKey(address);
  const now = clock.now();
  await hold(sql, `invitations ${groupId}`);
  await hold(sql, `invited ${key}`);
  const [against] = await sql<{ against: NotInvited }[]>`
    select against from (values
      (1, 'member', exists (select from memberships where group_id = ${groupId} and address_key = ${key} and ended_at is null)),
      (2, 'unwanted', exists (
        select from invitations_unwanted where address_key = ${key} and (group_id is null or group_id = ${groupId}))),
      (3, 'waiting', exists (
        select from invitations where group_id = ${groupId} and address_key = ${key} and state = 'waiting')),
      (4, 'declined', exists (
        select from invitations where group_id = ${groupId} and address_key = ${key} and state = 'declined')),
      (5, 'enough', ${by.membershipId !== null} and (
        select count(*) from invitations where address_key = ${key} and made_at > ${new Date(now.getTime() - 7 * DAY)}) >= ${TO_ADDRESS}),
      (6, 'limit', ${by.membershipId !== null} and (
        select count(*) >= ${BY_GROUP}
          or count(*) filter (where by_membership = ${by.membershipId}) >= ${by.isModerator ? BY_MODERATOR : BY_MEMBER}
        from invitations where group_id = ${groupId} and made_at > ${new Date(now.getTime() - DAY)}))
    ) as reasons (place, against, holds) where holds order by place limit 1`;
  if (against) return against.against;
  const id = newId(clock);
  await sql`
    insert into invitations (group_id, id, address, address_key, by_membership, by_name, words, letter_id, made_at, due_at)
    values (${groupId}, ${id}, ${address}, ${key}, ${by.membershipId}, ${by.name.slice(0, 100)}, ${words.slice(0, 500)},
      ${letterId}, ${now}, ${new Date(now.getTime() + INVITATION_REMINDED)})`;
  return { id };
}

export async function invitation(sql: Sql, id: string): Promise<Invitation | undefined> {
  const [row] = await sql<Invitation[]>`select ${sql.unsafe(COLUMNS)} from invitations where id = ${id}`;
  return row;
}

/** Is one of these addresses invited to the group now? */
export async function invitedAmong(sql: Sql, groupId: string, addresses: string[]): Promise<Invitation | undefined> {
  const [row] = await sql<Invitation[]>`
    select ${sql.unsafe(COLUMNS)} from invitations
    where group_id = ${groupId} and address_key = any(${addresses.map(addressKey)}) and state = 'waiting' limit 1`;
  return row;
}

/** Those of a group, the newest first; of one inviter where it is given. */
export const invitations = (
  sql: Sql,
  groupId: string,
  { by = null, below = null, limit = 100 }: { by?: string | null; below?: string | null; limit?: number } = {},
): Promise<Invitation[]> =>
  sql<Invitation[]>`
    select ${sql.unsafe(COLUMNS)} from invitations
    where group_id = ${groupId} and (${by}::uuid is null or by_membership = ${by})
      and id < ${below ?? "ffffffff-ffff-ffff-ffff-ffffffffffff"}
    order by id desc limit ${limit}`;

/** Ends a waiting invitation; answers it, or nothing where it waits no more. */
export async function endInvitation(
  sql: Sql,
  { groupId, id }: { groupId: string; id: string },
  state: Exclude<InvitationState, "waiting">,
  now: Date,
): Promise<Invitation | undefined> {
  const [row] = await sql<Invitation[]>`
    update invitations set state = ${state}, decided_at = ${now}
    where group_id = ${groupId} and id = ${id} and state = 'waiting' returning ${sql.unsafe(COLUMNS)}`;
  return row;
}

/** Somebody joined, however they came: no invitation to it waits for them any more. */
export async function invitationsDone(sql: Sql, groupId: string, address: string, now: Date): Promise<void> {
  await sql`
    update invitations set state = 'joined', decided_at = ${now}
    where group_id = ${groupId} and address_key = ${addressKey(address)} and state = 'waiting'`;
}

/** Never again, to this group, or with no group to any. */
export async function unwantInvitations(sql: Sql, address: string, groupId: string | null, now: Date): Promise<void> {
  await sql`
    insert into invitations_unwanted (address_key, group_id, at) values (${addressKey(address)}, ${groupId}, ${now})
    on conflict do nothing`;
  await sql`
    update invitations set state = 'declined', decided_at = ${now}
    where address_key = ${addressKey(address)} and state = 'waiting' and (${groupId}::uuid is null or group_id = ${groupId})`;
}

/** Waiting invitations whose time has come; locked until the transaction ends. */
export const dueInvitations = (sql: Sql, now: Date): Promise<Invitation[]> =>
  sql<Invitation[]>`
    select ${sql.unsafe(COLUMNS)} from invitations where state = 'waiting' and due_at <= ${now}
    order by due_at limit 200 for update skip locked`;

/** Its letter has not left yet: it is looked at again later. */
export async function postponeInvitation(sql: Sql, id: string, until: Date): Promise<void> {
  await sql`update invitations set due_at = ${until} where id = ${id} and state = 'waiting'`;
}

export async function invitationReminded(sql: Sql, id: string, letterId: string, now: Date): Promise<void> {
  await sql`
    update invitations
    set reminded_at = ${now}, letter_id = ${letterId}, due_at = ${new Date(now.getTime() + INVITATION_ENDS)}
    where id = ${id} and state = 'waiting'`;
}
