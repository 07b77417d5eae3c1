/** Looking through the incoming queue for a mail whose tracking id is not at hand. */
import type { Sql } from "../db/sql.ts";

export type Beginning = { id: string; beginning: Buffer };

/** Enough compressed bytes for one whole zstd block, which holds the head of any sane mail. */
const BLOCK = 132 * 1024;

/** How mails in the queue begin (zstd, cut off), newest first; `below` continues a list. */
export const beginnings = (sql: Sql, below: string | null, limit: number): Promise<Beginning[]> =>
  sql<Beginning[]>`
    select m.id, substring(coalesce(p.piece, m.raw) from 1 for ${BLOCK}) as beginning
    from mails m left join mail_pieces p on p.mail_id = m.id and p.index = 0 and m.chunked
    where ${below}::uuid is null or m.id < ${below}
    order by m.id desc limit ${limit}`;
