/**
 * The rules for a post, in the order in which they are asked; docs/moderation.md tells each, and why it stands where it
 * does. Who runs the group, and whom its moderators trust, is not held; but only where the From address is not doubtful.
 */
import { type Group, isClosed, type Membership } from "../directory/directory.ts";
import { en } from "../language/language.ts";
import { namedIn } from "../mail/addressed.ts";
import { attachedTo, refusedFile } from "../mail/attached.ts";
import { type Asked, addressOf, inWords, type PostErrand, type Rule, type Verdict } from "./verdict.ts";
import type { Auth } from "./verify.ts";

const hold = (reason: string): Verdict => ({ kind: "hold", reason });
const decline = (reason: string): Verdict => ({ kind: "decline", reason });

export const POST_RULES: readonly Rule<PostErrand>[] = [
  {
    name: "secret group",
    judge: ({ opened: { mail }, errand: { group }, membership, facts }) =>
      group.visibility === "secret" && !membership && !facts.isInvited && !mail.approvedBy && !hearsStrangers(group)
        ? { kind: "quiet", reason: en`There is no such group for this sender.` }
        : undefined,
  },
  {
    name: "closed group",
    judge: ({ errand: { group } }) =>
      isClosed(group)
        ? decline(en`${group.title} is closed and takes no more posts. What was posted can still be read.`)
        : undefined,
  },
  {
    name: "approved",
    judge: ({ opened: { mail }, errand, domain }) =>
      mail.approvedBy && (mail.approvedFor ?? addressOf(errand, domain)) === addressOf(errand, domain)
        ? { kind: "post" }
        : undefined,
  },
  {
    name: "no author",
    judge: ({ opened }) =>
      opened.summary.authorAddress === ""
        ? decline(en`The post has no usable From address: put your address there and send it again.`)
        : undefined,
  },
  {
    name: "banned",
    judge: ({ facts, membership, errand }) =>
      facts.isBanned && !runs(membership)
        ? decline(en`The owners of ${errand.group.title} take no posts from this address.`)
        : undefined,
  },
  {
    name: "locked topic",
    judge: ({ facts }) =>
      facts.isLocked
        ? decline(
            en`A moderator has locked this topic, so it takes no more replies: begin a new topic with a new mail if there is more to say.`,
          )
        : undefined,
  },
  {
    name: "too large",
    judge: ({ opened: { raw }, errand: { group } }) =>
      group.sizeMax > 0 && raw.length > group.sizeMax * 1024
        ? decline(
            en`The post has ${kilobytes(raw.length)} KB, and ${group.title} takes ${group.sizeMax}: send it smaller, or with a link in place of what is attached.`,
          )
        : undefined,
  },
  {
    name: "attachments",
    judge: ({ opened, errand: { group } }) => {
      const file = refusedFile(group.refusedFiles, opened.summary.parts);
      if (file !== undefined)
        return decline(
          en`${group.title} takes no files like “${file}”, as they may be programs: send a link in its place.`,
        );
      if (group.attachments !== "refused" || attachedTo(opened.raw).length === 0) return undefined;
      return decline(en`${group.title} takes nothing attached: send a link in its place.`);
    },
  },
  {
    name: "too many named",
    judge: ({ opened: { summary }, errand: { group } }) => {
      const named = group.namedMax > 0 ? namedIn(summary.fields).length : 0;
      return named > group.namedMax
        ? decline(
            en`The post names ${named} addresses in To and Cc, and ${group.title} takes ${group.namedMax}: send it to the group alone.`,
          )
        : undefined;
    },
  },
  {
    name: "forged",
    judge: ({ auth }) => (isForged(auth) ? hold(en`Its From address could not be proved (DMARC).`) : undefined),
  },
  {
    name: "emergency",
    judge: (asked) =>
      asked.errand.group.emergency === "on" && !isHost(asked)
        ? hold(en`All posts to ${asked.errand.group.title} wait for a moderator at present.`)
        : undefined,
  },
  {
    name: "own rules",
    judge: (asked) => {
      const { fit } = asked.facts;
      if (!fit) return undefined;
      if (fit.action === "pass") return { kind: "post" };
      if (isExempt(asked)) return undefined;
      if (fit.action === "hold") return hold(fit.why || en`A rule of ${asked.errand.group.title} has it wait.`);
      return decline(fit.why || en`A rule of ${asked.errand.group.title} does not let it through.`);
    },
  },
  {
    name: "spam",
    judge: (asked) => {
      const { spamDecline } = asked.errand.group;
      const score = scoreOf(asked);
      return score !== undefined && spamDecline > 0 && score >= spamDecline && !isExempt(asked)
        ? decline(en`It looks like spam to the service's filter (score ${score}).`)
        : undefined;
    },
  },
  {
    name: "announcements",
    judge: (asked) => {
      const { group } = asked.errand;
      if (group.posting !== "moderators" || isHost(asked)) return undefined;
      if (runs(asked.membership))
        return hold(en`It could not be proved that it is by a moderator, and only moderators post to ${group.title}.`);
      if (group.others === "hold") return hold(en`Only moderators post to ${group.title}.`);
      const owners = `${group.name}-owner@${asked.domain}`;
      return decline(en`Only moderators post to ${group.title}: what you have to tell them, send to ${owners}.`);
    },
  },
  {
    name: "not a member",
    judge: ({ errand: { group }, membership, domain }) => {
      if (membership || group.posting === "everyone") return undefined;
      if (group.nonmembers === "hold") return hold(en`Its author is not a member.`);
      const join = `${group.name}+subscribe@${domain}`;
      return decline(
        en`${group.title} takes posts from its members only: join with a mail to ${join}, then send it again.`,
      );
    },
  },
  {
    name: "moderated member",
    judge: (asked) =>
      asked.membership?.moderation === "moderated" && !isHost(asked)
        ? hold(en`A moderator reads what this member posts first.`)
        : undefined,
  },
  {
    name: "everyone",
    judge: (asked) =>
      asked.errand.group.moderate === "everyone" && !isExempt(asked)
        ? hold(en`Every post to ${asked.errand.group.title} waits for a moderator.`)
        : undefined,
  },
  {
    name: "newcomers",
    judge: (asked) => {
      const { group } = asked.errand;
      if (group.moderate !== "newcomers" || isExempt(asked) || asked.facts.postsBefore >= group.newcomers)
        return undefined;
      return group.newcomers === 1
        ? hold(en`The first post of each author to ${group.title} waits for a moderator.`)
        : hold(en`The first ${group.newcomers} posts of each author to ${group.title} wait for a moderator.`);
    },
  },
  {
    name: "suspected spam",
    judge: (asked) => {
      const { spamHold } = asked.errand.group;
      const score = scoreOf(asked);
      return score !== undefined && spamHold > 0 && score >= spamHold && !isExempt(asked)
        ? hold(en`It may be spam, says the service's filter (score ${score}).`)
        : undefined;
    },
  },
  {
    name: "slow mode",
    judge: (asked) => {
      const { slowUntil: until, isAnotherWaiting } = asked.facts;
      const { group } = asked.errand;
      if (!until || isExempt(asked)) return undefined;
      const when = inWords(until);
      if (isAnotherWaiting)
        return decline(
          en`${group.title} is in slow mode: another post of yours waits until ${when} already. Send this one after that.`,
        );
      return {
        kind: "wait",
        until,
        reason: en`${group.title} is in slow mode: it goes out by itself at ${when}.`,
      };
    },
  },
];

/** May somebody else than its members write to it, be it to its moderators first? */
const hearsStrangers = ({ posting, nonmembers, others }: Group): boolean =>
  posting === "everyone" || (posting === "members" ? nonmembers : others) === "hold";

const kilobytes = (bytes: number): number => Math.ceil(bytes / 1024);

const scoreOf = ({ spam }: Asked<PostErrand>): number | undefined =>
  spam === undefined || spam === "away" ? undefined : spam.score;

/** Does this member run the group, by what From says? */
const runs = (membership: Membership | undefined): boolean => (membership?.role ?? "member") !== "member";

/** By who runs the group, and nothing speaks against that. */
const isHost = ({ membership, auth }: Asked<PostErrand>): boolean => runs(membership) && !isDoubtful(auth);

/** Not held by what holds others. */
const isExempt = (asked: Asked<PostErrand>): boolean =>
  isHost(asked) || (asked.membership?.moderation === "trusted" && !isDoubtful(asked.auth));

/**
 * The author's domain asks that such mail be set aside or refused, and it failed; or nobody can say whose mail it is.
 * An ARC chain that holds is no excuse: anybody can seal what they made up (RFC 8617 9.3), and we know no sealers yet.
 */
export const isForged = ({ dmarc }: Auth): boolean =>
  dmarc.result === "permerror" || (dmarc.result === "fail" && dmarc.policy !== null);

/**
 * The domain in From says how its mail can be known, and this one can't. That is too little for what only some may do. A
 * domain that says nothing leaves us nothing to ask for.
 */
const isDoubtful = ({ isVerified, dmarc, spf }: Auth): boolean =>
  !isVerified && (dmarc.result === "fail" || spf === "fail" || spf === "softfail");
