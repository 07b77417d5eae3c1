/**
 * What may be set of a membership, in the words of `member set GROUP ADDRESS key=value`, of the API, and of the page:
 * one list, so that a wish means the same wherever it is said.
 */

import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { dayIn, hourOfDay, isZone } from "../kit/zone.ts";
import { en } from "../language/language.ts";
import { addressKey, parseAddress } from "../mail/address.ts";
import { isBanned } from "./bans.ts";
import { changeMembership, MEMBER_ROLES, type MembershipChange } from "./changes.ts";
import { DIGEST_FORMS, MEMBER_MODES, type Membership, MODERATIONS, membershipOf, PRIVATE_MAIL } from "./members.ts";
import { keepAddress, verifiedAddresses } from "./people.ts";
import { PERMISSIONS } from "./rights.ts";

const MOST_TAGS = 20;
const LONGEST_HOLIDAY = 366 * DAY;

type Setting = (value: string, change: MembershipChange, member: Pick<Membership, "zone">, now: Date) => void;

const SETTINGS: Record<string, Setting> = {
  mode: (value, change) => {
    change.mode = oneOf(MEMBER_MODES, "mode", value);
  },
  holiday: (value, change, member, now) => {
    change.holidayUntil = value === "none" ? null : holidayUntil(value, change.zone ?? member.zone, now);
  },
  "own-posts": (value, change) => {
    change.ownPosts = oneOf(["yes", "no"], "own-posts", value) === "yes";
  },
  "second-copy": (value, change) => {
    change.secondCopy = oneOf(["yes", "no"], "second-copy", value) === "yes";
  },
  listed: (value, change) => {
    change.isListed = oneOf(["yes", "no"], "listed", value) === "yes";
  },
  about: (value, change) => {
    change.about = value
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, 200);
  },
  replies: (value, change) => {
    change.replies = oneOf(["all", "own"], "replies", value);
  },
  "mute-tags": (value, change) => {
    change.mutedTags = tagsOf(value);
  },
  "only-tags": (value, change) => {
    change.onlyTags = tagsOf(value);
  },
  reminders: (value, change) => {
    change.reminders = oneOf(["yes", "no"], "reminders", value) === "yes";
  },
  "held-letters": (value, change) => {
    change.heldLetters = oneOf(["yes", "no"], "held-letters", value) === "yes";
  },
  zone: (value, change) => {
    if (!isZone(value))
      throw new Refusal(en`There is no time zone "${value}": choose one such as Europe/Berlin or UTC.`);
    change.zone = value;
  },
  "digest-hour": (value, change) => {
    if (!/^\d{1,2}$/.test(value) || Number(value) > 23)
      throw new Refusal(en`digest-hour can't be "${value}": choose a whole number from 0 to 23.`);
    change.digestHour = Number(value);
  },
  "digest-form": (value, change) => {
    change.digestForm = oneOf(DIGEST_FORMS, "digest-form", value);
  },
  name: (value, change) => {
    change.name = value
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, 200);
  },
  address: (value, change) => {
    const parsed = parseAddress(value.trim());
    if (!parsed) throw new Refusal(en`"${value}" is not a mail address.`);
    change.address = `${parsed.local}@${parsed.domain}`;
  },
  permissions: (value, change) => {
    const chosen = value
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "" && one !== "none");
    change.permissions = value === "role" ? null : chosen.map((one) => oneOf(PERMISSIONS, "permissions", one));
  },
  "private-mail": (value, change) => {
    change.privateMail = oneOf(PRIVATE_MAIL, "private-mail", value);
  },
  moderation: (value, change) => {
    change.moderation = oneOf(MODERATIONS, "moderation", value);
  },
  role: (value, change) => {
    change.role = oneOf(MEMBER_ROLES, "role", value);
  },
};

/** What is for who runs the group to set, and not for the member. */
export const OWNER_SETTINGS: ReadonlySet<string> = new Set(["role", "permissions", "moderation"]);

/**
 * Changes a present membership as these words ask, in a transaction. Answers whether it is still there; refuses in a
 * sentence what can't be.
 */
export async function setMembership(
  sql: Sql,
  member: Pick<Membership, "id" | "groupId" | "personId" | "zone">,
  pairs: Readonly<Record<string, string>>,
  cause: string,
  now: Date,
): Promise<boolean> {
  const change = wished(pairs, member, now);
  if (change.address !== undefined) change.address = await freeAddress(sql, member, change.address);
  return changeMembership(sql, member.id, change, cause, now);
}

/** The address as its owner wrote it: one that is shown to be theirs and is not in the group already. */
async function freeAddress(
  sql: Sql,
  { id, groupId, personId }: Pick<Membership, "id" | "groupId" | "personId">,
  wanted: string,
): Promise<string> {
  const key = addressKey(wanted);
  const own = (await verifiedAddresses(sql, personId)).find((one) => addressKey(one) === key);
  const present = await membershipOf(sql, groupId, wanted);
  if (present?.id === id) return present.address;
  if (!own) throw new Refusal(en`${wanted} is not known to be this person's: they show it by signing in with it.`);
  if (await isBanned(sql, groupId, own)) throw new Refusal(en`${wanted} is kept out of this group by its owners.`);
  if (present) throw new Refusal(en`${wanted} is in this group already.`);
  await keepAddress(sql, own); // it can't be taken from them while a membership begins to use it
  return own;
}

/** The change that these words ask for. Refuses unknown keys and values in a sentence. */
function wished(
  pairs: Readonly<Record<string, string>>,
  member: Pick<Membership, "zone">,
  now: Date,
): MembershipChange {
  const change: MembershipChange = {};
  // The zone first: a holiday's day is a day there.
  const entries = Object.entries(pairs).sort(([a], [b]) => Number(b === "zone") - Number(a === "zone"));
  for (const [key, value] of entries) {
    const setting = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined;
    if (!setting)
      throw new Refusal(en`A member has no setting "${key}": choose one of ${Object.keys(SETTINGS).join(", ")}.`);
    setting(value, change, member, now);
  }
  return change;
}

/** The day on which the mail comes again begins in the member's own zone. */
function holidayUntil(value: string, zone: string, now: Date): Date {
  const parsed = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00Z`) : Number.NaN;
  // 31 February would be taken for 3 March.
  const isDay = !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(value);
  if (!isDay)
    throw new Refusal(en`"${value}" is no day: write it as ${dayIn(zone, new Date(now.getTime() + 14 * DAY))}.`);
  const until = hourOfDay(zone, value, 0);
  if (until.getTime() <= now.getTime())
    throw new Refusal(en`${value} has begun already: choose the day on which the mail shall come again.`);
  if (until.getTime() > now.getTime() + LONGEST_HOLIDAY)
    throw new Refusal(en`${value} is more than a year away: choose an earlier day, or the mode "none".`);
  return until;
}

/** `#tea, books` as `books`, `tea`; "none" and nothing are no tags. */
function tagsOf(value: string): string[] {
  const words = value
    .toLowerCase()
    .split(/[\s,]+/)
    .map((word) => word.replace(/^#/, ""))
    .filter((word) => word !== "" && word !== "none");
  const wrong = words.find((word) => !/^\p{L}[\p{L}\p{N}_-]{1,39}$/u.test(word));
  if (wrong !== undefined)
    throw new Refusal(en`"${wrong.slice(0, 60)}" is no hashtag: write words such as #tea, with commas between them.`);
  if (words.length > MOST_TAGS) throw new Refusal(en`Name at most ${MOST_TAGS} hashtags.`);
  return [...new Set(words)].sort();
}

function oneOf<T extends string>(choices: readonly T[], key: string, value: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Refusal(en`${key} can't be "${value}": choose ${choices.join(", ")}.`);
  return found;
}
