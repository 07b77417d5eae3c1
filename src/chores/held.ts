/**
 * What was decided about held posts takes effect here, once its time to be taken back has passed; and moderators who had
 * many letters hear once an hour of what waits since.
 *
 * Each decision is one transaction: the mail's way, the letters, trust, and the log are committed together with the row
 * that says it is done. Killed at any line, it is still due. So is a decision about a mail that another group's yes has sent
 * back into the pipeline, until the mail comes out of it.
 */
import { holdIfFree } from "../db/lock.ts";
import { type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as keys from "../keys/keys.ts";
import { type Clock, HOUR, MINUTE, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { idToBytes } from "../kit/id.ts";
import type { Log } from "../kit/log.ts";
import { en, inLanguage, told } from "../language/language.ts";
import { sealToken } from "../mail/token.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";

export type Deciding = { pool: Pool; domain: string; url: string; clock: Clock; log?: Log };

const MOST_AT_ONCE = 200;
/** How long a decision waits for a mail that is in the pipeline for another group. */
const SOON = 2 * SECOND;
/** Who approves without a membership: an operator. */
const OPERATOR = "00000000-0000-0000-0000-000000000000";

/** Carries out what is due. Answers how many decisions took effect. */
export async function settleDecisions(means: Deciding): Promise<number> {
  let count = 0;
  for (; count < MOST_AT_ONCE; count += 1) {
    let due: moderation.HeldPost | undefined;
    try {
      await transact(means.pool, async (sql) => {
        due = await moderation.takeDue(sql, means.clock.now());
        if (due) await carryOut(sql, means, due);
      });
    } catch (error) {
      if (!due) throw error;
      if (await moderation.putOff(means.pool, due, new Date(means.clock.now().getTime() + MINUTE)))
        means.log?.error({ mail: due.mailId, err: reasonOf(error) }, "a decision could not be carried out");
    }
    if (!due) break;
  }
  return count;
}

async function carryOut(sql: Sql, means: Deciding, post: moderation.HeldPost): Promise<void> {
  const [group] = await directory.groupsById(sql, [post.groupId]);
  const held = group && (await heldFor(sql, means, post, group));
  const isDone = held !== undefined && (await (post.decision === "decline" ? decline : approve)(sql, means, held));
  if (held && !isDone) {
    // Another group's yes, or its time, has let the mail go on: it is posted soon, or comes back to this desk.
    await moderation.putOff(sql, post, new Date(means.clock.now().getTime() + SOON));
    return;
  }
  await moderation.settleHeld(sql, post, !isDone ? "gone" : post.decision === "decline" ? "declined" : "approved");
  if (!isDone) return;
  if (post.decision === "trust") await trust(sql, means, post);
  await moderation.record(sql, activityOf(post), means.clock);
}

type Held = { post: moderation.HeldPost; mail: queue.WaitingMail; group: directory.Group; recipient: string };

/** The mail of a held post while it is in the queue for this group, and the group's address there: it may have been renamed. */
async function heldFor(
  sql: Sql,
  { domain }: Deciding,
  post: moderation.HeldPost,
  group: directory.Group,
): Promise<Held | undefined> {
  const mail = await queue.waitingMail(sql, post.mailId);
  if (!mail || mail.state === "unreadable") return undefined;
  const recipient = [`${group.name}@${domain}`, post.recipient].find((one) => mail.recipients.includes(one));
  return recipient === undefined ? undefined : { post, mail, group, recipient };
}

const doerOf = (post: moderation.HeldPost): moderation.Doer => ({
  membershipId: post.decidedBy,
  name: post.decidedName ?? "",
  how: (post.decidedHow ?? "web") as moderation.Doer["how"],
});

function activityOf(post: moderation.HeldPost): moderation.Activity {
  const subject = (post.editedSubject ?? post.subject).slice(0, 200);
  const who = post.authorAddress.slice(0, 200);
  const what =
    post.decision === "decline"
      ? en`declined “${subject}” by ${who}`
      : post.decision === "trust"
        ? en`approved “${subject}” by ${who} and trusts them`
        : en`approved “${subject}” by ${who}`;
  const link = post.decision === "decline" ? "" : `held/${post.mailId}`;
  return { groupId: post.groupId, by: doerOf(post), kind: "held", what, link, words: post.answer };
}

async function approve(sql: Sql, means: Deciding, { post, group, recipient }: Held): Promise<boolean> {
  const by = post.decidedBy ?? OPERATOR;
  if (!(await queue.approve(sql, post.mailId, by, means.clock.now(), recipient))) return false;
  if (post.editedAt && (await mayBeTold(sql, post))) {
    const letter = notices.editedLetter(
      means,
      { to: post.authorAddress, group, about: { messageId: post.messageId, subject: post.subject } },
      {
        moderator: post.editedName ?? "",
        subject: post.editedSubject ?? post.subject,
        text: post.editedText,
        mailId: post.mailId,
      },
    );
    await queue.plan(sql, await notices.write(sql, [letter], means.clock), means.clock);
  }
  return true;
}

async function decline(sql: Sql, means: Deciding, { post, mail, group, recipient }: Held): Promise<boolean> {
  const words = post.answer || en`A moderator declined it.`;
  const isDeclined = await queue.decline(sql, post.mailId, {
    mailId: post.mailId,
    recipient,
    receivedAt: post.receivedAt,
    at: means.clock.now(),
    outcome: "declined",
    detail: words,
    messageId: post.messageId,
    sender: mail.sender,
    groupId: group.id,
    postId: null,
  });
  if (!isDeclined) return false;
  if (post.isSilent || !(await mayBeTold(sql, post))) return true;
  const name = post.decidedBy ? (post.decidedName ?? "") : "";
  const said = inLanguage(group.language, () => (name ? `${told(words)}\n\n${name}, ${group.title}` : told(words)));
  const about = { to: post.authorAddress, group, about: { messageId: post.messageId, subject: post.subject } };
  await queue.plan(
    sql,
    await notices.write(sql, [notices.declinedLetter(means, about, said)], means.clock),
    means.clock,
  );
  return true;
}

/** Only who is proved hears of it, or whom we have written to about this mail before: then they were. */
const mayBeTold = async (sql: Sql, post: moderation.HeldPost): Promise<boolean> =>
  post.mayBeTold ||
  (await notices.sentTo(sql, "held", post.authorAddress, new Date(post.receivedAt.getTime() - 1000))) > 0;

/** A member is let through from now on; for somebody else's address the group gets a rule of its own. */
async function trust(sql: Sql, { clock }: Deciding, post: moderation.HeldPost): Promise<void> {
  const member = await directory.membershipOf(sql, post.groupId, post.authorAddress);
  const by = post.decidedName || en`an operator`;
  if (member) {
    const change = { groupId: post.groupId, membershipId: member.id, to: "trusted" as const, by, why: "" };
    await directory.setModeration(sql, change, clock.now());
    return;
  }
  const address = post.authorAddress.toLowerCase().replace(/[^\w@-]/g, "\\$&");
  const pattern = `(^|<)${address}>?$`;
  const present = await moderation.rulesOf(sql, [post.groupId]);
  if (present.some((rule) => rule.field === "from" && rule.pattern === pattern && rule.action === "pass")) return;
  await moderation.addRule(
    sql,
    post.groupId,
    { field: "from", how: "regex", pattern, action: "pass", why: "" },
    doerOf(post),
    clock,
  );
}

const MOST_IN_A_LETTER = 25;

/** Writes the letters that collect what waits: to each moderator at most one an hour, about what no letter to them named. */
export async function askTogether({ pool, ...means }: Deciding): Promise<number> {
  const waiting = await moderation.waitingByGroup(pool, 200);
  let count = 0;
  for (const one of waiting) count += await transact(pool, (sql) => askAbout(sql, means, one));
  return count;
}

async function askAbout(
  sql: Sql,
  means: Omit<Deciding, "pool">,
  { groupId, mailIds }: moderation.WaitingHere,
): Promise<number> {
  const { clock, domain } = means;
  // Who was told of what is read and then written: two who do so at once would tell it twice.
  if (!(await holdIfFree(sql, `asking moderators ${groupId}`))) return 0;
  const [group] = await directory.groupsById(sql, [groupId]);
  if (!group) return 0;
  const deciders = await directory.deciders(sql, groupId);
  const told = new Map((await moderation.toldIn(sql, groupId, mailIds)).map((one) => [one.membershipId, one]));
  const letters: notices.Letter[] = [];
  for (const member of deciders) {
    if (!directory.may(member, "approve") || !member.heldLetters) continue;
    const before = told.get(member.id);
    if (before && before.lastAt.getTime() > clock.now().getTime() - HOUR) continue;
    const fresh = mailIds.filter((id) => !before?.mailIds.includes(id));
    const posts = await moderation.waitingPosts(sql, groupId, { mailIds: fresh, limit: MOST_IN_A_LETTER });
    const some = posts.filter((post) => !post.releaseAt);
    if (some.length === 0) continue;
    const about = { groupId, membershipId: member.id, mailIds: some.map((post) => post.mailId) };
    const id = await moderation.noteLetter(sql, about, clock);
    const { token } = await keys.serviceKeys(sql, domain, clock);
    const lines = some.map((post) => ({ ...post, author: post.authorAddress }));
    letters.push(
      notices.askManyLetter(
        means,
        { to: member.address, group },
        lines,
        some.length,
        sealToken(token, "moderate", idToBytes(id)),
      ),
    );
  }
  await queue.plan(sql, await notices.write(sql, letters, clock), clock);
  return letters.length;
}
