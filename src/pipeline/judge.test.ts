/** Each rule of docs/moderation.md, and that they are asked in its order. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Group, Membership } from "../directory/directory.ts";
import { summarise } from "../mail/summary.ts";
import { judge, RULE_NAMES } from "./judge.ts";
import type { Errand } from "./recognise.ts";
import { NO_FACTS, type PostFacts, type Question, type Verdict } from "./verdict.ts";
import type { Auth } from "./verify.ts";

const GROUP = {
  id: "g",
  name: "readers",
  listId: "readers",
  title: "Readers",
  nonmembers: "hold",
  posting: "members",
  others: "decline",
  moderate: "nobody",
  newcomers: 2,
  slow: 0,
  emergency: "off",
  spamHold: 6,
  spamDecline: 15,
  closedAt: null,
  eraseAt: null,
  sizeMax: 0,
  attachments: "sent",
  refusedFiles: "exe scr",
  namedMax: 0,
} as unknown as Group;

const PROVED: Auth = {
  spf: "pass",
  dkim: [],
  dmarc: { result: "pass", policy: "reject" },
  arc: "none",
  results: "",
  isVerified: true,
};
/** The author's domain says how its mail is known, and this one is not. */
const DOUBTFUL: Auth = { ...PROVED, spf: "softfail", dmarc: { result: "fail", policy: null }, isVerified: false };

const member = (more: Partial<Membership> = {}): Membership =>
  ({ role: "member", moderation: "default", ...more }) as Membership;

const MIXED = ["From: ana@far.test", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"'];
const withFile = (name: string): string =>
  `--b\r\n\r\nSee there\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\nx\r\n--b--\r\n`;

type Asked = {
  text?: string;
  group?: Partial<Group>;
  membership?: Membership | undefined;
  facts?: Partial<PostFacts>;
  auth?: Auth;
  headers?: string[];
  errand?: Errand;
  approvedBy?: string;
  spam?: Question["spam"];
  sender?: string;
};

function verdictOn(asked: Asked): Verdict {
  const raw = Buffer.from(
    [...(asked.headers ?? ["From: ana@far.test"]), "Subject: Hello", "", asked.text ?? "Good day", ""].join("\r\n"),
  );
  const at = new Date("2026-03-01T10:00:00Z");
  const group = { ...GROUP, ...asked.group };
  const question: Question = {
    opened: {
      mail: {
        ...{ id: "m", receivedAt: at, sender: asked.sender ?? "ana@far.test", recipients: [], size: raw.length, raw },
        ...{ client: { address: "192.0.2.1", helo: "x", protocol: "ESMTP" }, chunked: false, attempts: 1 },
        ...{ approvedBy: asked.approvedBy ?? null, approvedFor: null, waitedFor: null },
      },
      raw,
      summary: summarise(raw, at),
    },
    auth: asked.auth ?? PROVED,
    errand: asked.errand ?? { kind: "post", recipient: "readers@groups.test", group },
    domain: "groups.test",
    membership: "membership" in asked ? asked.membership : member(),
    back: undefined,
    facts: { ...NO_FACTS, ...asked.facts },
    spam: asked.spam,
  };
  return judge(question);
}

const said = (asked: Asked): string => {
  const verdict = verdictOn(asked);
  return "reason" in verdict ? `${verdict.kind}: ${verdict.reason}` : verdict.kind;
};

const owner = member({ role: "owner" });
const trusted = member({ moderation: "trusted" });

test("the document lists the rules in the order in which they are asked", () => {
  const document = readFileSync(new URL("../../docs/moderation.md", import.meta.url), "utf8");
  const listed = [...document.matchAll(/^\d+\. \*\*(.+?)\*\*/gm)].map((found) => found[1]);
  assert.deepEqual(listed, RULE_NAMES);
});

test("an ordinary member's post goes out", () => {
  assert.equal(said({}), "post");
});

test("closed group: takes nothing, whoever it is by, and what a moderator lets through neither", () => {
  for (const ended of [{ closedAt: new Date() }, { eraseAt: new Date() }])
    assert.match(said({ group: ended, membership: owner, approvedBy: "x" }), /^decline: Readers is closed/);
});

test("secret group: a stranger hears nothing of it, unless it takes what strangers write or has invited them", () => {
  const secret = { visibility: "secret", nonmembers: "refuse" } as const;
  const asked = { group: secret, membership: undefined };
  assert.equal(said(asked), "quiet: There is no such group for this sender.");
  assert.match(said({ ...asked, facts: { isInvited: true } }), /^decline: Readers takes posts from its members only/);
  assert.equal(said({ ...asked, approvedBy: "x" }), "post");
  assert.match(said({ ...asked, group: { ...secret, nonmembers: "hold" } }), /^hold: Its author is not a member/);
  assert.equal(said({ group: secret }), "post", "a member's");
  assert.match(said({ ...asked, group: { ...secret, visibility: "private" } }), /^decline:/);
});

test("too large: the author hears both sizes", () => {
  const text = "x".repeat(70).concat("\r\n").repeat(30);
  assert.match(said({ group: { sizeMax: 2 }, text }), /^decline: The post has 3 KB, and Readers takes 2:/);
  assert.equal(said({ group: { sizeMax: 3 }, text }), "post");
  assert.equal(said({ group: { sizeMax: 2 }, text, approvedBy: "x" }), "post", "unless a moderator lets it through");
});

test("attachments: none where the group wants none, and never such files", () => {
  assert.equal(said({ headers: MIXED, text: withFile("plan.pdf") }), "post");
  const refused = { attachments: "refused" } as const;
  assert.match(
    said({ headers: MIXED, text: withFile("plan.pdf"), group: refused }),
    /^decline: Readers takes nothing attached/,
  );
  assert.equal(said({ group: refused }), "post");
  assert.match(
    said({ headers: MIXED, text: withFile("Holiday.jpg.SCR ") }),
    /^decline: Readers takes no files like “Holiday.jpg.SCR/,
  );
  assert.equal(said({ headers: MIXED, text: withFile("exe") }), "post", "a name, and no end of one");
});

test("too many named: replies to all would go to strangers", () => {
  const headers = ["From: ana@far.test", "To: readers@groups.test, a@far.test", "Cc: B <b@far.test>, a@far.test"];
  assert.match(said({ headers, group: { namedMax: 2 } }), /^decline: The post names 3 addresses/);
  assert.equal(said({ headers, group: { namedMax: 3 } }), "post");
});

test("approved: a moderator's yes is asked no more", () => {
  assert.equal(said({ approvedBy: "x", membership: undefined, group: { emergency: "on" } }), "post");
});

test("no author: without a From address nobody can be told or asked", () => {
  assert.match(said({ headers: ["From: nobody"] }), /^decline: The post has no usable From/);
});

test("banned: kept out, but for who runs the group", () => {
  assert.match(said({ facts: { isBanned: true } }), /^decline: The owners of Readers take no posts/);
  assert.equal(said({ facts: { isBanned: true }, membership: owner }), "post");
});

test("locked topic: no more replies, by nobody", () => {
  assert.match(said({ facts: { isLocked: true }, membership: owner }), /^decline: A moderator has locked/);
});

test("forged: what its domain disowns is held, whoever it claims to be by", () => {
  const forged: Auth = { ...DOUBTFUL, dmarc: { result: "fail", policy: "reject" } };
  assert.match(said({ auth: forged, membership: owner }), /^hold: Its From address could not be proved/);
});

test("emergency: everything waits but what is by who runs the group", () => {
  const group = { emergency: "on" } as const;
  assert.equal(said({ group }), "hold: All posts to Readers wait for a moderator at present.");
  assert.match(said({ group, membership: trusted }), /^hold/);
  assert.equal(said({ group, membership: owner }), "post");
  assert.match(said({ group, membership: owner, auth: DOUBTFUL }), /^hold/, "as anybody could write");
});

test("own rules: hold, decline with the group's own words, or let pass whatever else holds", () => {
  const fit = (action: "hold" | "decline" | "pass", why = "") => ({ fit: { ruleId: "r", place: 1, action, why } });
  assert.equal(said({ facts: fit("hold") }), "hold: A rule of Readers has it wait.");
  assert.equal(said({ facts: fit("decline", "No adverts, please.") }), "decline: No adverts, please.");
  assert.equal(said({ facts: fit("pass"), membership: undefined, group: { moderate: "everyone" } }), "post");
  assert.equal(said({ facts: fit("decline"), membership: trusted }), "post");
  assert.match(said({ facts: fit("pass"), group: { emergency: "on" } }), /^hold/, "an emergency is stronger");
});

test("announcements: only moderators post; others hear where to write, or wait", () => {
  const group = { posting: "moderators" } as const;
  assert.equal(said({ group, membership: owner }), "post");
  assert.equal(
    said({ group }),
    "decline: Only moderators post to Readers: what you have to tell them, send to readers-owner@groups.test.",
  );
  assert.match(said({ group, membership: undefined }), /^decline/);
  assert.equal(said({ group: { ...group, others: "hold" } }), "hold: Only moderators post to Readers.");
  assert.match(said({ group, membership: owner, auth: DOUBTFUL }), /^hold: It could not be proved/);
});

test("not a member: held, told how to join, or welcome, as the group chose", () => {
  const membership = undefined;
  assert.equal(said({ membership }), "hold: Its author is not a member.");
  assert.match(said({ membership, group: { nonmembers: "refuse" } }), /^decline: .*readers\+subscribe@groups\.test/);
  assert.equal(said({ membership, group: { posting: "everyone" } }), "post");
});

test("moderated member: each of their posts is read first", () => {
  assert.match(said({ membership: member({ moderation: "moderated" }) }), /^hold: A moderator reads/);
});

test("everyone: each post is read first, but by who runs the group and whom they trust", () => {
  const group = { moderate: "everyone" } as const;
  assert.equal(said({ group }), "hold: Every post to Readers waits for a moderator.");
  assert.equal(said({ group, membership: trusted }), "post");
  assert.equal(said({ group, membership: owner }), "post");
  assert.match(said({ group, membership: trusted, auth: DOUBTFUL }), /^hold/);
});

test("newcomers: the first posts of each author are read first", () => {
  const group = { moderate: "newcomers" } as const;
  const one = { ...group, newcomers: 1 };
  assert.equal(said({ group }), "hold: The first 2 posts of each author to Readers wait for a moderator.");
  assert.equal(said({ group: one }), "hold: The first post of each author to Readers waits for a moderator.");
  assert.match(said({ group, facts: { postsBefore: 1 } }), /^hold/);
  assert.equal(said({ group, facts: { postsBefore: 2 } }), "post");
  assert.equal(said({ group, membership: trusted }), "post");
  assert.match(said({ group: { ...group, posting: "everyone" }, membership: undefined }), /^hold: The first/);
});

test("spam, suspected spam: by the group's scores, 0 for never", () => {
  const scored = (score: number, group = {}): string => said({ spam: { score, action: "", symbols: [] }, group });
  assert.equal(scored(5.9), "post");
  assert.equal(scored(6), "hold: It may be spam, says the service's filter (score 6).");
  assert.equal(scored(15.2), "decline: It looks like spam to the service's filter (score 15.2).");
  assert.equal(scored(99, { spamHold: 0, spamDecline: 0 }), "post");
  assert.match(scored(99, { spamDecline: 0 }), /^hold/);
  assert.equal(said({ spam: "away" }), "post");
  assert.equal(said({ spam: { score: 99, action: "", symbols: [] }, membership: trusted }), "post");
  const stranger = { spam: { score: 99, action: "", symbols: [] }, membership: undefined };
  assert.match(said(stranger), /^decline: It looks like spam/, "moderators are spared a stranger's spam");
});

test("slow mode: the next post waits for its time, and a further one is declined until then", () => {
  const slowUntil = new Date("2026-03-01T10:30:00Z");
  const facts = { slowUntil };
  const reason = "Readers is in slow mode: it goes out by itself at 2026-03-01 10:30 UTC.";
  assert.deepEqual(verdictOn({ facts }), { kind: "wait", until: slowUntil, reason });
  assert.match(said({ facts: { slowUntil, isAnotherWaiting: true } }), /^decline: .*waits until 2026-03-01 10:30 UTC/);
  assert.equal(said({ facts, membership: owner }), "post");
  assert.equal(said({ facts, membership: trusted }), "post");
});

test("what is no post is asked first: circles, automatic mail, commands, mail for the owners", () => {
  const group = GROUP;
  const at = (kind: string): Errand => ({ kind, recipient: "x", group, verb: "help", name: "abuse" }) as never;
  const vacation = ["From: ana@far.test", "Auto-Submitted: auto-replied"];
  const list = ["From: ana@far.test", "List-Id: <other.far.test>"];
  assert.match(said({ errand: at("unknown") }), /^decline: There is no group at/);
  assert.match(
    said({ headers: [...Array.from({ length: 101 }, () => "Received: x"), "From: ana@far.test"] }),
    /^quiet: it goes in a circle/,
  );
  assert.equal(said({ errand: at("service") }), "keep: Mail for abuse");
  assert.equal(said({ headers: vacation }), "quiet: an automatic reply");
  assert.equal(said({ sender: "" }), "quiet: an automatic reply");
  assert.equal(said({ errand: at("token") }), "obey");
  assert.match(said({ headers: ["From: ana@far.test", "List-Id: <readers.groups.test>"] }), /^quiet: it has been/);
  assert.equal(said({ errand: at("owner") }), "forward");
  assert.equal(said({ errand: at("command") }), "obey");
  assert.match(said({ errand: at("command"), headers: list }), /^quiet: automatic mail gives no commands/);
  assert.equal(said({ errand: { kind: "token", recipient: "x", use: "bounce", token: "" } as never }), "return");
});
