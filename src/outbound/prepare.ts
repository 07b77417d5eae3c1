/**
 * What is to be said: the bytes of each recipient's copy.
 *
 * What all copies of a post share is prepared once and kept for the deliveries that follow, within a budget of bytes;
 * only the personal fields and the signature over them are made per recipient.
 */

import { isAscii } from "node:buffer";
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import * as archive from "../archive/archive.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { ServiceKeys } from "../keys/keys.ts";
import type { Clock } from "../kit/clock.ts";
import { type Copy, type PreparedCopies, personalCopy, prepareCopies, sharedCopy } from "../mail/copy.ts";
import { signWhole } from "../mail/dkim.ts";
import { readHeader, splitMessage } from "../mail/header.ts";
import { toWire } from "../mail/wire.ts";
import * as notices from "../notices/notices.ts";
import type { Capabilities, OutgoingMail } from "./envelope.ts";

const decompress = promisify(zstdDecompress);

export type Recipient = { id: string; address: string; name: string };

/** An item ready to be sent: makes the mail for one recipient, or one mail for several. */
export type Item = {
  groupId: string | null;
  isShared: boolean;
  bytes: number;
  /** The copy for these recipients, in a form that a far side with these capabilities takes. */
  mailFor(recipients: readonly Recipient[], offered: Offered): Promise<OutgoingMail>;
};

/** What of a far side's capabilities decides the form of a copy. */
export type Offered = Pick<Capabilities, "eightBitMime" | "smtpUtf8">;

/** Where everything may be kept as it is: our own mailbox. */
export const EVERYTHING: Offered = { eightBitMime: true, smtpUtf8: true };

export type PrepareOptions = {
  pool: Pool;
  domain: string;
  url: string;
  keys: ServiceKeys;
  clock: Clock;
};

/** Bytes of prepared posts kept; the least used go first. */
const BUDGET = 64 * 1024 * 1024;

export type Preparer = {
  /** A post by its id; undefined when it is gone from the archive. */
  post(groupId: string, postId: string): Promise<Item | undefined>;
  /** Letters by their ids, each with its one recipient. */
  letters(ids: string[]): Promise<Map<string, { item: Item; recipient: Recipient }>>;
};

export function preparer(options: PrepareOptions): Preparer {
  const kept = new Map<string, Promise<Item | undefined>>();
  let bytes = 0;
  return {
    post: async (groupId, postId) => {
      const known = kept.get(postId);
      if (known) {
        kept.delete(postId);
        kept.set(postId, known);
        return known;
      }
      const making = preparePost(options, groupId, postId);
      kept.set(postId, making);
      const item = await making.catch((error) => {
        kept.delete(postId);
        throw error;
      });
      bytes += item?.bytes ?? 0;
      for (const [oldest, entry] of kept) {
        if (bytes <= BUDGET || oldest === postId) break;
        kept.delete(oldest);
        bytes -= (await entry)?.bytes ?? 0;
      }
      return item;
    },
    letters: async (ids) => {
      const found = await notices.letters(options.pool, ids);
      return new Map(found.map((letter) => [letter.id, prepareLetter(options, letter)]));
    },
  };
}

async function preparePost(options: PrepareOptions, groupId: string, postId: string): Promise<Item | undefined> {
  const { pool, domain, url, keys, clock } = options;
  const [post, compressed, [group]] = await Promise.all([
    archive.postById(pool, postId),
    archive.rawPost(pool, groupId, postId),
    directory.groupsById(pool, [groupId]),
  ]);
  if (!post || !compressed || !group) return undefined;
  const raw = await decompress(compressed);
  const auth = post.auth as { results?: string; arc?: "none" | "pass" | "fail"; dmarc?: { policy: string | null } };
  const prepared: PreparedCopies = prepareCopies(
    {
      raw,
      number: post.number,
      messageId: post.messageId,
      receivedAt: post.receivedAt,
      authResults: auth.results ?? "auth=none",
      chain: auth.arc ?? "none",
      policy: policyOf(auth.dmarc?.policy),
    },
    { ...group, subjectTag: group.tag, from: group.dmarc },
    { domain, url, authservId: domain },
    keys.dkim,
    clock,
  );
  return {
    groupId,
    isShared: group.copies === "shared",
    bytes: raw.length + 4096,
    mailFor: async (recipients) =>
      group.copies === "shared"
        ? toMail(await sharedCopy(prepared, keys.token, clock), recipients, prepared)
        : toMail(
            await personalCopy(prepared, { membershipId: recipients[0]!.id }, keys.token, clock),
            recipients.slice(0, 1),
            prepared,
          ),
  };
}

function toMail(copy: Copy, recipients: readonly Recipient[], needs: PreparedCopies): OutgoingMail {
  return {
    from: copy.envelopeFrom,
    recipients: recipients.map((one) => one.address),
    sizeBytes: copy.message.reduce((sum, piece) => sum + piece.length, 0),
    message: copy.message,
    eightBit: needs.needs8bit,
    utf8: needs.needsUtf8,
  };
}

const policyOf = (policy: string | null | undefined): "none" | "quarantine" | "reject" | undefined =>
  policy === "none" || policy === "quarantine" || policy === "reject" ? policy : undefined;

function prepareLetter(options: PrepareOptions, letter: notices.KeptLetter): { item: Item; recipient: Recipient } {
  const { message: raw } = toWire(letter.raw);
  const { head, body } = splitMessage(raw);
  return {
    recipient: { id: letter.id, address: letter.recipient, name: "" },
    item: {
      groupId: letter.groupId,
      isShared: false,
      bytes: raw.length,
      mailFor: async (recipients) => {
        const signatures = await signWhole(options.keys.dkim, readHeader(head), body, options.clock.now());
        const message = [Buffer.from(signatures, "latin1"), raw];
        return {
          from: letter.sender,
          recipients: recipients.map((one) => one.address),
          sizeBytes: message.reduce((sum, piece) => sum + piece.length, 0),
          message,
          eightBit: hasHighBytes(body),
          utf8: hasHighBytes(head),
        };
      },
    },
  };
}

const hasHighBytes = (bytes: Buffer): boolean => !isAscii(bytes);
