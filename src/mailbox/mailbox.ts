/** The local mailbox: outgoing mail kept instead of sent, so that a newcomer can walk the whole way without DNS. */
import type { Sql } from "../db/sql.ts";
import { addressKey } from "../mail/address.ts";

export type Captured = { id: string; at: Date; sender: string; recipient: string; subject: string };

/** Keeps mail as if the far side had taken it. Kept again after a lost reply, it is there once. */
export async function keep(sql: Sql, mails: (Captured & { raw: Buffer })[]): Promise<void> {
  if (mails.length === 0) return;
  const rows = mails.map((mail) => ({
    ...mail,
    // PostgreSQL's text holds no NUL, and a subject that an encoded word gave one must not keep its mail from going out.
    subject: mail.subject.replace(/[\u0000-\u001f\u007f]+/g, " ").toWellFormed(),
    recipient_key: addressKey(mail.recipient),
  }));
  await sql`insert into captured ${sql(rows)} on conflict (id) do nothing`;
}

/** Newest first; for one address when given. */
export const captured = (sql: Sql, recipient: string | null, limit: number): Promise<Captured[]> =>
  sql<Captured[]>`
    select id, at, sender, recipient, subject from captured
    where ${recipient === null ? null : addressKey(recipient)}::text is null
      or recipient_key = ${recipient === null ? null : addressKey(recipient)}
    order by at desc, id desc limit ${limit}`;

/** One captured mail with its bytes (zstd). */
export async function capturedMail(sql: Sql, id: string): Promise<(Captured & { raw: Buffer }) | undefined> {
  const [row] = await sql<(Captured & { raw: Buffer })[]>`
    select id, at, sender, recipient, subject, raw from captured where id = ${id}`;
  return row;
}

/** Forgets what is older than `before`. */
export async function forget(sql: Sql, before: Date): Promise<void> {
  await sql`delete from captured where at < ${before}`;
}

/** Everything to or from these addresses (lower-case). */
export async function forgetAddresses(sql: Sql, addresses: string[]): Promise<void> {
  await sql`delete from captured where recipient_key = any(${addresses}) or lower(sender) = any(${addresses})`;
}
