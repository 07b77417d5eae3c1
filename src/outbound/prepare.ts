/**
 * What is to be said: the bytes of each recipient's copy.
 *
 * What all copies of a post share is prepared once and kept for the deliveries that follow, within a budget of bytes;
 * only the personal fields and the signature over them are made per recipient.
 */

import { isAscii } from "node:buffer";
import * as archive from "../archive/archive.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { ServiceKeys } from "../keys/keys.ts";
import type { Clock } from "../kit/clock.ts";
import { together } from "../kit/together.ts";
import { unpack } from "../kit/zstd.ts";
import { inLanguage, t } from "../language/language.ts";
import { asciiAddress, needsUtf8 } from "../mail/ascii-header.ts";
import { withoutAttached } from "../mail/attached.ts";
import {
  type Copy,
  type PreparedCopies,
  personalCopy,
  prepareCopies,
  prepareDigest,
  sharedCopy,
} from "../mail/copy.ts";
import { signWhole } from "../mail/dkim.ts";
import { oneLine } from "../mail/encode.ts";
import { readHeader, splitMessage } from "../mail/header.ts";
import { authorAlias } from "../mail/private.ts";
import { lesserForm } from "../mail/seven-bit.ts";
import { toWire } from "../mail/wire.ts";
import * as notices from "../notices/notices.ts";
import type { Capabilities, OutgoingMail } from "./envelope.ts";

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

/** Posts fetched by one statement. */
const AT_ONCE = 32;

/** No post unpacks to more, whatever its frames claim. */
const LARGEST = 256 * 1024 * 1024;

export type Preparer = {
  /** A post by its id; undefined when it is gone from the archive. */
  post(groupId: string, postId: string): Promise<Item | undefined>;
  /** A digest by its id; undefined when it is gone. */
  digest(groupId: string, digestId: string): Promise<Item | undefined>;
  /** Letters by their ids, each with its one recipient. */
  letters(ids: string[]): Promise<Map<string, { item: Item; recipient: Recipient }>>;
};

export function preparer(options: PrepareOptions): Preparer {
  const kept = new Map<string, Promise<Item | undefined>>();
  let bytes = 0;
  const fetch = together((wanted: Wanted[]) => fetchAll(options.pool, wanted), AT_ONCE);
  return {
    post: async (groupId, postId) => {
      const known = kept.get(postId);
      if (known) {
        kept.delete(postId);
        kept.set(postId, known);
        return known;
      }
      const making = fetch({ groupId, postId }).then((found) => found && preparePost(options, found));
      kept.set(postId, making);
      const item = await making.catch((error) => {
        kept.delete(postId);
        throw error;
      });
      if (!item) kept.delete(postId);
      bytes += item?.bytes ?? 0;
      for (const [oldest, entry] of kept) {
        if (bytes <= BUDGET || oldest === postId) break;
        kept.delete(oldest);
        bytes -= (await entry)?.bytes ?? 0;
      }
      return item;
    },
    digest: (groupId, digestId) => fetchDigest(options, groupId, digestId),
    letters: async (ids) => {
      const found = await notices.letters(options.pool, ids);
      return new Map(found.map((letter) => [letter.id, prepareLetter(options, letter)]));
    },
  };
}

type Wanted = { groupId: string; postId: string };
type Found = { post: archive.PostToSend; group: directory.Group };

/** Posts with their groups as these are now; undefined for what is gone. */
async function fetchAll(pool: Pool, wanted: Wanted[]): Promise<(Found | undefined)[]> {
  const groupIds = [...new Set(wanted.map((one) => one.groupId))];
  const [posts, groups] = await Promise.all([
    archive.postsToSend(
      pool,
      groupIds,
      wanted.map((one) => one.postId),
    ),
    directory.groupsById(pool, groupIds),
  ]);
  const postOf = new Map(posts.map((post) => [post.id, post]));
  const groupOf = new Map(groups.map((group) => [group.id, group]));
  return wanted.map(({ groupId, postId }) => {
    const post = postOf.get(postId);
    const group = groupOf.get(groupId);
    return post && group && { post, group };
  });
}

async function preparePost(options: PrepareOptions, { post, group }: Found): Promise<Item> {
  const { domain, url, keys, clock } = options;
  const whole = await unpack(post.raw, post.size, LARGEST);
  const light = group.attachments === "linked" ? withLinks(whole, post, group, url) : undefined;
  const raw = light ?? whole;
  const auth = post.auth as {
    results?: string;
    arc?: "none" | "pass" | "fail";
    dmarc?: { policy: string | null };
    isEdited?: boolean;
  };
  // The author's own signature is gone with what was attached or edited, so From can't stay where their domain insists on it.
  const isChanged = light !== undefined || auth.isEdited === true;
  const from = isChanged && group.dmarc === "untouched" ? "rewrite-when-needed" : group.dmarc;
  const prepare = (lesser?: Buffer): Promise<PreparedCopies> =>
    prepareCopies(
      {
        raw,
        number: post.number,
        messageId: post.messageId,
        receivedAt: post.receivedAt,
        authResults: auth.results ?? "auth=none",
        chain: auth.arc ?? "none",
        policy: policyOf(auth.dmarc?.policy),
        alias: group.authors === "hidden" ? authorAlias(keys.token, group.id, post.number, domain) : undefined,
      },
      { ...group, subjectTag: group.tag, from },
      { domain, url, authservId: domain },
      keys.dkim,
      clock,
      lesser,
    );
  const form = await formsOf(raw, prepare);
  return {
    groupId: post.groupId,
    isShared: group.copies === "shared",
    // A post that is not ASCII may be kept in a second form.
    bytes: raw.length * (isAscii(raw) ? 1 : 3) + 4096,
    mailFor: async (recipients, offered) => {
      const chosen = await form(offered);
      const copy =
        group.copies === "shared"
          ? await sharedCopy(chosen.prepared, keys.token, clock)
          : await personalCopy(chosen.prepared, { membershipId: recipients[0]!.id }, keys.token, clock);
      return toMail(copy, group.copies === "shared" ? recipients : recipients.slice(0, 1), chosen, offered);
    },
  };
}

/** The post with links to the archive in place of what is attached; undefined where there is nothing, or it is signed. */
const withLinks = (raw: Buffer, post: archive.PostToSend, group: directory.Group, url: string): Buffer | undefined =>
  inLanguage(group.language, () =>
    withoutAttached(toWire(raw).message, (part, index) => {
      const size = Math.max(1, Math.round((part.end - part.bodyStart) / 1024));
      const name = oneLine(part.filename ?? part.type).slice(0, 100);
      return `${t`Attached, in the archive: ${name} (${size} KB)`}\n${url}/g/${encodeURIComponent(group.name)}/${post.number}/part/${index}\n`;
    }),
  );

/** A digest is ASCII whatever is in it, so it has one form for every far side. */
async function fetchDigest(options: PrepareOptions, groupId: string, digestId: string): Promise<Item | undefined> {
  const { pool, domain, url, keys, clock } = options;
  const [raw, [group]] = await Promise.all([notices.digest(pool, digestId), directory.groupsById(pool, [groupId])]);
  if (!raw || !group) return undefined;
  const copyGroup = { ...group, subjectTag: "", from: group.dmarc };
  const prepared = prepareDigest(raw, copyGroup, { domain, url, authservId: domain }, keys.dkim);
  return {
    groupId,
    isShared: false,
    bytes: raw.length,
    mailFor: async (recipients, offered) => {
      const some = recipients.slice(0, 1);
      const copy = await personalCopy(prepared, { membershipId: some[0]!.id }, keys.token, clock);
      return toMail(copy, some, { prepared }, offered);
    },
  };
}

type Form = { prepared: PreparedCopies; whyEightBit?: string };

/** What a far side gets by what it takes. The lesser forms are made when one is first needed. */
async function formsOf(
  raw: Buffer,
  prepare: (lesser?: Buffer) => Promise<PreparedCopies>,
): Promise<(offered: Offered) => Form | Promise<Form>> {
  const asItIs: Form = { prepared: await prepare() };
  const { needs8bit, needsUtf8 } = asItIs.prepared;
  const made = new Map<boolean, Promise<Form>>();
  const make = async (offered: Offered): Promise<Form> => {
    const lesser = lesserForm(toWire(raw).message, offered);
    return lesser.kind === "converted"
      ? { prepared: await prepare(lesser.message) }
      : { ...asItIs, whyEightBit: lesser.why };
  };
  return (offered) => {
    if ((offered.eightBitMime || !needs8bit) && (offered.smtpUtf8 || !needsUtf8)) return asItIs;
    const form = made.get(offered.eightBitMime) ?? make(offered);
    made.set(offered.eightBitMime, form);
    return form;
  };
}

function toMail(copy: Copy, recipients: readonly Recipient[], form: Form, offered: Offered): OutgoingMail {
  const addresses = recipients.map(addressOf);
  return {
    from: copy.envelopeFrom,
    recipients: addresses,
    sizeBytes: copy.message.reduce((sum, piece) => sum + piece.length, 0),
    message: copy.message,
    eightBit: form.prepared.needs8bit,
    utf8: form.prepared.needsUtf8 || (offered.smtpUtf8 && !addresses.every(isPlain)),
    ...(form.whyEightBit && { whyEightBit: form.whyEightBit }),
  };
}

/** RFC 6531 3.2: a domain in A-labels needs no SMTPUTF8. */
const addressOf = ({ address }: Recipient): string => asciiAddress(address) ?? address;
const isPlain = (text: string): boolean => isAscii(Buffer.from(text));

const policyOf = (policy: string | null | undefined): "none" | "quarantine" | "reject" | undefined =>
  policy === "none" || policy === "quarantine" || policy === "reject" ? policy : undefined;

function prepareLetter(options: PrepareOptions, letter: notices.KeptLetter): { item: Item; recipient: Recipient } {
  const { message: raw } = toWire(letter.raw);
  return {
    recipient: { id: letter.id, address: letter.recipient, name: "" },
    item: {
      groupId: letter.groupId,
      isShared: false,
      bytes: raw.length,
      mailFor: async (recipients, offered) => {
        const form = lesserForm(raw, offered);
        const sent = form.kind === "converted" ? form.message : raw;
        const { head, body } = splitMessage(sent);
        const fields = readHeader(head);
        const signatures = await signWhole(options.keys.dkim, fields, body, options.clock.now());
        const message = [Buffer.from(signatures, "latin1"), sent];
        const addresses = recipients.map(addressOf);
        return {
          from: letter.sender,
          recipients: addresses,
          sizeBytes: message.reduce((sum, piece) => sum + piece.length, 0),
          message,
          eightBit: !isAscii(sent),
          utf8: needsUtf8(fields) || (offered.smtpUtf8 && !addresses.every(isPlain)),
          ...(form.kind === "impossible" && { whyEightBit: form.why }),
        };
      },
    },
  };
}
