/** One member, for who may see and change members: what they may do, notes about them, and a way out for those who must go. */
import { html } from "hono/html";
import { type Sql, transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { Refusal } from "../../../kit/errors.ts";
import { isId } from "../../../kit/id.ts";
import { en, t, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor, NotAllowed, NotHere, type Seen } from "../../rights.ts";
import { consentWords } from "../../views/consent.ts";
import { whatHappened } from "../../views/events.ts";
import { field, options, selectField, textOf, tick } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { getsNow } from "../../views/modes.ts";
import { shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const EVENTS = 50;
const LONGEST_NOTES = 5000;

type Found = { seen: Seen; group: directory.Group; member: directory.Membership };
type Typed = { problem?: string; notes?: string };

/** GET /g/:name/members/:id */
export const page = async (c: Page): Promise<Response> => show(c, await found(c), {});

/** POST /g/:name/members/:id: `do` is `role`, `moderation`, `undo-moderation`, `notes`, `remove` or `ban`. */
export async function change(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const one = await found(c);
  const typed = await c.req.parseBody();
  const notes = textOf(typed, "notes").replace(/\r\n?/g, "\n");
  try {
    switch (textOf(typed, "do")) {
      case "role":
        await transact(pool, (sql) => setRole(sql, c, one, typed));
        break;
      case "moderation":
        await transact(pool, (sql) => setModeration(sql, c, one, typed));
        break;
      case "undo-moderation": {
        const about = { groupId: one.group.id, membershipId: one.member.id, by: who(one) };
        await transact(pool, (sql) => directory.undoModeration(sql, about, c.var.house.clock.now()));
        break;
      }
      case "notes":
        if (notes.length > LONGEST_NOTES) throw new Refusal(t`Keep notes to ${LONGEST_NOTES} characters.`);
        await directory.noteAbout(pool, one.member.id, notes);
        break;
      case "remove":
      case "ban":
        await transact(pool, (sql) => remove(sql, c, one, typed));
        return c.redirect(`/g/${one.group.name}/members`, 303);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, one, { problem: told(error.message), notes });
  }
  return c.redirect(`/g/${one.group.name}/members/${one.member.id}`, 303);
}

async function found(c: Page): Promise<Found> {
  const seen = await groupFor(c, "members");
  const id = c.req.param("id") ?? "";
  const [member] = isId(id) ? await directory.presentMemberships(c.var.house.pool, [id]) : [];
  if (member?.groupId !== seen.group.id) throw new NotHere();
  return { seen, group: seen.group, member };
}

const who = ({ seen }: Found): string => en`${seen.visitor!.name || seen.visitor!.address}, on the web`;

/** Role and permissions are for owners alone: who could give them could take everything. */
async function setRole(sql: Sql, c: Page, one: Found, typed: Record<string, unknown>): Promise<void> {
  const { member, seen, group } = one;
  if (seen.membership?.role !== "owner")
    throw new NotAllowed(t`Only the owners of a group change what members may do.`);
  // Two owners who step down at the same moment meet here, and one of them is the last.
  await directory.lockGroup(sql, group.id);
  const role = textOf(typed, "role");
  if (role !== "owner" && (await directory.isOnlyOwner(sql, member)))
    throw new Refusal(t`This is the group's only owner: make somebody else an owner first.`);
  const chosen = directory.PERMISSIONS.filter((permission) => textOf(typed, `may-${permission}`) === "yes");
  const permissions = role === "moderator" && textOf(typed, "chosen") === "yes" ? chosen.join(",") || "none" : "role";
  const { clock } = c.var.house;
  await directory.setMembership(sql, member, { role, permissions }, who(one), clock.now());
  const isNew = role !== member.role;
  await record(
    sql,
    c,
    one,
    isNew
      ? en`changed ${called(member)} from ${member.role} to ${role}`
      : en`chose what ${called(member)} may do as ${role}`,
    role === "moderator" ? (permissions === "role" ? "" : permissions.replaceAll(",", ", ")) : "",
  );
}

async function setModeration(sql: Sql, c: Page, one: Found, typed: Record<string, unknown>): Promise<void> {
  const to = directory.MODERATIONS.find((some) => some === textOf(typed, "moderation"));
  if (!to) throw new Refusal(t`Choose what becomes of their posts.`);
  const decided = {
    groupId: one.group.id,
    membershipId: one.member.id,
    to,
    by: who(one),
    why: textOf(typed, "because"),
  };
  const why = decided.why.trim().slice(0, 300);
  await directory.setModeration(sql, { ...decided, why }, c.var.house.clock.now());
  await record(sql, c, one, en`set the moderation of ${called(one.member)} to ${to}`, why);
}

const called = ({ name, address }: directory.Membership): string => (name ? `${name} <${address}>` : address);

const record = (sql: Sql, c: Page, { seen, group, member }: Found, what: string, words: string): Promise<void> =>
  moderation.record(
    sql,
    { groupId: group.id, by: doerOf(seen), kind: "members", what, link: `members/${member.id}`, words },
    c.var.house.clock,
  );

async function remove(sql: Sql, c: Page, one: Found, typed: Record<string, unknown>): Promise<void> {
  const { member, seen, group } = one;
  if (member.role !== "member" && seen.membership?.role !== "owner")
    throw new NotAllowed(t`Only the owners of a group remove its owners and moderators.`);
  if (member.id === seen.membership?.id) throw new Refusal(t`To leave yourself, use the group's own page for it.`);
  const now = c.var.house.clock.now();
  if (textOf(typed, "do") === "ban") {
    const pattern = directory.banPattern(
      textOf(typed, "what") === "domain" ? member.address.split("@").at(-1)! : member.address,
    );
    const setBy = seen.visitor!.name || seen.visitor!.address;
    const why = textOf(typed, "why").trim();
    await directory.ban(sql, group.id, { pattern, why, setBy }, now);
    await record(sql, c, one, en`removed ${called(member)} and banned ${pattern}`, why);
  } else await record(sql, c, one, en`removed ${called(member)} from the group`, "");
  await directory.endMemberships(sql, [member.id], who(one), now);
}

async function show(c: Page, one: Found, typed: Typed): Promise<Response> {
  const { pool } = c.var.house;
  const { group, member } = one;
  const [notes, consent, before, events] = await Promise.all([
    directory.notesAbout(pool, member.id),
    directory.consentOf(pool, group.id, member.id),
    directory.moderationBefore(pool, group.id, member.id),
    directory.eventsOf(pool, group.id, member.id, EVENTS),
  ]);
  if (typed.problem) c.status(400);
  const reader = readerOf(c);
  const name = shown(member.name) || member.address;
  const here = `/g/${group.name}/members/${member.id}`;
  const content = html`<h1 class="page-title"><bdi>${name}</bdi></h1>
<p class="lead"><bdi>${member.address}</bdi> · ${t`gets ${getsNow(member, reader.now)}`} · <a href="/g/${group.name}/health/${member.id}">${t`whether mail arrives`}</a> · <a href="${here}/delivery">${t`what was sent`}</a></p>
${typed.problem ? html`<p class="field-problem" role="alert">${typed.problem}</p>` : ""}
${one.seen.membership?.role === "owner" ? roleForm(member) : ""}
${moderationForm(member, before)}
<h2 class="list-head">${t`Notes`}</h2>
<form method="post" class="form">${field({ name: "notes", label: t`For owners and moderators`, help: t`The member gets what stands here when they ask for everything about them.`, value: typed.notes ?? notes, rows: 4, maxLength: LONGEST_NOTES })}
<p class="actions"><button class="button quiet" name="do" value="notes">${t`Save the notes`}</button></p></form>
<h2 class="list-head">${t`How they came`}</h2>
${consentWords(consent, member.joinedAt, reader)}
<h2 class="list-head">${t`What was changed`}</h2>
<ol class="way">${events.map((event) => html`<li class="event"><p><b>${whatHappened(event.what)}</b>${event.cause ? html` <span class="event-why">${told(event.cause)}</span>` : ""}</p><p class="step-time">${timeInWords(event.at, reader)}</p></li>`)}</ol>
${member.id === one.seen.membership?.id ? "" : outForm(group, member)}`;
  return answer(c, { title: t`${name} in ${group.title}`, group, isPrivate: true }, content);
}

const WHAT = {
  approve: () => t`decide about held posts`,
  posts: () => t`lock, pin, move and remove posts`,
  members: () => t`see and change members`,
  settings: () => t`change the group's settings and letters`,
};

function roleForm(member: directory.Membership): Html {
  const has = directory.permissionsOf({ ...member, role: "moderator" });
  return html`<form method="post" class="form">${options({
    name: "role",
    legend: t`Role`,
    value: member.role,
    options: [
      ["member", t`Member`, t`reads and posts`],
      ["moderator", t`Moderator`, t`may also do what is chosen below`],
      ["owner", t`Owner`, t`may do everything`],
    ],
  })}
<fieldset class="field options"><legend>${t`As a moderator, may`}</legend><input type="hidden" name="chosen" value="yes">${directory.PERMISSIONS.map((permission) => tick({ name: `may-${permission}`, label: WHAT[permission](), isOn: has.includes(permission) }))}</fieldset>
<p class="actions"><button class="button" name="do" value="role">${t`Save`}</button></p></form>`;
}

const BECOMES = {
  default: () => t`as the group's rules say`,
  moderated: () => t`held for a moderator`,
  trusted: () => t`let through`,
};

const moderationForm = (member: directory.Membership, before: directory.Moderation | undefined): Html =>
  html`<form method="post" class="form">${options({
    name: "moderation",
    legend: t`Their posts`,
    value: member.moderation,
    options: [
      ["default", t`As the group's rules say`, ""],
      ["moderated", t`Hold each for a moderator`, t`the author hears so`],
      ["trusted", t`Let through`, t`not held as a newcomer's, by patterns, for spam or in slow mode`],
    ],
  })}${field({ name: "because", label: t`Why, for the member's history`, value: "", maxLength: 300 })}
<p class="actions"><button class="button" name="do" value="moderation">${t`Save`}</button>${before && before !== member.moderation ? html` <button class="button quiet" name="do" value="undo-moderation">${t`Undo: ${BECOMES[before]()}`}</button>` : ""}</p></form>`;

const outForm = (
  group: directory.Group,
  member: directory.Membership,
): Html => html`<h2 class="list-head">${t`Remove`}</h2>
<form method="post" class="form"><p>${th`They get no more mail from <bdi>${group.title}</bdi>. What they posted stays.`}</p>
<p class="actions"><button class="button quiet" name="do" value="remove">${t`Remove from the group`}</button></p></form>
<form method="post" class="form">${selectField({
  name: "what",
  label: t`Remove, and keep out`,
  value: "address",
  options: [
    ["address", member.address],
    ["domain", t`everybody at ${member.address.split("@").at(-1)!}`],
  ],
})}${field({ name: "why", label: t`Why, for other owners`, value: "", maxLength: 500 })}
<p class="actions"><button class="button quiet" name="do" value="ban">${t`Remove and ban`}</button></p></form>`;
