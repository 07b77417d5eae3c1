/**
 * Who may do what: every address of the web and every call of the API, and how each kind of visitor is answered.
 *
 * test/journeys/rights.test.ts walks it as each of them, with ids of their own and with foreign ones, and fails for a route
 * that is not named here. docs/rights.md is this table.
 */
import * as directory from "../../../src/directory/directory.ts";
import { keepPassword } from "../../../src/web/sign-in/credentials.ts";
import { hashPassword } from "../../../src/web/sign-in/password.ts";
import type { LetterToken, World } from "./world.ts";

export const WHO = ["visitor", "member", "moderator", "owner", "owner of another group", "operator"] as const;
export type Who = (typeof WHO)[number];

/** Done or shown; led to sign in (401 by the API); 403; 404, the same as for what does not exist; 400, with a way on. */
export type Answer = "yes" | "sign in" | "no" | "hidden" | "400";

/** How each of WHO is answered in a group whose archive is public, and in one whose archive is for its members. */
export type Right = {
  name: string;
  public: Answer[];
  members: Answer[] /** Where name and description may be seen: listed, private. */;
  front?: Answer[];
};

const right = (name: string, open: Answer[], closed: Answer[]): Right => ({ name, public: open, members: closed });
const all = (answer: Answer): Answer[] => WHO.map(() => answer);

export const RIGHTS = {
  everybody: right("everybody", all("yes"), all("yes")),
  readers: right("readers", all("yes"), ["hidden", "yes", "yes", "yes", "hidden", "hidden"]),
  anybody: right(
    "who is signed in",
    ["sign in", "yes", "yes", "yes", "yes", "sign in"],
    ["sign in", "yes", "yes", "yes", "yes", "sign in"],
  ),
  /** Pages that show what a group is; those of its archive are for readers. */
  seers: {
    ...right("who sees that it is there", all("yes"), ["hidden", "yes", "yes", "yes", "hidden", "hidden"]),
    front: all("yes"),
  },
  nobodyThere: right(
    "moderators of the other group",
    ["sign in", "no", "hidden", "hidden", "no", "sign in"],
    ["sign in", "no", "hidden", "hidden", "hidden", "sign in"],
  ),
  signedIn: right(
    "readers who are signed in",
    ["sign in", "yes", "yes", "yes", "yes", "sign in"],
    ["sign in", "yes", "yes", "yes", "hidden", "sign in"],
  ),
  own: right(
    "members",
    ["sign in", "yes", "yes", "yes", "hidden", "sign in"],
    ["sign in", "yes", "yes", "yes", "hidden", "sign in"],
  ),
  members: right(
    "members",
    ["sign in", "yes", "yes", "yes", "no", "sign in"],
    ["sign in", "yes", "yes", "yes", "hidden", "sign in"],
  ),
  moderators: right(
    "moderators",
    ["sign in", "no", "yes", "yes", "no", "sign in"],
    ["sign in", "no", "yes", "yes", "hidden", "sign in"],
  ),
  owners: right(
    "owners",
    ["sign in", "no", "no", "yes", "no", "sign in"],
    ["sign in", "no", "no", "yes", "hidden", "sign in"],
  ),
  /** Not a right of anybody's: what is asked for first is not there. */
  unasked: right("who is asked", all("400"), all("400")),
  unnamed: right("where the operator names a service", all("hidden"), all("hidden")),
  makers: right(
    "operators who are signed in, or everybody who is, as SMARTGROUPS_MAKING says",
    ["sign in", "no", "no", "no", "no", "sign in"],
    ["sign in", "no", "no", "no", "no", "sign in"],
  ),
  editedOnly: right(
    "who sent an edited post, and moderators",
    ["sign in", "hidden", "hidden", "hidden", "hidden", "sign in"],
    ["sign in", "hidden", "hidden", "hidden", "hidden", "sign in"],
  ),
  operators: right("operators", ["no", "no", "no", "no", "no", "yes"], ["no", "no", "no", "no", "no", "yes"]),
} satisfies Record<string, Right>;

export type Row = {
  /** `GET /g/:name`, as Hono has it, without the patterns. */
  route: string;
  right: Right;
  /** What it is, for the document. */
  what: string;
  /** Makes what is needed, and answers the path. */
  at: (world: World, who: Who) => string | Promise<string>;
  body?: (world: World, who: Who) => Record<string, unknown>;
  /** Paths with ids of another group, of nothing, and malformed ones: `foreignAs` (404) for who has the right. */
  foreign?: (world: World, who: Who) => string[] | Promise<string[]>;
  foreignAs?: Answer;
  /** For whom nothing changes in the database though it is done. */
  idle?: readonly Who[];
  /** Taken from other sites' pages too: the token is the right. */
  fromElsewhere?: true;
};

const {
  everybody,
  anybody,
  readers,
  seers,
  nobodyThere,
  signedIn,
  own,
  members,
  moderators,
  owners,
  makers,
  operators,
  editedOnly,
  unasked,
  unnamed,
} = RIGHTS;
const NOBODY = "00000000-0000-7000-8000-000000000000";

type More = Partial<Pick<Row, "body" | "foreign" | "foreignAs" | "idle" | "fromElsewhere">>;
const row = (route: string, who: Right, what: string, at: Row["at"], more: More = {}): Row => ({
  route,
  right: who,
  what,
  at,
  ...more,
});

/** A page of a group; `:name` is put in by the walk. */
const page =
  (path: string): Row["at"] =>
  (world) =>
    `/g/${world.name}${path}`;
const call =
  (path: string): Row["at"] =>
  (world) =>
    `/api/v1/groups/${world.name}${path}`;

const topics = (suffix: string, at = page, kind = "topic"): More & { at: Row["at"] } => ({
  at: (world, who) => at(`/${kind}/${world.topicId}${suffix}`)(world, who),
  foreign: async (world, who) =>
    Promise.all(
      [world.foreign.topicId, NOBODY, "x", "-".repeat(36), "0".repeat(36), "%252e%252e"].map((id) =>
        at(`/${kind}/${id}${suffix}`)(world, who),
      ),
    ),
});

const posts = (suffix: string, at = page, kind = ""): More & { at: Row["at"] } => ({
  at: at(`${kind}/1${suffix}`),
  foreign: async (world, who) =>
    Promise.all(
      [String(world.foreign.number), "999999999", "9999999999", "0", "-1", "1e3", "01"].map((number) =>
        at(`${kind}/${number}${suffix}`)(world, who),
      ),
    ),
});

const rowOf = (route: string, who: Right, what: string, { at, ...more }: More & { at: Row["at"] }): Row =>
  row(route, who, what, at, more);

const ofMember = (before: string, after: string): More & { at: Row["at"] } => ({
  at: async (world) => `/g/${world.name}${before}${await world.freshMember()}${after}`,
  foreign: (world) =>
    [world.foreign.memberId, NOBODY, "x", "%252e%252e", "'"].map((id) => `/g/${world.name}${before}${id}${after}`),
});

const held = (after: string): More & { at: Row["at"] } => ({
  at: async (world) => `/g/${world.name}/held/${await world.freshHeld()}${after}`,
  foreign: (world) => [world.foreign.heldId, NOBODY, "x", "'"].map((id) => `/g/${world.name}/held/${id}${after}`),
});

const heldByApi = (after: string): More & { at: Row["at"] } => ({
  at: async (world) => `/api/v1/groups/${world.name}/held/${await world.freshHeld()}${after}`,
  foreign: (world) => [world.foreign.heldId, NOBODY].map((id) => `/api/v1/groups/${world.name}/held/${id}${after}`),
});

const tokens = (path: (token: string) => string, kind: LetterToken): More & { at: Row["at"] } => ({
  at: async (world) => path(await world.token(kind)),
  foreign: async (world) => (await world.badTokens(kind)).map(path),
});

/** Everybody who is signed in did so just now. */
const recently =
  (path: string): Row["at"] =>
  async (world) => {
    await world.pool`update sign_in_sessions set signed_in_at = ${world.clock.now()}`;
    return path;
  };

/** Somebody has an address and a password. */
async function passwordReady({ pool, clock }: World): Promise<string> {
  const address = `p${clock.now().getTime()}@far.test`;
  const [personId] = (await directory.peopleFor(pool, [{ address, name: "" }], clock)).values();
  await directory.verifyAddress(pool, address, clock.now());
  await keepPassword(pool, personId!, await hashPassword("lantern quorum biscuit"), clock);
  return "/sign-in/password";
}

/** Somebody asks to join first. */
const withRequest =
  (before: string, after: string): Row["at"] =>
  async (world) => {
    await world.freshRequest();
    return `${before}/${world.name}${after}`;
  };

const EVERYONE = WHO;
const OUTSIDE = ["visitor", "owner of another group", "operator"] as const;

export const TABLE: Row[] = [
  row("GET /healthz", everybody, "alive", () => "/healthz"),
  row("GET /readyz", everybody, "ready", () => "/readyz"),
  row("GET /metrics", everybody, "counters", () => "/metrics"),
  row(
    "GET /manifest.webmanifest",
    everybody,
    "what a phone needs to keep us among its programs",
    () => "/manifest.webmanifest",
  ),
  row("GET /robots.txt", everybody, "what robots need not fetch", () => "/robots.txt"),
  row("GET /assets/:version/:name", everybody, "style sheets, scripts, fonts", (world) => world.asset),
  row("GET /", everybody, "my groups, and those open to read", () => "/"),
  row("GET /sign-in", everybody, "the form for a link", () => "/sign-in?next=/"),
  row("POST /sign-in", everybody, "a link by mail", () => "/sign-in", {
    body: (world) => ({ email: world.freshAddress() }),
  }),
  row("GET /sign-in/:token", everybody, "the link: asks", () => "/sign-in/aaaa"),
  row("POST /sign-in/:token", everybody, "the link: signs in", async (world) => `/sign-in/${await world.link()}`, {
    foreign: (world) => ["a", "A".repeat(32), "%252e", world.usedLink].map((token) => `/sign-in/${token}`),
    foreignAs: "400",
  }),
  row("POST /sign-in/password", everybody, "address and password", passwordReady, {
    body: (world) => ({ email: `p${world.clock.now().getTime()}@far.test`, password: "lantern quorum biscuit" }),
  }),
  row("GET /sign-in/second", everybody, "the second factor: asks", () => "/sign-in/second?next=/"),
  row("POST /sign-in/second", unasked, "a code, where none is asked for", () => "/sign-in/second", {
    body: () => ({ code: "123456" }),
  }),
  row("POST /sign-in/passkey", unasked, "a passkey that nobody has", () => "/sign-in/passkey", {
    body: () => ({ answer: '{"id":"x"}' }),
  }),
  row("GET /sign-in/with/:provider", unnamed, "another service: there", () => "/sign-in/with/other"),
  row("GET /sign-in/with/:provider/back", unnamed, "and back", () => "/sign-in/with/other/back?state=x&code=x"),
  row("POST /sign-out", everybody, "sign out", () => "/sign-out", { idle: ["visitor", "operator"] }),
  row("POST /language", everybody, "choose a language", () => "/language", {
    body: () => ({ language: "de", next: "/" }),
    idle: EVERYONE,
  }),

  row("GET /account", anybody, "my account", () => "/account"),
  row("POST /account", anybody, "my name, addresses and sessions", () => "/account", {
    body: (world) => ({ do: "name", name: `Name ${world.next()}`, everywhere: "yes" }),
  }),
  row("POST /account", anybody, "ends a session that is another's", () => "/account", {
    body: (world) => ({ do: "end", session: world.foreign.sessionId }),
    idle: EVERYONE,
  }),
  row("GET /account/data", anybody, "everything about me", () => "/account/data"),
  row("POST /account/data", anybody, "everything about me: puts it together", () => "/account/data"),
  row("GET /account/data/:id", anybody, "everything about me: the file", (world, who) => world.downloadOf(who), {
    foreign: async (world, who) => [
      `/account/data/${NOBODY}`,
      await world.downloadOf(who === "member" ? "moderator" : "member"),
    ],
  }),
  row("GET /account/erase", anybody, "be erased: says what happens", () => "/account/erase"),
  row("POST /account/erase", anybody, "be erased: takes it back", async (world, who) => world.dueErasure(who), {
    body: () => ({ do: "keep" }),
  }),
  rowOf(
    "GET /account/erase/:token",
    everybody,
    "the link of a letter: asks",
    tokens((token) => `/account/erase/${token}`, "erase"),
  ),
  rowOf("POST /account/erase/:token", everybody, "the link of a letter: erases, or takes it back", {
    ...tokens((token) => `/account/erase/${token}`, "erase"),
    body: () => ({ do: "confirm" }),
  }),
  row("GET /account/security", anybody, "what I sign in with", () => "/account/security"),
  row("POST /account/security", anybody, "changes it, for who signed in lately", recently("/account/security"), {
    body: () => ({ do: "codes-begin" }),
  }),
  row("POST /account/passkey", anybody, "keeps a passkey that the browser made", recently("/account/passkey"), {
    body: () => ({ answer: '{"id":"x"}' }),
    idle: EVERYONE,
  }),
  row("GET /account/welcome", anybody, "asks for my name, once", () => "/account/welcome"),
  row("POST /account/welcome", anybody, "my name", () => "/account/welcome", {
    body: (world) => ({ name: `Name ${world.next()}` }),
  }),
  rowOf(
    "GET /account/address/:token",
    everybody,
    "the link of a letter: asks",
    tokens((token) => `/account/address/${token}`, "confirm"),
  ),
  rowOf(
    "POST /account/address/:token",
    everybody,
    "the link of a letter: an address is mine",
    tokens((token) => `/account/address/${token}`, "confirm"),
  ),

  row("GET /g/:name", seers, "topics; for who may not read them, what the group is", page("")),
  rowOf("GET /g/:name/topic/:id", readers, "a topic", topics("")),
  rowOf("GET /g/:name/topic/:id/new", readers, "the first new post of a topic", topics("/new")),
  rowOf("GET /g/:name/topic/:id/mbox", readers, "a topic as mbox", topics("/mbox")),
  rowOf("GET /g/:name/topic/:id/feed.atom", readers, "a topic as a feed", topics("/feed.atom")),
  row("GET /g/:name/feed.atom", readers, "a group as a feed", page("/feed.atom"), {
    foreign: (world) => world.badFeeds.map((token) => `/g/${world.name}/feed.atom?for=${token}`),
  }),
  row("GET /g/:name/mbox", members, "the whole archive as mbox", page("/mbox")),
  row("GET /g/:name/:month/mbox", readers, "a month as mbox", page("/2026-03/mbox")),
  row("GET /g/:name/by-id/:id", readers, "a post by its Message-ID", page("/by-id/one@far.test"), {
    foreign: (world) =>
      ["elsewhere@far.test", "none@far.test", "%3Cx%3E", "%ff", "..%2f..%2fetc"].map(
        (id) => `/g/${world.name}/by-id/${id}`,
      ),
  }),
  row("GET /g/:name/months", readers, "the months", page("/months")),
  row("GET /g/:name/:month", readers, "the posts of a month", page("/2026-03"), {
    foreign: (world) => [`/g/${world.name}/2026-13`, `/g/${world.name}/2026-00`],
  }),
  row("GET /g/:name/tag/:tag", readers, "the topics with a hashtag", page("/tag/books"), {
    foreign: (world) => [`/g/${world.name}/tag/elsewhere`, `/g/${world.name}/tag/%27`],
  }),
  rowOf("GET /g/:name/:number", readers, "a post", posts("")),
  rowOf("GET /g/:name/:number/raw", readers, "the bytes of a post", posts("/raw")),
  rowOf("GET /g/:name/:number/html", readers, "a post as it was formatted", posts("/html")),
  rowOf("GET /g/:name/:number/part/:index", readers, "an attachment", posts("/part/0")),
  rowOf("GET /g/:name/:number/delivery", readers, "what became of a post's copies", posts("/delivery")),
  rowOf("GET /g/:name/:number/delivery.csv", moderators, "the same by recipient, as a file", posts("/delivery.csv")),
  row("GET /g/:name/new", signedIn, "write", page("/new")),
  row("POST /g/:name/new", signedIn, "post", page("/new"), {
    body: () => ({ do: "post", name: "Somebody", subject: "Tea", text: "A long afternoon" }),
  }),
  rowOf("GET /g/:name/:number/reply", signedIn, "write an answer", posts("/reply")),
  rowOf("POST /g/:name/:number/reply", signedIn, "post an answer", {
    ...posts("/reply"),
    body: () => ({ do: "post", name: "Somebody", subject: "Re: Tea", text: "Longer still" }),
  }),
  rowOf("GET /g/:name/:number/write", members, "write to the author of a post alone", posts("/write")),
  rowOf("POST /g/:name/:number/write", members, "write to the author of a post alone: sends it", {
    ...posts("/write"),
    // Its author is there to be written to.
    at: async (world) => {
      const [group] = await directory.groupsNamed(world.pool, [world.name]);
      const author = { address: "ana@far.test", name: "Ana" };
      await directory.addMembers(world.pool, group!.id, [author], "test", world.clock);
      return `/g/${world.name}/1/write`;
    },
    body: () => ({ subject: "Re: Tea", text: "Between us", copy: "yes" }),
  }),
  row("GET /drafts", anybody, "what I am writing", () => "/drafts"),
  row("POST /drafts", anybody, "throw a draft away, or off the schedule", () => "/drafts", {
    body: () => ({ id: NOBODY, do: "discard" }),
    idle: WHO,
  }),
  row("POST /g/:name/read", signedIn, "mark all read", page("/read"), { body: () => ({ upto: "1" }), idle: OUTSIDE }),

  row("GET /g/:name/join", seers, "join an open group: asks", page("/join")),
  row("POST /g/:name/join", seers, "join an open group, or have a letter ask", page("/join"), {
    body: (world) => ({ name: "Otto", email: world.freshAddress() }),
    idle: ["member", "moderator", "owner"],
  }),
  row("GET /g/:name/requests", moderators, "who asks to join", page("/requests")),
  row("POST /g/:name/requests", moderators, "lets in or declines who asks to join", withRequest("/g", "/requests"), {
    body: (world) => ({ approve: world.requestId }),
  }),
  row("POST /g/:name/requests", nobodyThere, "a request of another group", page("/requests"), {
    body: (world) => ({ approve: world.foreign.requestId }),
  }),
  row("GET /g/:name/invitations", moderators, "invitations", page("/invitations")),
  row("POST /g/:name/invitations", moderators, "invites", page("/invitations"), {
    body: (world) => ({ do: "invite", addresses: world.freshAddress() }),
  }),
  row("POST /g/:name/invitations", nobodyThere, "takes back an invitation of another group", page("/invitations"), {
    body: (world) => ({ do: "revoke", id: world.foreign.invitationId }),
  }),
  row("GET /g/:name/membership", own, "how I get a group's mail", page("/membership")),
  row("POST /g/:name/membership", own, "how I get a group's mail: changes it", page("/membership"), {
    body: () => ({ do: "mail", mode: "none" }),
  }),
  row("GET /g/:name/leave", everybody, "leave: asks", page("/leave")),
  row("POST /g/:name/leave", everybody, "leave, or have the link mailed", page("/leave"), {
    body: () => ({ email: "mia@far.test" }),
  }),
  row(
    "GET /g/:name/people",
    moderators,
    "the members that let themselves be seen, as the group has it",
    page("/people"),
  ),
  row("GET /g/:name/members", moderators, "the members", page("/members")),
  rowOf("GET /g/:name/members/:id", moderators, "a member", ofMember("/members/", "")),
  rowOf("POST /g/:name/members/:id", moderators, "a member: notes, removes, bans", {
    ...ofMember("/members/", ""),
    body: () => ({ do: "ban", what: "address", why: "spam" }),
  }),
  rowOf("POST /g/:name/members/:id", owners, "a member: role and permissions", {
    ...ofMember("/members/", ""),
    body: () => ({ do: "role", role: "moderator" }),
  }),
  row("GET /g/:name/bans", moderators, "who is kept out", page("/bans")),
  row("POST /g/:name/bans", moderators, "who is kept out: changes it", page("/bans"), {
    body: (_, who) => ({ do: "ban", pattern: `${who.replaceAll(" ", "-")}@kept-out.test` }),
  }),
  row("GET /groups", everybody, "the groups everybody may know of", () => "/groups"),
  row("GET /groups/new", makers, "making a group", () => "/groups/new"),
  row("POST /groups/new", makers, "making a group: makes it", () => "/groups/new", {
    body: () => ({ name: "made-by-nobody" }),
  }),
  row("GET /g/:name/about", readers, "about the group", page("/about")),
  row("GET /g/:name/rename", owners, "another address for the group", page("/rename")),
  row("POST /g/:name/rename", owners, "another address for the group: asks whether to", page("/rename"), {
    body: () => ({ do: "ask", to: "another-name" }),
    idle: EVERYONE,
  }),
  row("GET /g/:name/end", owners, "closing and removing the group", page("/end")),
  row("POST /g/:name/end", owners, "closing and removing the group: opened while it is open", page("/end"), {
    body: () => ({ do: "restore" }),
    idle: EVERYONE,
  }),
  row("GET /g/:name/settings", owners, "the group's settings", page("/settings")),
  row("GET /g/:name/settings/:section", owners, "the settings of one section", page("/settings/about"), {
    foreign: (world) => ["nothing", "About", "%252e%252e"].map((section) => `/g/${world.name}/settings/${section}`),
  }),
  row("POST /g/:name/settings/:section", owners, "the settings of one section: changes them", page("/settings/about"), {
    body: (_, who) => ({ description: `Described by the ${who}` }),
  }),
  row("GET /g/:name/letters", owners, "the group's letters", page("/letters")),
  row("GET /g/:name/letters/:letter", owners, "one letter, to be worded", page("/letters/welcome"), {
    foreign: (world) => ["nothing", "Welcome", "%252e%252e"].map((letter) => `/g/${world.name}/letters/${letter}`),
  }),
  row("POST /g/:name/letters/:letter", owners, "one letter: words it", page("/letters/welcome"), {
    body: (_, who) => ({ do: "save", subject: `Welcome, says the ${who}`, text: "Leave by {leave}" }),
  }),
  row("GET /g/:name/letters/:letter/preview", owners, "one letter as it is read", page("/letters/welcome/preview")),
  row(
    "POST /g/:name/letters/:letter/preview",
    owners,
    "typed words as they are read",
    page("/letters/welcome/preview"),
    {
      body: () => ({ subject: "Welcome", text: "Leave by {leave}" }),
      idle: EVERYONE,
    },
  ),
  rowOf("GET /g/:name/:number/report", members, "report a post: asks", posts("/report")),
  rowOf("POST /g/:name/:number/report", members, "report a post", {
    ...posts("/report"),
    body: () => ({ reason: "An advert" }),
  }),
  row("GET /g/:name/reports", moderators, "reported posts", page("/reports")),
  row(
    "POST /g/:name/reports/:number",
    moderators,
    "reported posts: decides about one",
    async (world) => `/g/${world.name}/reports/${await world.freshReport()}`,
    {
      body: () => ({ do: "leave" }),
      foreign: (world) => ["999999999", "0", "x"].map((number) => `/g/${world.name}/reports/${number}`),
    },
  ),
  row("GET /g/:name/rules", owners, "the group's own rules", page("/rules")),
  row("POST /g/:name/rules", owners, "the group's own rules: adds, tries, moves and removes them", page("/rules"), {
    body: (_, who) => ({ do: "add", field: "subject", how: "words", pattern: `win ${who}`, action: "hold" }),
  }),
  row("POST /g/:name/emergency", moderators, "holds everything, or ends that", page("/emergency"), {
    body: (_, who) => ({ emergency: who === "moderator" ? "on" : "off" }),
  }),
  row("GET /g/:name/health", moderators, "whose mail comes back", page("/health")),
  rowOf("GET /g/:name/health/:id", moderators, "a member's mail", ofMember("/health/", "")),
  rowOf("POST /g/:name/health/:id", moderators, "a member's mail: stops it", {
    ...ofMember("/health/", ""),
    body: () => ({ do: "pause" }),
  }),
  row(
    "GET /g/:name/health/:id",
    members,
    "my own mail",
    async (world, who) => `/g/${world.name}/health/${await world.ownId(who)}`,
  ),
  row(
    "POST /g/:name/health/:id",
    members,
    "my own mail: stops it",
    async (world, who) => `/g/${world.name}/health/${await world.ownId(who)}`,
    { body: () => ({ do: "pause" }) },
  ),
  rowOf(
    "GET /g/:name/members/:id/delivery",
    moderators,
    "what was sent to a member",
    ofMember("/members/", "/delivery"),
  ),
  row(
    "GET /g/:name/members/:id/delivery",
    members,
    "what was sent to me",
    async (world, who) => `/g/${world.name}/members/${await world.ownId(who)}/delivery`,
  ),
  row("GET /g/:name/held", moderators, "held posts: the one to begin with", page("/held")),
  row("GET /g/:name/held/list", moderators, "held posts in a list", page("/held/list")),
  row(
    "POST /g/:name/held/list",
    moderators,
    "decides about several held posts",
    async (world) => {
      await world.freshHeld();
      return `/g/${world.name}/held/list`;
    },
    { body: () => ({ do: "decline", author: "ana@far.test", all: "yes" }) },
  ),
  rowOf("GET /g/:name/held/:id", moderators, "a held post", held("")),
  rowOf("POST /g/:name/held/:id", moderators, "decides about a held post", {
    ...held(""),
    body: () => ({ do: "approve" }),
  }),
  rowOf("GET /g/:name/held/:id/edit", moderators, "edits a held post: asks", held("/edit")),
  rowOf("POST /g/:name/held/:id/edit", moderators, "edits a held post", {
    ...held("/edit"),
    body: () => ({ do: "save", subject: "Better", text: "And shorter" }),
  }),
  rowOf("GET /g/:name/held/:id/raw", moderators, "the bytes of a held post", held("/raw")),
  rowOf("GET /g/:name/held/:id/part/:index", moderators, "an attachment of a held post", held("/part/0")),
  row(
    "GET /g/:name/:number/original",
    editedOnly,
    "what an edited post's author and the moderators read: here none is edited",
    page("/1/original"),
  ),
  row("GET /g/:name/answers", moderators, "answers that moderators have ready", page("/answers")),
  row("POST /g/:name/answers", moderators, "answers that moderators have ready: changes them", page("/answers"), {
    body: (world) => ({ do: "keep", title: `Answer ${world.next()}`, words: "Not here" }),
  }),
  rowOf("POST /g/:name/topic/:id/care", moderators, "pins, locks, merges a topic", {
    ...topics("/care"),
    body: () => ({ do: "lock" }),
  }),
  row(
    "POST /g/:name/:number/care",
    moderators,
    "deletes a post, splits a topic",
    async (world) => `/g/${world.name}/${await world.freshPost()}/care`,
    {
      body: () => ({ do: "delete" }),
      foreign: posts("/care").foreign!,
    },
  ),
  rowOf("POST /g/:name/topic/:id/follow", own, "follow or mute a topic", {
    ...topics("/follow"),
    body: (world) => ({ do: world.next() % 2 ? "mute" : "follow" }),
  }),
  rowOf(
    "GET /g/:name/:number/edit",
    moderators,
    "edit a post: its author, within the time, and who cares for posts",
    posts("/edit"),
  ),
  rowOf("POST /g/:name/:number/edit", moderators, "edit a post", {
    ...posts("/edit"),
    at: async (world) => `/g/${world.name}/${await world.freshPost()}/edit`,
    body: (world) => ({ subject: "Tea", text: `A longer afternoon ${world.next()}`, edition: "0" }),
  }),
  rowOf("GET /g/:name/:number/editions", members, "what a post said before", posts("/editions")),
  rowOf("GET /g/:name/:number/why", members, "why I got a post, or not", posts("/why")),
  row("GET /g/:name/log", moderators, "the log of what moderators and owners did", page("/log")),

  row("GET /operator/people", operators, "people across all groups", () => "/operator/people?find=far"),
  row("POST /operator/people", operators, "who is kept out of all groups", () => "/operator/people", {
    body: (world) => ({ do: "ban", pattern: `x${world.next()}@kept-out.test` }),
  }),
  row("GET /operator/people/:id", operators, "a person", (world) => world.personPage(), {
    foreign: () => [`/operator/people/${NOBODY}`],
  }),
  row("POST /operator/people/:id", operators, "a person: stops their mail", (world) => world.personPage(), {
    body: () => ({ do: "pause" }),
    foreign: () => [`/operator/people/${NOBODY}`],
  }),
  row("GET /providers", operators, "the providers", () => "/providers"),
  row("GET /providers/:name", operators, "a provider", () => "/providers/google", {
    foreign: () => ["/providers/nobody.test", "/providers/%27"],
  }),
  row("POST /providers/:name", operators, "a provider's limits", () => "/providers/google", {
    body: (world) => ({ connections: String(world.next()) }),
    foreign: () => ["/providers/nobody.test"],
  }),
  row("GET /setup/:token", everybody, "the first run: asks", async (world) => `/setup/${await world.setupToken()}`, {
    foreign: (world) => ["/setup/aaaa", "/setup/%252e", `/setup/${world.operatorLink()}`],
  }),
  row(
    "POST /setup/:token",
    everybody,
    "the first run: makes the operator",
    async (world) => `/setup/${await world.setupToken()}`,
    {
      body: (world) => ({ email: world.freshAddress() }),
      foreign: (world) => ["/setup/aaaa", "/setup/%252e", `/setup/${world.operatorLink()}`],
    },
  ),
  row("GET /operator/:token", everybody, "an operator's link: asks", () => "/operator/aaaa"),
  row("POST /operator/:token", everybody, "an operator's link: opens", (world) => `/operator/${world.operatorLink()}`, {
    idle: EVERYONE,
    foreign: () => ["/operator/aaaa", "/operator/%252e"],
    foreignAs: "400",
  }),
  row("POST /operator/leave", everybody, "an operator no more", () => "/operator/leave", { idle: EVERYONE }),

  row(
    "GET /mail/:id",
    everybody,
    "where a mail is: who has its id",
    async (world) => `/mail/${await world.freshHeld()}`,
    {
      foreign: () => [`/mail/${NOBODY}`, "/mail/x", "/mail/%27"],
    },
  ),
  rowOf(
    "GET /join/:token",
    everybody,
    "the link of a letter: asks",
    tokens((token) => `/join/${token}`, "join"),
  ),
  rowOf(
    "POST /join/:token",
    everybody,
    "the link of a letter: joins",
    tokens((token) => `/join/${token}`, "join"),
  ),
  rowOf(
    "GET /invitation/:token",
    everybody,
    "the link of an invitation: asks",
    tokens((token) => `/invitation/${token}`, "invite"),
  ),
  rowOf("POST /invitation/:token", everybody, "the link of an invitation: joins", {
    ...tokens((token) => `/invitation/${token}`, "invite"),
    body: () => ({ do: "join" }),
  }),
  rowOf(
    "GET /back/:token",
    everybody,
    "the link of a letter: asks",
    tokens((token) => `/back/${token}`, "back"),
  ),
  rowOf("POST /back/:token", everybody, "the link of a letter: mail comes again", {
    ...tokens((token) => `/back/${token}`, "back"),
    fromElsewhere: true,
  }),
  rowOf(
    "GET /leave/:token",
    everybody,
    "the link of a mail: asks",
    tokens((token) => `/leave/${token}`, "leave"),
  ),
  rowOf("POST /leave/:token", everybody, "the link of a mail: leaves", {
    ...tokens((token) => `/leave/${token}`, "leave"),
    fromElsewhere: true,
  }),
  rowOf(
    "GET /leave/:token/undo",
    everybody,
    "takes it back: asks",
    tokens((token) => `/leave/${token}/undo`, "leave"),
  ),
  rowOf("POST /leave/:token/undo", everybody, "takes it back", {
    ...tokens((token) => `/leave/${token}/undo`, "leave"),
    fromElsewhere: true,
    idle: EVERYONE,
  }),

  row("GET /mailbox", everybody, "captured mail, on the service's own machine only", () => "/mailbox"),
  row("GET /mailbox/:id", everybody, "one of it", (world) => `/mailbox/${world.capturedId}`, {
    foreign: () => [`/mailbox/${NOBODY}`, "/mailbox/x"],
  }),
  row("GET /mailbox/:id/html", everybody, "one of it, formatted", (world) => `/mailbox/${world.capturedId}/html`, {
    foreign: () => [`/mailbox/${NOBODY}/html`, "/mailbox/x/html"],
  }),

  row("GET /api/v1/openapi.json", everybody, "the description", () => "/api/v1/openapi.json"),
  row("GET /api/v1/status", everybody, "the queue in counts", () => "/api/v1/status"),
  row("GET /api/v1/groups", everybody, "my groups, and those open to read", () => "/api/v1/groups"),
  row("POST /api/v1/groups", makers, "makes a group", () => "/api/v1/groups", {
    body: () => ({ name: "made-by-nobody" }),
  }),
  row("GET /api/v1/groups/:name", seers, "a group", call("")),
  row("POST /api/v1/groups/:name", owners, "a group: its settings", call(""), {
    body: (_, who) => ({ description: `Described again by the ${who}` }),
  }),
  row("POST /api/v1/groups/:name/end", owners, "closing and removing a group: opened while it is open", call("/end"), {
    body: () => ({ do: "open" }),
    idle: EVERYONE,
  }),
  row("GET /api/v1/groups/:name/members", moderators, "the members", call("/members")),
  row("GET /api/v1/groups/:name/letters", owners, "the group's letters", call("/letters")),
  row("GET /api/v1/groups/:name/letters/:letter", owners, "one letter", call("/letters/welcome")),
  row("POST /api/v1/groups/:name/letters/:letter", owners, "one letter: words it", call("/letters/welcome"), {
    body: (_, who) => ({ subject: `Welcome, says the ${who}`, text: "Leave by {leave}" }),
  }),
  row("GET /api/v1/groups/:name/membership", own, "how I get a group's mail", call("/membership")),
  row("POST /api/v1/groups/:name/membership", own, "how I get a group's mail: changes it", call("/membership"), {
    body: () => ({ mode: "none" }),
  }),
  row("GET /api/v1/groups/:name/rules", owners, "the group's own rules", call("/rules")),
  row("POST /api/v1/groups/:name/rules", owners, "the group's own rules: adds one", call("/rules"), {
    body: (_, who) => ({ action: "hold", field: "subject", words: `win ${who}` }),
  }),
  row(
    "DELETE /api/v1/groups/:name/rules/:id",
    owners,
    "the group's own rules: removes one",
    async (world) => `/api/v1/groups/${world.name}/rules/${await world.freshRule()}`,
    { foreign: (world) => [`/api/v1/groups/${world.name}/rules/${NOBODY}`] },
  ),
  row("GET /api/v1/groups/:name/health", members, "members' health: one's own, or all for moderators", call("/health")),
  row("GET /api/v1/groups/:name/requests", moderators, "who asks to join", call("/requests")),
  rowOf("POST /api/v1/groups/:name/requests/:id", moderators, "lets in or declines who asks to join", {
    at: async (world) => `/api/v1/groups/${world.name}/requests/${await world.freshRequest()}`,
    foreign: (world) => [world.foreign.requestId, NOBODY].map((one) => `/api/v1/groups/${world.name}/requests/${one}`),
    body: () => ({ do: "decline", reason: "We are full." }),
  }),
  row("GET /api/v1/groups/:name/invitations", moderators, "invitations", call("/invitations")),
  row("POST /api/v1/groups/:name/invitations", moderators, "invites", call("/invitations"), {
    body: (world) => ({ addresses: world.freshAddress() }),
  }),
  rowOf("DELETE /api/v1/groups/:name/invitations/:id", moderators, "takes back an invitation", {
    at: async (world) => `/api/v1/groups/${world.name}/invitations/${await world.freshInvitation()}`,
    foreign: (world) =>
      [world.foreign.invitationId, NOBODY].map((one) => `/api/v1/groups/${world.name}/invitations/${one}`),
  }),
  row("GET /api/v1/groups/:name/held", moderators, "held posts", call("/held")),
  rowOf("GET /api/v1/groups/:name/held/:id", moderators, "a held post", heldByApi("")),
  rowOf("POST /api/v1/groups/:name/held/:id", moderators, "decides about a held post", {
    ...heldByApi(""),
    body: () => ({ do: "approve" }),
  }),
  rowOf("GET /api/v1/groups/:name/held/:id/raw", moderators, "the bytes of a held post", heldByApi("/raw")),
  row("GET /api/v1/groups/:name/topics", readers, "topics", call("/topics")),
  rowOf("GET /api/v1/groups/:name/topics/:id", readers, "a topic", topics("", call, "topics")),
  rowOf("GET /api/v1/groups/:name/posts/:number", readers, "a post", posts("", call, "/posts")),
  rowOf("GET /api/v1/groups/:name/posts/:number/raw", readers, "its bytes", posts("/raw", call, "/posts")),
  rowOf(
    "GET /api/v1/groups/:name/posts/:number/delivery",
    readers,
    "what became of its copies",
    posts("/delivery", call, "/posts"),
  ),
  rowOf(
    "GET /api/v1/groups/:name/posts/:number/recipients",
    moderators,
    "the same by recipient",
    posts("/recipients", call, "/posts"),
  ),
  row(
    "GET /api/v1/groups/:name/members/:address/deliveries",
    moderators,
    "what was sent to a member",
    call("/members/pat@far.test/deliveries"),
    {
      foreign: (world) =>
        ["eva@far.test", "nobody@far.test", "x", "%27"].map(
          (address) => `/api/v1/groups/${world.name}/members/${address}/deliveries`,
        ),
    },
  ),
  row("POST /api/v1/groups/:name/posts", signedIn, "post", call("/posts"), {
    body: () => ({ subject: "Tea", text: "A long afternoon" }),
  }),
  row(
    "GET /api/v1/mails/:id",
    everybody,
    "where a mail is: who has its id",
    async (world) => `/api/v1/mails/${await world.freshHeld()}`,
    {
      foreign: () => [`/api/v1/mails/${NOBODY}`, "/api/v1/mails/x"],
    },
  ),
  row("GET /api/v1/providers", operators, "the providers", () => "/api/v1/providers"),
  row("GET /api/v1/providers/:provider", operators, "a provider", () => "/api/v1/providers/google", {
    foreign: () => ["/api/v1/providers/nobody.test"],
  }),
  row("POST /api/v1/providers/:provider", operators, "a provider's limits", () => "/api/v1/providers/google", {
    body: (world) => ({ connections: 1 + (world.next() % 500) }),
  }),
];
