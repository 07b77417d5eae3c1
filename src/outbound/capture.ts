/**
 * Into the local mailbox instead of the world: every copy as it would have been sent. A copy's id is made of the item and
 * its recipient, so whoever captures it a second time (another worker, after a crash or a lost lease) keeps nothing anew.
 */
import { zstdCompressSync } from "node:zlib";
import type { Pool } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { idOfBoth } from "../kit/id.ts";
import { first, readHeader, splitMessage } from "../mail/header.ts";
import { decodeWords } from "../mail/words.ts";
import * as mailbox from "../mailbox/mailbox.ts";
import type { Hand, Hands } from "./hand.ts";
import { EVERYTHING, type Item, type Recipient } from "./prepare.ts";
import type { Reply } from "./reply.ts";

const KEPT: Reply = {
  kind: "sent",
  code: 250,
  status: "2.0.0",
  text: "kept in the local mailbox",
  scope: "recipient",
};

export function capturing(pool: Pool, clock: Clock, hands: Hands) {
  return async (hand: Hand, item: Item, recipients: Recipient[]): Promise<void> => {
    const at = clock.now();
    const copies = await Promise.all(recipients.map((recipient) => item.mailFor([recipient], EVERYTHING)));
    const mails = copies.map((mail, i) => {
      const raw = Buffer.concat(mail.message);
      return {
        id: idOfBoth(hand.delivery.itemId, recipients[i]!.id),
        at,
        sender: mail.from,
        recipient: recipients[i]!.address,
        subject: decodeWords(first(readHeader(splitMessage(raw).head), "subject") ?? "").slice(0, 1000),
        raw: zstdCompressSync(raw),
      };
    });
    await mailbox.keep(pool, mails);
    const over = { host: "", source: "", tls: "" };
    hands.answered(
      hand,
      recipients.map((recipient) => ({ recipient, reply: KEPT, over })),
    );
  };
}
