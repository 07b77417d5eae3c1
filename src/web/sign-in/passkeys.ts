/**
 * Passkeys (WebAuthn Level 3), checked by @simplewebauthn/server; the library's own plugin does not fit its version here
 * (docs/decisions/0065-passkeys.md). A passkey is asked to verify its user, so it stands for both factors.
 *
 * A challenge is sealed by us and carries its time, so that nothing is kept for pages that are only looked at; using one up
 * is kept, so that it works once.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { type Sql, transact } from "../../db/sql.ts";
import { MINUTE } from "../../kit/clock.ts";
import { newId } from "../../kit/id.ts";
import type { House } from "../house.ts";
import { planChange } from "./changes.ts";
import { makeUser } from "./credentials.ts";
import { useOnce } from "./second-factor.ts";

type Means = Pick<House, "pool" | "config" | "clock" | "tokenSecret">;

export type Passkey = { id: string; name: string; createdAt: Date; usedAt: Date | null };
const CHALLENGE_LIVES = 10 * MINUTE;
const MOST = 20;

/** What the browser is asked for, to make one. */
export async function toMake(means: Means, person: { personId: string; address: string; name: string }) {
  const { generateRegistrationOptions } = await import("@simplewebauthn/server");
  const own = await means.pool<{ id: string; transports: string[] }[]>`
    select credential_id as id, transports from sign_in_passkeys where user_id = ${person.personId}`;
  return generateRegistrationOptions({
    rpName: new URL(means.config.url).host,
    rpID: new URL(means.config.url).hostname,
    userID: Buffer.from(person.personId.replaceAll("-", ""), "hex"),
    userName: person.address,
    userDisplayName: person.name || person.address,
    challenge: await newChallenge(means, `make ${person.personId}`),
    attestationType: "none",
    excludeCredentials: own.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
}

/** Keeps a new passkey; false for what is not one, or not for here. */
export async function keep(
  means: Means,
  personId: string,
  response: RegistrationResponseJSON,
  name: string,
): Promise<boolean> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
  const checked = await verifyRegistrationResponse({
    response,
    expectedChallenge: (challenge) => useChallenge(means, `make ${personId}`, challenge),
    expectedOrigin: new URL(means.config.url).origin,
    expectedRPID: new URL(means.config.url).hostname,
    requireUserVerification: true,
  }).catch(() => undefined);
  if (!checked?.verified) return false;
  const { id, publicKey, counter, transports } = checked.registrationInfo.credential;
  const { pool, clock } = means;
  const now = clock.now();
  return transact(pool, async (sql) => {
    await makeUser(sql, personId, now);
    const made = await sql`
      insert into sign_in_passkeys (id, user_id, credential_id, public_key, counter, transports, name, created_at)
      select ${newId(clock)}, ${personId}, ${id}, ${Buffer.from(publicKey)}, ${counter}, ${transports ?? []}, ${name}, ${now}
      where (select count(*) from sign_in_passkeys where user_id = ${personId}) < ${MOST}
      on conflict (credential_id) do nothing returning id`;
    if (made.length > 0) await planChange(sql, means, personId, "passkey");
    return made.length > 0;
  });
}

/**
 * What the browser is asked for, to sign in: any passkey it has for us. Written by hand (WebAuthn 5.5), as every stranger and
 * robot who looks at the page to sign in would load the library otherwise: 44 MB.
 */
export async function toSignIn(means: Means): Promise<Record<string, unknown>> {
  const challenge = Buffer.from(await newChallenge(means, "sign in")).toString("base64url");
  return { challenge, rpId: new URL(means.config.url).hostname, timeout: 300_000, userVerification: "required" };
}

/** Whose passkey this is, once it has answered our challenge at our address; undefined for everything else. */
export async function personOfPasskey(means: Means, response: AuthenticationResponseJSON): Promise<string | undefined> {
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const { pool, clock } = means;
  const [key] = await pool<
    { id: string; personId: string; publicKey: Buffer; counter: number; transports: string[] }[]
  >`
    select id, user_id as "personId", public_key as "publicKey", counter::float8 as counter, transports
    from sign_in_passkeys where credential_id = ${String(response.id)}`;
  if (!key) return undefined;
  const checked = await verifyAuthenticationResponse({
    response,
    expectedChallenge: (challenge) => useChallenge(means, "sign in", challenge),
    expectedOrigin: new URL(means.config.url).origin,
    expectedRPID: new URL(means.config.url).hostname,
    requireUserVerification: true,
    credential: { id: response.id, publicKey: new Uint8Array(key.publicKey), counter: key.counter },
  }).catch(() => undefined);
  if (!checked?.verified) return undefined;
  // A counter that goes back is a copy (WebAuthn 6.1.1): the library refuses it, and two at once meet here.
  const { newCounter } = checked.authenticationInfo;
  const used = await pool`
    update sign_in_passkeys set counter = ${newCounter}, used_at = ${clock.now()}
    where id = ${key.id} and (counter < ${newCounter} or ${newCounter} = 0) returning id`;
  return used.length > 0 ? key.personId : undefined;
}

export const passkeysOf = (sql: Sql, personId: string): Promise<Passkey[]> =>
  sql<Passkey[]>`
    select id, name, created_at as "createdAt", used_at as "usedAt" from sign_in_passkeys
    where user_id = ${personId} order by created_at, id`;

export async function renamePasskey(sql: Sql, personId: string, id: string, name: string): Promise<void> {
  await sql`update sign_in_passkeys set name = ${name} where user_id = ${personId} and id::text = ${id}`;
}

export async function removePasskey(sql: Sql, personId: string, id: string): Promise<boolean> {
  const rows = await sql`
    delete from sign_in_passkeys where user_id = ${personId} and id::text = ${id} returning id`;
  return rows.length > 0;
}

const SEAL_BYTES = 32;

/** Random bytes, when they were made, and our seal over both and what they are for. */
async function newChallenge(means: Means, use: string): Promise<Uint8Array<ArrayBuffer>> {
  const open = Buffer.alloc(24);
  randomBytes(16).copy(open);
  open.writeBigUInt64BE(BigInt(means.clock.now().getTime()), 16);
  return new Uint8Array(Buffer.concat([open, await seal(means, use, open)]));
}

async function useChallenge(means: Means, use: string, challenge: string): Promise<boolean> {
  const bytes = Buffer.from(challenge, "base64url");
  if (bytes.length !== 24 + SEAL_BYTES) return false;
  const open = bytes.subarray(0, 24);
  if (!timingSafeEqual(await seal(means, use, open), bytes.subarray(24))) return false;
  const age = means.clock.now().getTime() - Number(open.readBigUInt64BE(16));
  return age >= -MINUTE && age < CHALLENGE_LIVES && useOnce(means.pool, `challenge ${challenge}`, means.clock.now());
}

async function seal({ tokenSecret }: Means, use: string, open: Buffer): Promise<Buffer> {
  return createHmac("sha256", await tokenSecret())
    .update(`passkey ${use} `)
    .update(open)
    .digest();
}
