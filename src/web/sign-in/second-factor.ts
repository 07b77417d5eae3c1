/**
 * The second factor: codes of an app (TOTP, RFC 6238), and backup codes for the day the phone is gone.
 *
 * It is asked for after a mail link too: whoever has it switched on wants more than their mailbox to stand between others
 * and their groups. A code works once (RFC 6238 5.2). Who has lost the app and the backup codes signs in with a passkey, or
 * asks the operator (`smartgroups sign-in unlock`).
 */
import { createHash } from "node:crypto";
import type { Sql } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import { HOUR } from "../../kit/clock.ts";
import { newId } from "../../kit/id.ts";
import type { Library, Means } from "./library.ts";
import { forgetTrust } from "./sessions.ts";
import { carried } from "./who.ts";

/** What was shown: in; wrong; too many were wrong; or nobody is being asked any more. */
export type Shown = { kind: "in"; cookies: string[]; personId: string } | { kind: "wrong" | "enough" | "gone" };
/** A secret that waits for its first code: as text, and as an app reads it (otpauth:). */
export type Begun = { secret: string; uri: string };

export type SecondFactor = {
  isOn(personId: string): Promise<boolean>;
  /** The backup codes that are left. */
  codes(personId: string): Promise<string[]>;
  /** Makes a secret, which counts once a code of it is shown. */
  begin(sql: Sql, personId: string): Promise<void>;
  begun(personId: string, label: string): Promise<Begun | undefined>;
  /** Is this a code of the secret that waits? */
  isFirstCode(personId: string, code: string): Promise<boolean>;
  switchOn(sql: Sql, personId: string): Promise<void>;
  switchOff(sql: Sql, personId: string): Promise<boolean>;
  newCodes(sql: Sql, personId: string): Promise<void>;
  /** A code, while signing in: of the app (six digits) or a backup code. */
  show(headers: Headers, code: string, trust: boolean): Promise<Shown>;
};

export function newSecondFactor({ pool, clock, config }: Means, ready: () => Promise<Library>): SecondFactor {
  const host = new URL(config.url).host;
  const row = async (personId: string) =>
    (
      await pool<{ secret: string; codes: string; verified: boolean }[]>`
        select secret, backup_codes as codes, verified from sign_in_second_factors where user_id = ${personId}`
    )[0];
  const waiting = async (personId: string): Promise<string | undefined> => {
    const found = await row(personId);
    return found && !found.verified ? decrypted(found.secret) : undefined;
  };
  const decrypted = async (data: string): Promise<string> => {
    const [{ symmetricDecrypt }, context] = await Promise.all([import("better-auth/crypto"), (await ready()).$context]);
    return symmetricDecrypt({ key: context.secretConfig, data });
  };
  const encrypted = async (data: string): Promise<string> => {
    const [{ symmetricEncrypt }, context] = await Promise.all([import("better-auth/crypto"), (await ready()).$context]);
    return symmetricEncrypt({ key: context.secretConfig, data });
  };
  return {
    isOn: async (personId) => (await row(personId))?.verified === true,
    codes: async (personId) => {
      const found = await row(personId);
      return found ? (JSON.parse(await decrypted(found.codes)) as string[]) : [];
    },
    async begin(sql, personId) {
      const [secret, codes] = await Promise.all([encrypted(await randomWord(27)), encrypted(await newCodesText())]);
      await sql`
        insert into sign_in_second_factors (id, user_id, secret, backup_codes, verified)
        values (${newId(clock)}, ${personId}, ${secret}, ${codes}, false)
        on conflict (user_id) do update set secret = excluded.secret, backup_codes = excluded.backup_codes
        where not sign_in_second_factors.verified`;
    },
    async begun(personId, label) {
      const secret = await waiting(personId);
      if (!secret) return undefined;
      const uri = (await totp(secret)).url(host, label);
      return { secret: new URL(uri).searchParams.get("secret") ?? "", uri };
    },
    async isFirstCode(personId, code) {
      const secret = await waiting(personId);
      return secret !== undefined && (await totp(secret)).verify(code.replace(/\s/g, ""));
    },
    async switchOn(sql, personId) {
      await sql`update sign_in_second_factors set verified = true where user_id = ${personId}`;
      await sql`update sign_in_users set two_factor_enabled = true where id = ${personId}`;
      await directory.guardPerson(sql, personId, true);
    },
    switchOff: switchOffCodes,
    async newCodes(sql, personId) {
      const codes = await encrypted(await newCodesText());
      await sql`update sign_in_second_factors set backup_codes = ${codes} where user_id = ${personId} and verified`;
    },
    async show(headers, typed, trustDevice) {
      const auth = await ready();
      const code = typed.replace(/\s/g, "").toLowerCase();
      const sent = { headers: carried(headers), asResponse: true as const };
      const isFromApp = /^\d{6}$/.test(code);
      const answer = isFromApp
        ? await auth.api.verifyTOTP({ ...sent, body: { code, trustDevice } })
        : await auth.api.verifyBackupCode({ ...sent, body: { code, trustDevice } });
      if (!answer.ok) return { kind: await whyNot(answer) };
      const { token, user } = (await answer.json()) as { token: string; user: { id: string } };
      if (isFromApp && !(await useOnce(pool, `code ${user.id} ${code}`, clock.now()))) {
        await pool`delete from sign_in_sessions where token = ${token}`;
        return { kind: "gone" };
      }
      return { kind: "in", cookies: answer.headers.getSetCookie(), personId: user.id };
    },
  };
}

/** Codes are asked for no more, and no device is trusted to skip them. Answers false where they were not. */
export async function switchOffCodes(sql: Sql, personId: string): Promise<boolean> {
  await sql`update sign_in_users set two_factor_enabled = false where id = ${personId}`;
  await directory.guardPerson(sql, personId, false);
  await forgetTrust(sql, personId);
  const gone = await sql`delete from sign_in_second_factors where user_id = ${personId} and verified returning id`;
  return gone.length > 0;
}

async function whyNot(answer: Response): Promise<"wrong" | "enough" | "gone"> {
  const { code } = (await answer.json()) as { code?: string };
  if (code === "INVALID_TWO_FACTOR_COOKIE") return "gone";
  return code === "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE" || code === "ACCOUNT_TEMPORARILY_LOCKED" ? "enough" : "wrong";
}

async function totp(secret: string) {
  const { createOTP } = await import("@better-auth/utils/otp");
  return createOTP(secret, { digits: 6, period: 30 });
}

async function randomWord(length: number): Promise<string> {
  const { generateRandomString } = await import("better-auth/crypto");
  return generateRandomString(length, "a-z", "A-Z", "0-9");
}

/** Ten codes without letters and digits that look alike. */
async function newCodesText(): Promise<string> {
  const { generateRandomString } = await import("better-auth/crypto");
  const codes: string[] = [];
  while (codes.length < 10) {
    const code = generateRandomString(40, "a-z", "0-9").replace(/[0o1il]/g, "");
    if (code.length >= 10) codes.push(`${code.slice(0, 5)}-${code.slice(5, 10)}`);
  }
  return JSON.stringify(codes);
}

/** Answers false the second time, to whoever asks and on whichever node. */
export async function useOnce(sql: Sql, what: string, now: Date): Promise<boolean> {
  await sql`delete from sign_in_used where at < ${new Date(now.getTime() - HOUR)}`;
  const hash = createHash("sha256").update(what).digest("base64url");
  return (
    (await sql`insert into sign_in_used (what, at) values (${hash}, ${now}) on conflict do nothing returning what`)
      .length > 0
  );
}
