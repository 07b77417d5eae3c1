/** The shapes of what the API answers and takes, as JSON Schema. */
import * as directory from "../../directory/directory.ts";
import { count, flag, listOf, object, orNull, rate, refOrNull, type Schema, text, time, uuid } from "./schema-words.ts";
import { heldSchemas } from "./schemas-held.ts";
import { joiningSchemas } from "./schemas-joining.ts";

const topic = {
  id: uuid,
  subject: text,
  startedAt: time,
  lastAt: time,
  postCount: count,
  lastNumber: count,
  lastAuthor: text,
  lastWords: text,
  authors: listOf(text),
  url: text,
};

const mode = {
  ...flag("each", "digest", "summary", "notices", "none"),
  description:
    "each: every post by mail; digest, summary: once a day; notices: special notices only; none: reads on the web.",
};

const STATES = ["sent", "on its way", "waiting", "held", "given up", "left"];
const counts = {
  ...object(Object.fromEntries(STATES.map((state) => [state, count])), ...STATES),
  description: "Recipients by state; states nobody is in are left out.",
};
const copy = {
  state: { ...flag(...STATES), description: "left: had left the group or was paused before it was sent." },
  at: { ...orNull(time), description: "When the far side last spoke." },
  dueAt: { ...orNull(time), description: "When it is tried next." },
  provider: text,
  host: text,
  source: { ...text, description: "Our address it was sent from." },
  tls: { ...text, description: "Version and cipher; empty in clear." },
  tries: count,
  copies: { ...count, description: "More than 1 when a reply was lost and it was sent again." },
  code: { ...count, description: "0 for a finding of ours." },
  status: text,
  reply: { ...text, description: "The far side's own words." },
};

const load = { state: text, recipients: count, nextDue: time };

const standing = flag("approved", "warming", "closed");

const provider = {
  provider: text,
  title: text,
  addresses: listOf(
    object({
      source: { ...text, description: "A sending address of ours, or <NODE> where the system chooses." },
      standing,
      isByRule: { type: "boolean" },
      budget: { ...orNull(count), description: "Mails today while warming; null for no budget." },
      savedBudget: count,
      spentToday: count,
      refusedToday: count,
      seenAt: orNull(time),
    }),
  ),
  limits: object({
    connections: count,
    mailsPerConnection: count,
    recipients: count,
    perMinute: { ...orNull(count), description: "Null for no limit." },
  }),
  set: { ...listOf(text), description: "Limits that an operator has set." },
  waiting: count,
  held: count,
  problem: text,
};

const setting = { type: ["integer", "string"], description: 'A whole number, or "default".' };

/** What may be seen of a group whose archive is for others. */
const FRONT: ReadonlySet<string> = new Set([
  ...["visibility", "archive", "joining", "joinQuestion", "language", "description", "guidelines"],
]);

/** A setting of a group, from the list of the directory. */
function settingSchema(one: directory.Setting): Schema {
  if (one.kind === "switch") return { type: "boolean" };
  if (one.kind === "number") return { type: one.isWhole ? "integer" : "number", minimum: one.from, maximum: one.to };
  if (one.kind === "choice" && Array.isArray(one.choices)) return flag(...one.choices.map(([value]) => value));
  return text;
}

/** What an owner may set. */
const groupSettings = Object.fromEntries(
  directory.SETTINGS.filter((one) => one.section !== undefined).map((one) => [one.key, settingSchema(one)]),
);

export const schemas: Record<string, Schema> = {
  Error: object({ error: object({ code: text, message: text }) }),
  Group: object(
    {
      name: text,
      title: text,
      address: text,
      members: count,
      posts: count,
      lastAt: orNull(time),
      ...Object.fromEntries(
        directory.SETTINGS.filter(({ key }) => key !== "title").map((one) => [one.key, settingSchema(one)]),
      ),
      createdAt: time,
      listId: { ...text, description: "What its List-Id is made of: it stays when the group is renamed." },
      closedAt: orNull(time),
      eraseAt: {
        ...orNull(time),
        description: "When it is erased with everything in it, unless an owner takes that back.",
      },
      parent: orNull({ ...text, description: "The group it belongs to." }),
      owners: listOf(text),
    },
    "owners",
    // Of a group whose archive is for members, others see these alone: name, words and the way in.
    ...["members", "posts", "lastAt"],
    ...directory.SETTINGS.map(({ key }) => key).filter((key) => !FRONT.has(key)),
  ),
  NewGroup: object(
    { name: text, template: flag(...directory.TEMPLATES.map((one) => one.name)), ...groupSettings },
    ...["template", ...Object.keys(groupSettings)],
  ),
  GroupSettings: object({ name: text, ...groupSettings }, "name", ...Object.keys(groupSettings)),
  GroupEnd: object(
    {
      do: flag("close", "open", "remove", "restore"),
      typed: { ...text, description: "With remove: the group's name." },
    },
    "typed",
  ),
  Member: object({
    address: text,
    name: text,
    role: flag("member", "moderator", "owner"),
    mode,
    joinedAt: time,
  }),
  Membership: object({
    ...{ address: text, name: text, role: flag("member", "moderator", "owner"), mode },
    ownPosts: { type: "boolean", description: "A copy of their own posts comes back to them." },
    secondCopy: { type: "boolean", description: "The group's copy comes also when a post names them in To or Cc." },
    reminders: { type: "boolean", description: "What the group sends its members once a month comes to them." },
    heldLetters: { type: "boolean", description: "Letters ask them, if they may decide about held posts." },
    holidayUntil: { ...orNull(time), description: "No mail before this time, by their own wish." },
    digestHour: { type: "integer", minimum: 0, maximum: 23 },
    digestForm: flag("html", "mime"),
    digestDueAt: { ...orNull(time), description: "When the next digest or summary comes." },
    privateMail: {
      ...flag("anyone", "members", "nobody"),
      description: "Who may write to them alone, by a post's alias.",
    },
    zone: { ...text, description: "The IANA time zone their days are meant in." },
    joinedAt: time,
    pausedAt: orNull(time),
  }),
  Rule: object({
    ...{ id: uuid, action: flag("hold", "decline", "pass") },
    field: { ...text, description: "A header field in lower case, or any, subject, from, text." },
    how: flag("words", "wildcard", "regex"),
    ...{ pattern: text, why: text, setBy: text, setAt: time },
  }),
  NewRule: object(
    {
      action: flag("hold", "decline", "pass"),
      field: { ...text, description: "A header field, or any, subject, from, text." },
      words: { ...text, description: "What it looks for; or wildcard, or regex, instead." },
      wildcard: text,
      regex: { ...text, description: "As RE2 has them." },
      why: { ...text, description: "What the author is told." },
    },
    ...["action", "field", "words", "wildcard", "regex", "why"],
  ),
  MembershipSettings: object(
    {
      mode,
      holiday: { ...text, description: 'The day the mail comes again, as 2026-08-01, or "none".' },
      "own-posts": flag("yes", "no"),
      "second-copy": flag("yes", "no"),
      reminders: flag("yes", "no"),
      "held-letters": flag("yes", "no"),
      "digest-hour": { ...text, description: "0 to 23, in the member's time zone." },
      "digest-form": flag("html", "mime"),
      "private-mail": flag("anyone", "members", "nobody"),
      zone: text,
      name: text,
      address: { ...text, description: "Another address that is shown to be theirs." },
    },
    ...[
      "mode",
      "holiday",
      "own-posts",
      "second-copy",
      "reminders",
      "held-letters",
      "digest-hour",
      "digest-form",
      "private-mail",
      "zone",
      "name",
      "address",
    ],
  ),
  Letter: object({
    ...{ name: text, title: text, when: { ...text, description: "When it is sent." } },
    to: flag("members", "authors", "moderators", "whoever asks"),
    ...{ language: text, subject: text, text, isOwn: { type: "boolean" }, writtenAt: orNull(time), writtenBy: text },
    values: listOf(object({ name: text, means: text, needed: { type: "boolean" } })),
  }),
  Wording: object({ subject: text, text }, "subject", "text"),
  ...heldSchemas,
  ...joiningSchemas,
  Health: object({
    members: listOf(
      object({
        address: text,
        name: text,
        health: flag("well", "in trouble", "asked", "paused"),
        score: { ...rate, description: "How much speaks against the address; from 5 on they are asked by letter." },
        reason: { ...text, description: "In plain words." },
        said: { ...text, description: "In the far side's own words." },
        since: orNull(time),
        pausedFor: { ...flag("", "returned", "complaint", "wish", "hand"), description: "Empty while mail goes out." },
        askedAt: orNull(time),
      }),
    ),
    outages: {
      ...listOf(
        object({
          provider: text,
          sense: text,
          beganAt: time,
          seenAt: time,
          recipients: count,
          tried: count,
          said: text,
        }),
      ),
      description: "Providers that fail for many at once, so that it counts against nobody.",
    },
  }),
  Author: object({ name: text, address: text }),
  Topic: object(topic),
  TopicWithPosts: object({
    ...topic,
    posts: listOf(
      object({
        id: uuid,
        number: count,
        answers: { ...orNull(count), description: "The number of the post it answers." },
        from: refOrNull("Author"),
        subject: text,
        sentAt: time,
      }),
    ),
  }),
  Post: object({
    id: uuid,
    group: text,
    number: count,
    topicId: uuid,
    source: { ...text, description: "How it came: by mail, or with an imported archive." },
    sentAt: time,
    receivedAt: time,
    size: { ...count, description: "In bytes." },
    url: { ...text, description: "Its permanent address on the web." },
    from: refOrNull("Author"),
    subject: text,
    date: { ...orNull(time), description: "As its Date field says, in UTC." },
    messageId: orNull(text),
    references: listOf(text),
    text: { ...orNull(text), description: "Null when nobody wrote any." },
    html: { ...orNull(text), description: "Cleaned; pictures from elsewhere are left out." },
    attachments: listOf(object({ filename: orNull(text), type: text, size: count, index: count, url: text })),
    defects: listOf(text),
    progress: refOrNull("Progress"),
  }),
  Progress: object({
    planned: count,
    sent: count,
    givenUp: count,
    again: { ...count, description: "Copies that are known to have come a second time." },
    plannedAt: time,
    lastAt: orNull(time),
    waiting: listOf(
      object({
        provider: text,
        ...load,
        slow: { ...count, description: "Recipients in the hands of a worker that is slow just now." },
        attempts: count,
      }),
    ),
  }),
  Delivery: object({
    planned: count,
    plannedAt: orNull(time),
    lastAt: orNull(time),
    sent: count,
    givenUp: count,
    isLogKept: { type: "boolean", description: "False when only the sums are left." },
    counts,
    providers: listOf(
      object({ provider: text, recipients: count, counts, nextDue: orNull(time), lastAt: orNull(time) }),
    ),
  }),
  Recipient: object({ address: text, name: text, ...copy }),
  HistoryEntry: object({
    number: count,
    subject: text,
    receivedAt: time,
    why: { ...text, description: "Why there was no copy; empty when there was one." },
    copy: { anyOf: [object(copy), { type: "null" }] },
  }),
  NewPost: object(
    {
      subject: { ...text, minLength: 1, maxLength: 300 },
      text: { ...text, minLength: 1, maxLength: 500_000 },
      inReplyTo: { type: ["integer", "string"], description: "The number of a post in this group, or its Message-ID." },
      markdown: {
        type: "boolean",
        description: "The text is Markdown: it goes out as text and as HTML. False when left out.",
      },
      special: { type: "boolean", description: "A special notice; for moderators and owners." },
    },
    "inReplyTo",
    "markdown",
    "special",
  ),
  Accepted: object({ mail: uuid, follow: { ...text, description: "The page that shows where it is." } }),
  Mail: object({
    id: uuid,
    receivedAt: time,
    state: {
      ...flag("waiting", "taken", "held", "unreadable", "filed"),
      description: "filed: every outcome is known.",
    },
    waiting: {
      anyOf: [object({ recipients: listOf(text), attempts: count, dueAt: time, problem: text }), { type: "null" }],
    },
    outcomes: listOf(object({ recipient: text, at: time, outcome: text, detail: text, postId: orNull(uuid) })),
    posts: listOf(object({ id: uuid, group: text, number: count, url: text, progress: refOrNull("Progress") })),
  }),
  Provider: object(provider),
  ProviderDetail: object({
    ...provider,
    hosts: { ...listOf(text), description: "What the names of its mail hosts end in." },
    newcomer: object({ standing, start: count, growth: rate, enough: count }),
    ask: listOf(object({ what: text, where: text })),
    history: listOf(
      object({
        source: text,
        at: time,
        standing: { anyOf: [standing, { type: "null" }] },
        budget: count,
        cause: text,
      }),
    ),
  }),
  ProviderSettings: object(
    {
      standing: flag("approved", "warming", "closed", "default"),
      address: { ...text, description: "Which address standing and budget are meant for; without it, all." },
      budget: setting,
      connections: setting,
      "mails-per-connection": setting,
      "per-minute": { ...setting, description: 'A whole number, "none" or "default".' },
      recipients: setting,
    },
    ...["standing", "address", "budget", "connections", "mails-per-connection", "per-minute", "recipients"],
  ),
  Status: object({
    at: time,
    mails: listOf(object({ state: text, count, oldest: orNull(time) })),
    deliveries: object({
      waiting: count,
      held: count,
      providers: listOf(object({ provider: text, ...load, deliveries: count, oldest: time })),
    }),
    perSecond: object({ sent: rate, later: rate, never: rate }),
    oldestWaiting: orNull(time),
  }),
};
