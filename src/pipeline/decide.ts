/**
 * A moderator's reply to the letter that asks them to decide. The token says which letter it answers, and so who was asked
 * about which posts; the mail must come from an address of that person and must not be one that DMARC calls forged. What it
 * says is read in any of our languages, and what was decided before is told, not decided again.
 */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { en } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";
import { htmlToText } from "../mail/html.ts";
import { readMail } from "../mail/read.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import type { Done } from "./answer.ts";
import type { Filing, Judged } from "./file.ts";
import { isForged } from "./judge-post.ts";
import { mayBeTold, occasion } from "./letters.ts";
import { ownWords, type Said, saidIn } from "./reply-words.ts";
import { resolveToken } from "./tokens.ts";

export async function decideByReply(sql: Sql, filing: Filing, judged: Judged, token: string): Promise<Done> {
  const id = resolveToken(filing.tokenSecret, "moderate", token);
  const letter = id ? await moderation.askLetter(sql, id) : undefined;
  const [member] = letter ? await directory.presentMemberships(sql, [letter.membershipId]) : [];
  const [group] = letter ? await directory.groupsById(sql, [letter.groupId]) : [];
  if (!letter || !member || !group) return declined(en`The address is no link of ours.`);
  if (isForged(judged.auth) || !(await isTheirs(sql, member, judged.opened.summary.authorAddress)))
    return declined(en`The reply did not come from the moderator who was asked.`);
  const answer = (sentence: string): Done => ({
    outcome: "obeyed",
    detail: sentence,
    letters: mayBeTold(filing, judged)
      ? [notices.decidedLetter(filing, { ...occasion(judged), to: member.address, group }, sentence)]
      : [],
  });
  if (!directory.may(member, "approve")) return answer(en`You do not decide about held posts in this group any more.`);
  const mail = readMail(judged.opened.raw);
  const said = saidIn(ownWords(mail.text ?? (mail.html === null ? "" : htmlToText(mail.html))), letter.mailIds.length);
  if (said.length === 0)
    return answer(
      en`Nothing was decided: begin your reply with one of the words that our letter names, and with the numbers where it lists several posts.`,
    );
  return carryOut(sql, filing, { letter, member, group, said, answer });
}

type Replying = {
  letter: moderation.AskLetter;
  member: directory.Membership;
  group: directory.Group;
  said: Said[];
  answer: (sentence: string) => Done;
};

/** Each post has the first word said about it. */
async function carryOut(sql: Sql, filing: Filing, { letter, member, group, said, answer }: Replying): Promise<Done> {
  const now = filing.clock.now();
  const by: moderation.Doer = { membershipId: member.id, name: member.name || member.address, how: "mail" };
  const left = new Set(letter.mailIds);
  const late: string[] = [];
  let count = 0;
  for (const { decision, numbers, words } of said) {
    const mailIds = numbers.map((number) => letter.mailIds[number - 1]!).filter((id) => left.delete(id));
    const done = await moderation.decide(
      sql,
      { groupId: group.id, mailIds, decision, by, answer: decision === "decline" ? words : "", dueAt: now },
      filing.clock,
    );
    count += done.length;
    const missed = mailIds.filter((id) => !done.some((one) => one.mailId === id));
    for (const id of missed) {
      const post = await moderation.heldPost(sql, group.id, id);
      if (!(post && isSame(post, decision, member.id))) late.push(moderation.decidedBefore(post));
    }
  }
  if (late.length > 0) return answer(late[0]!);
  return { outcome: "obeyed", detail: en`decided about ${count} held posts`, letters: [] };
}

/** Said twice, by the same: there is nothing to tell. */
const isSame = (post: moderation.HeldPost, decision: moderation.Decision, membershipId: string): boolean =>
  post.decidedBy === membershipId && post.decision === decision;

async function isTheirs(sql: Sql, member: directory.Membership, author: string): Promise<boolean> {
  const own = [member.address, ...(await directory.verifiedAddresses(sql, member.personId))];
  return own.some((one) => addressKey(one) === addressKey(author));
}

const declined = (detail: string): Done => ({ outcome: "declined", detail, letters: [] });

/** An author's reply to a moderator's question: it is put beside their post, which goes on waiting. */
export async function answerByReply(sql: Sql, filing: Filing, judged: Judged, token: string): Promise<Done> {
  const post = await moderation.questionBehind(sql, filing.tokenSecret, token);
  if (!post) return declined(en`The address is no link of ours.`);
  const mail = readMail(judged.opened.raw);
  const words = ownWords(mail.text ?? (mail.html === null ? "" : htmlToText(mail.html))).slice(0, 4000);
  if (isForged(judged.auth) || words === "") return declined(en`The reply said nothing that could be kept.`);
  const isKept = await moderation.noteReply(sql, post.groupId, post.mailId, words, filing.clock.now());
  return isKept
    ? { outcome: "obeyed", detail: en`the answer stands beside the post`, letters: [] }
    : declined(en`The post does not wait any more: somebody has seen to it, or it went out by itself.`);
}
