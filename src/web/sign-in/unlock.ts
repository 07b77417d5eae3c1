/** For the operator: with what somebody signs in, and the way back for who has lost both their app and their backup codes. */
import { type Pool, transact } from "../../db/sql.ts";
import type { House } from "../house.ts";
import { planChange } from "./changes.ts";
import { hasPassword } from "./credentials.ts";
import { switchOffCodes } from "./second-factor.ts";

export type Ways = {
  hasPassword: boolean;
  asksForCodes: boolean;
  passkeys: string[];
  services: string[];
  sessions: number;
};

export async function waysOf(pool: Pool, personId: string, now: Date): Promise<Ways> {
  const [codes, passkeys, services, sessions] = await Promise.all([
    pool`select from sign_in_second_factors where user_id = ${personId} and verified`,
    pool<{ name: string }[]>`select name from sign_in_passkeys where user_id = ${personId} order by created_at`,
    pool<{ issuer: string }[]>`select issuer from sign_in_identities where user_id = ${personId} order by linked_at`,
    pool`select from sign_in_sessions where user_id = ${personId} and expires_at > ${now}`,
  ]);
  return {
    hasPassword: await hasPassword(pool, personId),
    asksForCodes: codes.length > 0,
    passkeys: passkeys.map((one) => one.name),
    services: services.map((one) => one.issuer),
    sessions: sessions.length,
  };
}

/** Switches codes off and ends every session; each address of the person hears of it. False where none were asked for. */
export const unlock = (means: Pick<House, "pool" | "config" | "clock">, personId: string): Promise<boolean> =>
  transact(means.pool, async (sql) => {
    if (!(await switchOffCodes(sql, personId))) return false;
    await sql`delete from sign_in_sessions where user_id = ${personId}`;
    await planChange(sql, means, personId, "no second factor");
    return true;
  });
