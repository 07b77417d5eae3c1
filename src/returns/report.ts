/** What there is to say about members' mail: for the owner's page, the member's own, the command and the API alike. */

import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { en } from "../language/language.ts";

export type MemberHealth = {
  member: directory.Membership;
  word: health.HealthWord;
  score: number;
  /** In plain words; "" for who is well. */
  reason: string;
  /** In the far side's words. */
  said: string;
  /** Since when something speaks against the address, or mail is stopped. */
  since: Date | null;
  pause: health.Pause | undefined;
  enquiry: health.Enquiry | undefined;
};

const MOST = 5000;

/** The members of a group whose mail is stopped or in trouble, the gravest first. */
export async function groupHealth(sql: Sql, groupId: string, now: Date): Promise<MemberHealth[]> {
  const [troubles, pauses, enquiries] = await Promise.all([
    health.troublesIn(sql, groupId, new Date(now.getTime() - health.KEPT), MOST),
    health.pausesIn(sql, groupId, null, MOST),
    health.enquiriesOf(sql, groupId, null, MOST),
  ]);
  const ids = [...troubles, ...pauses].map((one) => one.membershipId);
  const members = await directory.presentMemberships(sql, [...new Set(ids)]);
  const troublesBy = Map.groupBy(troubles, (one) => one.membershipId);
  const found = members
    .filter((member) => member.groupId === groupId)
    .map((member) => {
      const pause = pauses.find((one) => one.membershipId === member.id);
      const enquiry = enquiries.find((one) => one.membershipId === member.id && one.state === "open");
      return describe(member, troublesBy.get(member.id) ?? [], pause, enquiry, now);
    });
  return found
    .filter((one) => one.word !== "well")
    .sort((a, b) => RANK[a.word] - RANK[b.word] || b.score - a.score || (a.member.address < b.member.address ? -1 : 1));
}

const RANK: Record<health.HealthWord, number> = { paused: 0, asked: 1, "in trouble": 2, well: 3 };

/** One member, well or not. */
export async function memberHealth(sql: Sql, member: directory.Membership, now: Date): Promise<MemberHealth> {
  const [troubles, [pause], enquiries] = await Promise.all([
    health.troublesOf(sql, member.groupId, member.id, MOST),
    health.pausesIn(sql, member.groupId, member.id, 1),
    health.enquiriesOf(sql, member.groupId, member.id, 1),
  ]);
  const enquiry = enquiries.find((one) => one.state === "open");
  return describe(member, troubles, pause, enquiry, now);
}

function describe(
  member: directory.Membership,
  troubles: health.Trouble[],
  pause: health.Pause | undefined,
  enquiry: health.Enquiry | undefined,
  now: Date,
): MemberHealth {
  const counting = health.counting(troubles);
  const score = health.scoreOf(counting, now);
  const word = health.wordOf({ score, isAsked: enquiry !== undefined, isPaused: member.pausedAt !== null });
  const last = counting[0];
  const reason = word === "well" ? "" : pause ? whyPaused(pause) : health.plainly(last?.sense ?? "");
  return {
    member,
    word,
    score: Math.round(score * 100) / 100,
    reason,
    said: word === "well" || pause?.why === "complaint" ? "" : (pause?.said ?? last?.said ?? ""),
    since: member.pausedAt ?? (word === "well" ? null : (counting.at(-1)?.at ?? null)),
    pause,
    enquiry,
  };
}

function whyPaused({ why, sense }: Pick<health.Pause, "why" | "sense">): string {
  switch (why) {
    case "returned":
      return en`mail came back, and the letter that asked too: ${health.plainly(sense)}`;
    case "complaint":
      return en`the mail provider reported a mail of the group as marked as spam`;
    case "wish":
      return en`the member stopped it`;
    case "hand":
      return en`an owner or moderator stopped it`;
  }
}

/** As the command and the API say it. */
export const healthAsJson = ({ member, word, score, reason, said, since, pause, enquiry }: MemberHealth) => ({
  address: member.address,
  name: member.name,
  health: word,
  score,
  reason,
  said,
  since,
  pausedFor: pause?.why ?? "",
  askedAt: enquiry?.askedAt ?? null,
});

export const outageAsJson = ({ provider, sense, beganAt, seenAt, recipients, tried, said }: health.Outage) => ({
  provider,
  sense,
  beganAt,
  seenAt,
  recipients,
  tried,
  said,
});

export const outageInWords = ({
  provider,
  recipients,
  tried,
  sense,
  beganAt,
}: Pick<health.Outage, "provider" | "recipients" | "tried" | "sense" | "beganAt">): string =>
  `${provider} refuses ${recipients} of ${Math.max(tried, recipients)} addresses alike since ${beganAt.toISOString().slice(0, 16).replace("T", " ")} UTC (${sense}): it counts against nobody`;
