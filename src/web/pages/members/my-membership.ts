/** My membership of a group: how I get its mail. Each part is a form of its own, and what was changed stands in the history. */

import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { DAY } from "../../../kit/clock.ts";
import { Refusal } from "../../../kit/errors.ts";
import { dayIn } from "../../../kit/zone.ts";
import { en, t, told } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { whatHappened } from "../../views/events.ts";
import { field, options, selectField, textOf, tick } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { subjectIn } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { dayInWords, due, type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const EVENTS = 20;
const TOPICS = 200;

type Event = { at: Date; what: string; cause: string };
type View = {
  group: directory.Group;
  member: directory.Membership;
  addresses: string[];
  events: Event[];
  topics: { id: string; subject: string; wish: directory.TopicWish }[];
  reader: Reader;
  domain: string;
  /** What was typed and refused. */
  typed: Record<string, string>;
  problem: string | undefined;
};

/** GET /g/:name/membership */
export async function page(c: Page): Promise<Response> {
  return show(c, {}, undefined);
}

/** POST /g/:name/membership: `do` is `mail`, `holiday` or `back`. */
export async function change(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { group, member } = await mine(c);
  const typed = await c.req.parseBody();
  const pairs = pairsOf(typed, member, c.var.zone);
  try {
    await transact(pool, (sql) => directory.setMembership(sql, member, pairs, en`the member, on the web`, clock.now()));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, pairs, told(error.message));
  }
  return c.redirect(`/g/${group.name}/membership?saved=1`, 303);
}

/** What a form asks for, in the words of `member set`. */
function pairsOf(typed: Record<string, unknown>, member: directory.Membership, zone: string): Record<string, string> {
  switch (textOf(typed, "do")) {
    case "mail": {
      const given = ["mode", "digest-hour", "digest-form", "zone", "address", "replies"].map((key) => [
        key,
        textOf(typed, key).trim(),
      ]);
      return {
        ...Object.fromEntries(given.filter(([, value]) => value !== "")),
        ...(textOf(typed, "private-mail") !== "" && { "private-mail": textOf(typed, "private-mail") }),
        ...Object.fromEntries(
          ["mute-tags", "only-tags"].flatMap((key) => (key in typed ? [[key, textOf(typed, key).trim()]] : [])),
        ),
        "own-posts": textOf(typed, "own-posts") === "yes" ? "yes" : "no",
        "second-copy": textOf(typed, "no-second-copy") === "yes" ? "no" : "yes",
        ...(textOf(typed, "asks-reminders") === "yes" && {
          reminders: textOf(typed, "reminders") === "yes" ? "yes" : "no",
        }),
        ...(textOf(typed, "decides") === "yes" && {
          "held-letters": textOf(typed, "held-letters") === "yes" ? "yes" : "no",
        }),
      };
    }
    case "listing":
      return { listed: textOf(typed, "listed") === "yes" ? "yes" : "no", about: textOf(typed, "about") };
    case "holiday":
      // Where nobody has chosen a zone, the day is meant where the reader is.
      return { holiday: textOf(typed, "holiday"), ...(member.zone === "UTC" && { zone }) };
    case "back":
      return { holiday: "none" };
    default:
      return {};
  }
}

async function mine(c: Page): Promise<{ group: directory.Group; member: directory.Membership }> {
  const { group, membership } = await groupFor(c, "poster");
  if (!membership) throw new NotHere();
  return { group, member: membership };
}

async function show(c: Page, typed: Record<string, string>, problem: string | undefined): Promise<Response> {
  const { pool, config } = c.var.house;
  const { group, member } = await mine(c);
  const [addresses, chosen, events] = await Promise.all([
    directory.verifiedAddresses(pool, member.personId),
    directory.topicsChosen(pool, member, TOPICS),
    directory.eventsOf(pool, group.id, member.id, EVENTS),
  ]);
  const starts = await archive.topicStarts(
    pool,
    group.id,
    chosen.map((one) => one.topicId),
  );
  const subjects = new Map(starts.map((one) => [one.id, one.subject]));
  const view: View = {
    topics: chosen.map(({ topicId, wish }) => ({ id: topicId, subject: subjects.get(topicId) ?? "", wish })),
    ...{ group, member, events, typed, problem },
    addresses: [...new Set([member.address, ...addresses])],
    reader: readerOf(c),
    domain: config.domain,
  };
  if (problem) c.status(400);
  const saved = c.req.query("saved") === "1" && !problem ? html`<p class="notice" role="status">${t`Saved.`}</p>` : "";
  return answer(
    c,
    { title: t`Your membership of ${group.title}`, group, isPrivate: true },
    html`${saved}${membershipView(view)}`,
  );
}

function membershipView(view: View): Html {
  const { group, member, reader } = view;
  return html`<h1 class="page-title">${t`How you get mail`}</h1>
<p class="lead">${th`You are in <bdi>${group.title}</bdi> as <b>${member.address}</b>.`}${member.pausedAt ? html` <a href="/g/${group.name}/health/${member.id}">${t`Your mail is stopped, and you can let it go out again.`}</a>` : ""}</p>
${mailForm(view)}
${listingPart(view)}
${topicsPart(view)}
${holidayForm(view)}
<h2 class="list-head">${t`What was changed`}</h2>
<ol class="way">${view.events.map((one) => html`<li class="event"><p><b>${whatHappened(one.what)}</b>${one.cause ? html` <span class="event-why">${told(one.cause)}</span>` : ""}</p><p class="step-time">${timeInWords(one.at, reader)}</p></li>`)}</ol>
<p class="small"><a href="/g/${group.name}/members/${member.id}/delivery">${t`What was sent to you, and why not`}</a> · <a href="/g/${group.name}/health/${member.id}">${t`Whether your mail arrives`}</a> · <a href="/g/${group.name}/leave">${t`Leave the group`}</a></p>`;
}

function mailForm({ group, member, addresses, typed, problem, domain, reader }: View): Html {
  const isTold = typed["mode"] !== undefined;
  const is = (key: string, now: boolean): boolean => (typed[key] === undefined ? now : typed[key] === "yes");
  return html`<form method="post" class="form">
${isTold && problem ? html`<p class="field-problem" role="alert">${problem}</p>` : ""}
${options({
  name: "mode",
  legend: t`Posts`,
  value: typed["mode"] ?? member.mode,
  options: [
    ["each", t`Each post`, t`as soon as it is sent`],
    ["digest", t`Daily digest`, t`all posts of a day together`],
    ["summary", t`Daily summary`, t`subjects and links`],
    ["notices", t`Special notices only`, t`what the owners and moderators send as important`],
    ["none", t`No mail`, t`you read on the web, and letters to you alone still come`],
  ],
})}
${whichFields(member, typed)}
${digestFields(member, typed, reader)}
${addresses.length > 1 ? selectField({ name: "address", label: t`To which of your addresses`, value: typed["address"] ?? member.address, options: addresses.map((one) => [one, one] as const) }) : ""}
${tick({ name: "own-posts", label: t`Send me a copy of my own posts`, isOn: is("own-posts", member.ownPosts) })}
${tick({ name: "no-second-copy", label: t`No second copy of a post that comes to me directly`, help: t`A post that names you in To or Cc beside ${group.name}@${domain} reaches you from its author.`, isOn: !is("second-copy", member.secondCopy) })}
${selectField({
  name: "private-mail",
  label: t`Who may write to you alone about a post of yours`,
  value: typed["private-mail"] ?? member.privateMail,
  options: [
    ["anyone", t`Anybody who has the post`],
    ["members", t`Members of the group`],
    ["nobody", t`Nobody`],
  ],
})}
${group.monthly === "nothing" ? "" : html`<input type="hidden" name="asks-reminders" value="yes">${tick({ name: "reminders", label: t`The group's monthly letter to its members`, isOn: is("reminders", member.reminders) })}`}
${directory.may(member, "approve") ? html`<input type="hidden" name="decides" value="yes">${tick({ name: "held-letters", label: t`Ask me by letter about posts that wait for a moderator`, help: t`One for each while they are few, then at most one an hour. A plain reply decides.`, isOn: is("held-letters", member.heldLetters) })}` : ""}
<p class="actions"><button class="button" name="do" value="mail">${t`Save`}</button></p></form>`;
}

/** Of what comes by mail: everything, or what answers me; and hashtags. */
const whichFields = (member: directory.Membership, typed: Record<string, string>): Html =>
  html`${options({
    name: "replies",
    legend: t`Of these`,
    value: typed["replies"] ?? member.replies,
    options: [
      ["all", t`All`, t`but not topics you mute`],
      ["own", t`New topics, and replies to me`, t`and all of the topics you follow`],
    ],
  })}
<div class="beside">${field({ name: "mute-tags", label: t`No topics with these hashtags`, value: typed["mute-tags"] ?? hashtags(member.mutedTags), autocomplete: "off", maxLength: 400 })}
${field({ name: "only-tags", label: t`Only topics with these hashtags`, value: typed["only-tags"] ?? hashtags(member.onlyTags), autocomplete: "off", maxLength: 400 })}</div>`;

const hashtags = (tags: string[]): string => tags.map((tag) => `#${tag}`).join(", ");

/** Letting the other members see me; offered where the group has a list for members. */
const listingPart = ({ group, member, typed }: View): Html =>
  group.listing !== "members"
    ? html``
    : html`<h2 class="list-head">${t`Whether other members see you`}</h2>
<form method="post" class="form">${tick({ name: "listed", label: t`Show my name to the other members`, help: t`On the group's page of members, with the line below; your address is not shown.`, isOn: typed["listed"] === undefined ? member.isListed : typed["listed"] === "yes" })}
${field({ name: "about", label: t`A line about me`, value: typed["about"] ?? member.about, autocomplete: "off", maxLength: 200 })}
<p class="actions"><button class="button quiet" name="do" value="listing">${t`Save`}</button> <a class="button bare" href="/g/${group.name}/people">${t`Who is there`}</a></p></form>`;

/** Topics that are followed or muted, each with a button that takes it back. */
const topicsPart = ({ group, topics }: View): Html =>
  topics.length === 0
    ? html``
    : html`<h2 class="list-head">${t`Topics you follow or have muted`}</h2>
<ul class="owns">${topics.map(
        (one) =>
          html`<li class="own"><span class="own-what"><b><a href="/g/${group.name}/topic/${one.id}"><bdi>${subjectIn(group, one.subject)}</bdi></a></b><span class="own-said">${one.wish === "mute" ? t`muted: its posts do not come by mail` : t`followed: each of its posts comes by mail`}</span></span><form method="post" action="/g/${group.name}/topic/${one.id}/follow"><input type="hidden" name="back" value="membership"><button class="button bare" name="do" value="none" aria-label="${one.wish === "mute" ? t`Mute no more` : t`Follow no more`}: ${subjectIn(group, one.subject)}">${one.wish === "mute" ? t`Mute no more` : t`Follow no more`}</button></form></li>`,
      )}</ul>`;

const HOURS = Array.from({ length: 24 }, (_, hour) => [String(hour), `${String(hour).padStart(2, "0")}:00`] as const);

/** When a digest comes and what it looks like. A zone nobody has chosen is the one the reader is in. */
function digestFields(member: directory.Membership, typed: Record<string, string>, reader: Reader): Html {
  const zone = typed["zone"] ?? (member.zone === "UTC" ? reader.zone : member.zone);
  const isNext = (member.mode === "digest" || member.mode === "summary") && member.digestDueAt !== null;
  return html`<fieldset class="field options"><legend>${t`Digest and summary`}</legend>
${isNext ? html`<p class="field-help">${t`The next comes ${due(member.digestDueAt!, { ...reader, zone })}, if there was a post.`}</p>` : ""}
<div class="beside">${selectField({ name: "digest-hour", label: t`At`, value: typed["digest-hour"] ?? String(member.digestHour), options: HOURS })}
${field({ name: "zone", label: t`Time zone`, value: zone, autocomplete: "off", maxLength: 60 })}
${selectField({
  name: "digest-form",
  label: t`Digest as`,
  value: typed["digest-form"] ?? member.digestForm,
  options: [
    ["html", t`one mail to read`],
    ["mime", t`single mails within one (MIME digest)`],
  ],
})}</div></fieldset>`;
}

function holidayForm({ member, typed, problem, reader }: View): Html {
  const isAway = member.holidayUntil !== null && member.holidayUntil.getTime() > reader.now.getTime();
  const zone = member.zone === "UTC" ? reader.zone : member.zone;
  return html`<h2 class="list-head">${t`Holiday`}</h2>
${isAway ? html`<p>${th`No mail comes to you until <b>${dayInWords(member.holidayUntil!, member.zone)}</b>. Then it comes again by itself.`}</p>` : html`<p>${t`Nothing comes by mail until the day you are back. Then it comes again by itself; what you missed is in the archive.`}</p>`}
<form method="post" class="form">${field({
    name: "holiday",
    label: t`I am back on`,
    type: "date",
    value: typed["holiday"] ?? dayIn(zone, member.holidayUntil ?? new Date(reader.now.getTime() + 14 * DAY)),
    problem: typed["holiday"] !== undefined ? problem : undefined,
    help: t`From the beginning of that day, in the time zone ${zone}.`,
  })}
<p class="actions"><button class="button quiet" name="do" value="holiday">${isAway ? t`Change the day` : t`No mail until then`}</button>${isAway ? html` <button class="button" name="do" value="back">${t`I am back: send me mail again`}</button>` : ""}</p></form>`;
}
