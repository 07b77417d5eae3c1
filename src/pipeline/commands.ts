/**
 * Mail commands: what can be done without an account, by a word (docs/commands-by-mail.md).
 *
 * Joining is always confirmed by an answer to our letter: a From address can be anybody's. Leaving is done at once when
 * the sender is proved or the mail came to a token only that member has; otherwise it is confirmed too.
 */

import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { DAY } from "../kit/clock.ts";
import { idToBytes } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { addressKey, parseAddress } from "../mail/address.ts";
import { textOf } from "../mail/body.ts";
import { indexParts } from "../mail/parts.ts";
import { sealToken } from "../mail/token.ts";
import * as notices from "../notices/notices.ts";
import { answer, answerAsked, type Done, decline, nothing } from "./answer.ts";
import { type Asked, askedOf } from "./ask.ts";
import { backByToken } from "./back.ts";
import { confirmAddress } from "./claim.ts";
import { answerByReply, decideByReply } from "./decide.ts";
import type { Filing, Judged } from "./file.ts";
import { answerInvitation, confirmJoin, decideRequest, isHidden, subscribe } from "./join.ts";
import { mayBeTold, occasion } from "./letters.ts";
import { passOn } from "./private.ts";
import type { Errand } from "./recognise.ts";
import { resolveToken } from "./tokens.ts";
import { askFirst, fulfil, holidayOf, setByToken, wishOf } from "./wishes.ts";

export async function obey(sql: Sql, filing: Filing, judged: Judged, errand: Errand): Promise<Done> {
  if (errand.kind === "token") {
    if (errand.use === "confirm") return confirmAddress(sql, filing, judged, errand.token);
    if (errand.use === "write") return passOn(sql, filing, judged, errand);
    if (errand.use === "decide") return decideByReply(sql, filing, judged, errand.token);
    if (errand.use === "answer") return answerByReply(sql, filing, judged, errand.token);
    if (errand.use === "back") return backByToken(sql, filing, errand.token);
    if (errand.use === "request") return decideRequest(sql, filing, errand.token, plainText(judged));
    if (errand.use === "invite") return answerInvitation(sql, filing, errand.token, plainText(judged));
    if (errand.use === "set") return setByToken(sql, filing, errand.token);
    return errand.use === "join"
      ? confirmJoin(sql, filing, judged, errand.token)
      : leaveByToken(sql, filing, errand.token);
  }
  if (errand.kind !== "command") return nothing(en`This address takes no commands.`);
  const author = judged.opened.summary.authorAddress;
  if (!parseAddress(author)) return nothing(en`The mail has no usable From address.`);
  if (await isHidden(sql, errand.group, author)) return nothing(en`There is no such group for this sender.`);
  const asked = askedOf(errand.verb, judged.opened.summary.subject, plainText(judged), today(filing));
  switch (asked.verb) {
    case "help":
      return help(sql, filing, judged, errand, asked.unknown);
    case "subscribe":
      return subscribe(sql, filing, judged, about(judged, errand));
    case "unsubscribe":
      return unsubscribe(sql, filing, judged, errand);
    case "mute":
    case "follow":
      return wishAboutTopic(sql, filing, judged, errand, asked.verb);
    default:
      return forMember(sql, filing, judged, errand, asked);
  }
}

const today = (filing: Filing): string => filing.clock.now().toISOString().slice(0, 10);

/** What was written, as far as a command is told by it. */
function plainText({ opened: { raw, summary } }: Judged): string {
  const part = raw.length > LARGEST_COMMAND ? undefined : indexParts(raw).find((one) => one.type === "text/plain");
  return part ? textOf(raw, part).text : summary.words;
}
const LARGEST_COMMAND = 1024 * 1024;

/** Anybody is told how to use a group, and who is not proved to have asked no more than once a day. */
async function help(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  errand: Command,
  unknown: string | undefined,
): Promise<Done> {
  const author = judged.opened.summary.authorAddress;
  const isProved = mayBeTold(filing, judged);
  const detail = en`help was sent`;
  const since = new Date(filing.clock.now().getTime() - DAY);
  if (!isProved && (await notices.sentTo(sql, "help", author, since)) > 0)
    return { outcome: "obeyed", detail, letters: [] };
  return answerAsked(sql, filing, judged, "help", author, detail, () =>
    notices.helpLetter(filing, about(judged, errand), isProved ? unknown : undefined),
  );
}

/** What only a member can ask for. */
async function forMember(sql: Sql, filing: Filing, judged: Judged, errand: Command, asked: Asked): Promise<Done> {
  const { authorAddress: author } = judged.opened.summary;
  const { group } = errand;
  const member = await directory.membershipOf(sql, group.id, author);
  if (!member) return notIn(sql, filing, judged, errand);
  const to = { ...about(judged, errand), to: member.address, name: member.name };
  if (asked.verb === "groups") {
    const groups = await groupsOf(sql, filing, member, mayBeTold(filing, judged));
    return answerAsked(sql, filing, judged, "my-groups", author, en`told which groups they are in`, () =>
      notices.myGroupsLetter(filing, to, groups),
    );
  }
  const wish = wishOf(asked.verb, asked.day, member);
  if (wish === undefined || (member.pausedAt !== null && asked.verb === "continue"))
    return answerAsked(sql, filing, judged, "my-settings", author, en`told how their mail comes`, () =>
      notices.mySettingsLetter(filing, to, mailOf(member)),
    );
  if ("problem" in wish)
    return decline(sql, filing, judged, wish.problem, () => notices.declinedLetter(filing, to, wish.problem));
  if (judged.auth.isVerified) return fulfil(sql, filing, member, group, wish, to.about);
  return answerAsked(sql, filing, judged, "confirm-change", author, en`asked to confirm a change`, () =>
    askFirst(filing, member, group, wish, to.about),
  );
}

/** All of theirs for who is proved; for anybody else those of the address that the letter goes to. */
async function groupsOf(
  sql: Sql,
  filing: Filing,
  member: directory.Membership,
  isProved: boolean,
): Promise<notices.MyGroup[]> {
  const all = await directory.membershipsOfPerson(sql, member.personId);
  const some = all.filter((one) => isProved || addressKey(one.address) === addressKey(member.address));
  const groups = await directory.groupsById(
    sql,
    some.map((one) => one.groupId),
  );
  return groups
    .sort((a, b) => a.title.localeCompare(b.title))
    .slice(0, MOST_GROUPS)
    .map(({ title, name }) => ({ title, address: `${name}@${filing.domain}` }));
}
const MOST_GROUPS = 200;

const mailOf = (member: directory.Membership): notices.MyMail => ({
  address: member.address,
  role: member.role,
  mode: member.mode,
  holiday: holidayOf(member),
  isStopped: member.pausedAt !== null,
});

type Command = Extract<Errand, { kind: "command" }>;

const about = (judged: Judged, errand: Command) => ({ ...occasion(judged), group: errand.group });

/** A post of the topic is answered, with the command for its address: the topic it names is meant. */
async function wishAboutTopic(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  errand: Command,
  wish: directory.TopicWish,
): Promise<Done> {
  const { authorAddress, references } = judged.opened.summary;
  const membership = await directory.membershipOf(sql, errand.group.id, authorAddress);
  if (!membership || !judged.auth.isVerified) return nothing(en`Only a member who is proved has a say about topics.`);
  const topicId = await archive.topicAnswered(sql, errand.group.id, references);
  const [topic] = topicId ? await archive.topicStarts(sql, errand.group.id, [topicId]) : [];
  if (!topic)
    return decline(sql, filing, judged, en`names no topic`, () =>
      notices.declinedLetter(
        filing,
        about(judged, errand),
        en`Your mail answers no post of ${errand.group.title}: reply to a post of the topic you mean, and send the reply to this address.`,
      ),
    );
  await directory.followTopic(sql, membership, topic, wish, en`by mail`, filing.clock.now());
  const detail = wish === "mute" ? en`muted topic ${topic.number}` : en`follows topic ${topic.number}`;
  return answer(sql, filing, "topic-wish", membership.address, detail, () =>
    notices.topicWishLetter(filing, { ...about(judged, errand), to: membership.address }, topic, wish),
  );
}

async function unsubscribe(sql: Sql, filing: Filing, judged: Judged, errand: Command): Promise<Done> {
  const address = judged.opened.summary.authorAddress;
  const membership = await directory.membershipOf(sql, errand.group.id, address);
  if (!membership) return notIn(sql, filing, judged, errand);
  const token = leaveToken(filing, membership.id);
  if (judged.auth.isVerified) return leave(sql, filing, membership, errand.group);
  return answerAsked(sql, filing, judged, "confirm-leave", address, en`asked to confirm leaving`, () =>
    notices.confirmLeaveLetter(filing, { ...about(judged, errand), to: membership.address }, token),
  );
}

const notIn = (sql: Sql, filing: Filing, judged: Judged, errand: Command): Promise<Done> =>
  decline(sql, filing, judged, en`no member`, () =>
    notices.declinedLetter(
      filing,
      about(judged, errand),
      en`${judged.opened.summary.authorAddress} is not in ${errand.group.title}: send the mail from the address you joined with, or use the link in any post.`,
    ),
  );

async function leaveByToken(sql: Sql, filing: Filing, token: string): Promise<Done> {
  const id = resolveToken(filing.tokenSecret, "leave", token);
  const membership = id ? await directory.membershipBehind(sql, id) : undefined;
  const [group] = membership ? await directory.groupsById(sql, [membership.groupId]) : [];
  if (!membership || !group) return nothing(en`The address is no link of ours: use the one in a recent post.`);
  if (membership.endedAt) return { outcome: "obeyed", detail: en`had left already`, letters: [] };
  return leave(sql, filing, membership, group);
}

async function leave(
  sql: Sql,
  filing: Filing,
  membership: directory.Membership,
  group: directory.Group,
): Promise<Done> {
  const left = await directory.leave(sql, membership, en`left by mail`, filing.clock.now());
  if (!left) return { outcome: "obeyed", detail: en`its mail had been stopped already`, letters: [] };
  const isOut = left === "left";
  const letterOf = isOut ? notices.goodbyeLetter : notices.mailStoppedLetter;
  const detail = isOut ? en`left ${group.name}` : en`the only owner stays in ${group.name}, without mail`;
  return answer(sql, filing, isOut ? "goodbye" : "mail-stopped", membership.address, detail, () =>
    letterOf(filing, { to: membership.address, group }, leaveToken(filing, membership.id)),
  );
}

const leaveToken = (filing: Filing, membershipId: string): string =>
  sealToken(filing.tokenSecret, "leave", idToBytes(membershipId));
