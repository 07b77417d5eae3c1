/**
 * Mail to an alias (mail/private.ts): passed on to the author of a post, or back to who wrote to one.
 *
 * Only from senders who are proved, as the receiver allows, so many an hour; never a machine's, and never twice around.
 * What can't be passed on is told to a proved sender, and to nobody else. It leaves without a return path, so it can't
 * become anybody's bounce.
 */
import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { DAY, HOUR } from "../kit/clock.ts";
import { en, inLanguage, t } from "../language/language.ts";
import { addressKey, parseAddress } from "../mail/address.ts";
import { automaticKind, hasPassed } from "../mail/automatic.ts";
import { mailDate } from "../mail/compose.ts";
import { authorAlias, loopOf, markOf, openAlias, privateMail, writerAlias } from "../mail/private.ts";
import * as notices from "../notices/notices.ts";
import type { Done } from "./answer.ts";
import type { Filing, Judged } from "./file.ts";
import { madeUpId } from "./identity.ts";
import { letterFor } from "./letters.ts";
import type { Errand } from "./recognise.ts";

/** What one sender can have passed on. */
const MOST_AN_HOUR = 10;
const MOST_A_DAY = 40;
/** What one receiver gets in a day. */
const MOST_RECEIVED = 50;

type TokenErrand = Extract<Errand, { kind: "token" }>;

export async function passOn(sql: Sql, filing: Filing, judged: Judged, errand: TokenErrand): Promise<Done> {
  const { summary, mail } = judged.opened;
  if (automaticKind(summary.fields, mail.sender) !== "no") return quiet(en`automatic mail`);
  if (hasPassed(summary.fields, loopOf(filing.domain))) return quiet(en`it was passed on before`);
  if (!judged.auth.isVerified && !filing.isCapturing) return quiet(en`its sender could not be proved`);
  if (!parseAddress(summary.authorAddress)) return quiet(en`The mail has no usable From address.`);
  const found = await findReceiver(sql, filing, errand.token, summary.authorAddress);
  const against = found.against ?? (await againstSender(sql, filing, judged, found));
  if (against !== undefined || !found.receiver) {
    const reason = against ?? en`The address is no link of ours: use the one in a recent post.`;
    return { outcome: "declined", detail: reason, letters: await letterFor(sql, filing, judged, errand, reason) };
  }
  if (found.sender?.personId === found.receiver.personId) return quiet(en`it is their own post`);
  if (goesToGroup(judged, found.group.id)) return quiet(en`it goes to the group as well`);
  return {
    outcome: "forwarded",
    detail: en`passed on to the author alone`,
    letters: [letterTo(filing, judged, found)],
  };
}

const quiet = (detail: string): Done => ({ outcome: "quiet", detail, letters: [] });

type Found = {
  group: directory.Group;
  receiver: directory.Membership | undefined;
  sender: directory.Membership | undefined;
  /** The post it is about; undefined for an answer to private mail. */
  number?: number;
  against?: string | undefined;
};

const NO_ALIAS = (): string =>
  en`This address leads nowhere, or it is too old: write to the author on the page of a post.`;

/** Whom an alias leads to, and whether this sender may write there. */
async function findReceiver(
  sql: Sql,
  filing: Filing,
  token: string,
  address: string,
): Promise<Found | { against: string; receiver: undefined; sender: undefined }> {
  const nothing = { against: NO_ALIAS(), receiver: undefined, sender: undefined };
  const alias = openAlias(filing.tokenSecret, token, filing.clock.now());
  if (!alias) return nothing;
  const writer = alias.to === "writer" ? (await directory.presentMemberships(sql, [alias.membershipId]))[0] : undefined;
  const groupId = alias.to === "author" ? alias.groupId : writer?.groupId;
  const [group] = groupId ? await directory.groupsById(sql, [groupId]) : [];
  if (!group) return nothing;
  const sender = await directory.membershipOf(sql, group.id, address);
  if (alias.to === "writer") {
    if (!sender || markOf(sender.personId) !== alias.isFor) return nothing;
    return { group, receiver: writer, sender, against: directory.againstWriting(writer, sender, true) };
  }
  const post = await archive.postNumbered(sql, group.id, alias.number);
  if (!post || post.deletedAt) return nothing;
  const receiver = await directory.membershipOf(sql, group.id, post.authorAddress);
  const against = directory.againstWriting(receiver, sender);
  return { group, receiver, sender, number: post.number, against };
}

async function againstSender(
  sql: Sql,
  filing: Filing,
  { opened }: Judged,
  found: Awaited<ReturnType<typeof findReceiver>>,
): Promise<string | undefined> {
  if (!("group" in found) || !found.receiver) return undefined;
  const now = filing.clock.now().getTime();
  const address = opened.summary.authorAddress;
  const ago = (ms: number): Date => new Date(now - ms);
  if (await directory.isBanned(sql, found.group.id, address))
    return en`The owners of ${found.group.title} take no mail from this address.`;
  const key = addressKey(address);
  if (
    (await notices.writtenBy(sql, key, ago(HOUR))) >= MOST_AN_HOUR ||
    (await notices.writtenBy(sql, key, ago(DAY))) >= MOST_A_DAY ||
    (await notices.sentTo(sql, "private", found.receiver.address, ago(DAY))) >= MOST_RECEIVED
  )
    return en`More private mail than usual was passed on already: send it again later.`;
  return undefined;
}

/** Who answers to all writes to the group and to the author, who has it from the group. */
const goesToGroup = ({ verdicts }: Judged, groupId: string): boolean =>
  verdicts.some(
    ({ errand, verdict }) => errand.kind === "post" && verdict.kind === "post" && errand.group.id === groupId,
  );

function letterTo(filing: Filing, { opened }: Judged, found: Found): notices.Letter {
  const { summary, raw } = opened;
  const { group, sender } = found;
  const receiver = found.receiver!;
  const { tokenSecret, domain, url } = filing;
  const now = filing.clock.now();
  const name = withoutAddress(summary.authorName) || summary.authorAddress.split("@")[0]!;
  // Never the group's own address: a program that heeds no Reply-To would answer to everybody.
  const back = sender
    ? writerAlias(tokenSecret, sender.id, receiver.personId, now, domain)
    : authorAlias(tokenSecret, group.id, found.number ?? 0, domain);
  const isHidden = group.authors === "hidden" && sender !== undefined;
  const page = `${url}/g/${group.name}`;
  const footer = inLanguage(group.language, () =>
    [
      found.number === undefined
        ? t`This is an answer to you alone, by way of ${group.title}.`
        : t`This was written to you alone, about your post to ${group.title}: ${`${page}/${found.number}`}`,
      t`Who may write to you so is your choice: ${`${page}/membership`}`,
    ].join("\n"),
  );
  return {
    kind: "private",
    groupId: group.id,
    sender: "",
    recipient: receiver.address,
    // Lists of letters are seen by moderators; what it is about is between the two.
    subject: en`Private mail`,
    writtenBy: addressKey(summary.authorAddress),
    raw: privateMail({
      raw,
      from: { name: `${name} via ${group.title}`, address: back },
      to: receiver.address,
      ...(!isHidden && { replyTo: { name, address: summary.authorAddress } }),
      subject: summary.subject,
      messageId: summary.messageId ?? madeUpId(summary.fingerprint, domain),
      date: mailDate(summary.sentAt),
      references: summary.references,
      footer,
      domain,
    }),
  };
}

const withoutAddress = (name: string): string => name.replace(/[<>"]|@[^\s,;]*/g, "").trim();
