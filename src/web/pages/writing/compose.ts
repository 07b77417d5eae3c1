/**
 * Writing a post or an answer. It looks like the letter it becomes, and says to whom and how many before it goes.
 *
 * Every button but Post keeps what was typed as a draft (writing.ts), so nothing is lost on the way. A script asks the
 * same address for JSON: it saves while one writes, attaches files, and shows the letter beside it.
 */

import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as drafts from "../../../drafts/drafts.ts";
import { DAY, MINUTE } from "../../../kit/clock.ts";
import { isId, newId } from "../../../kit/id.ts";
import { timeOfClock } from "../../../kit/zone.ts";
import { t } from "../../../language/language.ts";
import { attach, filesIn, roomFor } from "../../attaching.ts";
import type { Page } from "../../house.ts";
import { memberCount } from "../../member-counts.ts";
import { isNewcomer } from "../../newcomers.ts";
import { quoteAll } from "../../quoting.ts";
import { NotHere, type Seen } from "../../rights.ts";
import { composeView, fileList, preview, saidWords, type View } from "../../views/compose.ts";
import { textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { clockMinutes } from "../../views/time.ts";
import { clientAddress, readerOf } from "../../visitors.ts";
import {
  authorKeysOf,
  type Draft,
  maySendSpecial,
  mayWrite,
  nameOf,
  type Parent,
  type Problems,
  parentFrom,
  post,
  problemsOf,
  type Saved,
  saveDraft,
} from "../../writing.ts";

/** How far ahead a post may be scheduled. */
const FURTHEST = 366 * DAY;

/** GET /g/:name/new?draft=ID */
export async function fresh(c: Page): Promise<Response> {
  const seen = await mayWrite(c);
  return (await keptDraft(c, seen)) ?? show(c, seen, undefined, emptyDraft(c, seen, "", ""));
}

/** GET /g/:name/:number/reply?draft=ID&quote=all */
export async function reply(c: Page): Promise<Response> {
  const seen = await mayWrite(c);
  const parent = (await parentOf(c, seen))!;
  const kept = await keptDraft(c, seen, parent);
  if (kept) return kept;
  const subject = shown(parent.post.subject);
  const text = c.req.query("quote") === "all" ? quoteAll(parent, seen, readerOf(c)) : "";
  const draft = emptyDraft(
    c,
    seen,
    /^(?:re|aw|sv|antw|回复|答复)\s?:/i.test(subject) ? subject : `Re: ${subject}`,
    text,
  );
  return show(c, seen, parent, draft, parent.isLocked ? { problems: problemsOf({ ...draft, text: "-" }, parent) } : {});
}

const emptyDraft = (c: Page, seen: Seen, subject: string, text: string): Draft => ({
  ...{ id: newId(c.var.house.clock), version: 0, name: nameOf(seen), subject, text, isSpecial: false, isPlain: false },
});

/** The page with a draft that is kept, or undefined where none is asked for. */
async function keptDraft(c: Page, seen: Seen, parent?: Parent): Promise<Response | undefined> {
  const id = c.req.query("draft");
  if (id === undefined) return undefined;
  const { pool } = c.var.house;
  const kept = isId(id) ? await drafts.draftOf(pool, await authorKeysOf(pool, seen.visitor!), id) : undefined;
  if (!kept || kept.groupId !== seen.group.id || kept.answers !== (parent?.post.number ?? null)) throw new NotHere();
  const draft = { ...kept, text: kept.body };
  return show(c, seen, parent, draft, {
    sendAt: kept.sendAt,
    ...(kept.problem && { said: "problem", problem: kept.problem }),
  });
}

/**
 * POST /g/:name/new, POST /g/:name/:number/reply. `do` is `post`, `preview`, `edit`, `save`, `attach`, `remove ID`,
 * `later` or `unschedule`; who asks for JSON gets what has changed.
 */
export async function send(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await mayWrite(c);
  const parent = await parentOf(c, seen);
  const typed = (await c.req.parseBody({ all: true })) as Record<string, unknown>;
  const what = textOf(typed, "do");
  const files = filesIn(typed);
  let draft = draftFrom(c, seen, typed);
  let problems = problemsOf(draft, parent);
  const isSent = what === "post" && files.length === 0 && Object.keys(problems).length === 0;
  if (isSent && (await post(house, seen, parent, draft, clientAddress(c))) === "posted")
    return c.redirect(`/mail/${draft.id}`, 303);
  const isWorthKeeping = draft.text.trim() !== "" || files.length > 0 || draft.version > 0;
  const saved: Saved = isWorthKeeping ? await saveDraft(house, seen, parent, draft) : { kind: "saved", draft };
  draft = saved.draft;
  const place = { groupId: seen.group.id, draftId: draft.id };
  const notAdded = saved.kind !== "full" && files.length > 0 ? await attach(house, seen, draft.id, files) : [];
  const removed = /^remove ([0-9a-f-]{36})$/.exec(what)?.[1];
  if (removed && draft.version > 0 && saved.kind === "saved" && isId(removed))
    await drafts.removeFile(house.pool, place, removed);
  if (notAdded.length > 0) problems = { ...problems, files: notAdded.join(" ") };
  if (what === "post" && saved.kind === "saved" && files.length > 0 && Object.keys(problems).length === 0)
    if ((await post(house, seen, parent, draft, clientAddress(c))) === "posted")
      return c.redirect(`/mail/${draft.id}`, 303);
  const later = what === "later" || what === "unschedule" ? await timed(c, seen, draft, typed, what) : undefined;
  if (later?.problem) problems = { ...problems, sendAt: later.problem };
  if (later?.sendAt && saved.kind === "saved" && Object.keys(problems).length === 0)
    return c.redirect("/drafts?scheduled=1", 303);
  const isJson = (c.req.header("accept") ?? "").startsWith("application/json");
  const isAsked = what === "post" || what === "preview" || what === "later";
  const shownProblems = isAsked ? problems : problems.files ? { files: problems.files } : {};
  const extra: Extra = {
    problems: shownProblems,
    isPreview: what === "preview" && Object.keys(problems).length === 0,
    said: saved.kind === "saved" ? (what === "save" && draft.version > 0 ? "saved" : undefined) : saved.kind,
    ...(Object.keys(shownProblems).length > 0 && { status: 400 as const }),
    ...(saved.kind === "other" && { status: 409 as const }),
    typedTime: { date: textOf(typed, "date"), time: textOf(typed, "time") },
  };
  return isJson ? tell(c, seen, parent, draft, extra) : show(c, seen, parent, draft, extra);
}

function draftFrom(c: Page, seen: Seen, typed: Record<string, unknown>): Draft {
  const id = textOf(typed, "id");
  const version = /^\d{1,9}$/.test(textOf(typed, "version")) ? Number(textOf(typed, "version")) : 0;
  return {
    id: isId(id) ? id : newId(c.var.house.clock),
    version,
    name: shown(textOf(typed, "name")).slice(0, 100) || nameOf(seen),
    subject: shown(textOf(typed, "subject")),
    text: textOf(typed, "text").replace(/\r\n?/g, "\n"),
    isSpecial: textOf(typed, "special") === "yes" && maySendSpecial(seen),
    isPlain: textOf(typed, "plain") === "yes",
  };
}

/** Puts a draft on the schedule, or takes it off. */
async function timed(
  c: Page,
  seen: Seen,
  draft: Draft,
  typed: Record<string, unknown>,
  what: "later" | "unschedule",
): Promise<{ sendAt?: Date; problem?: string }> {
  const { pool, clock } = c.var.house;
  const keys = await authorKeysOf(pool, seen.visitor!);
  const set = (sendAt: Date | null): Promise<boolean> =>
    transact(pool, (sql) =>
      drafts.schedule(sql, keys, { id: draft.id, version: draft.version, sendAt, client: clientAddress(c) }),
    );
  if (what === "unschedule") {
    await set(null);
    return {};
  }
  if (Object.keys(problemsOf(draft, undefined)).length > 0) return {};
  const now = clock.now();
  const sendAt = timeOfClock(c.var.zone, textOf(typed, "date"), textOf(typed, "time"));
  if (!sendAt) return { problem: t`Choose a day and a time.` };
  if (sendAt.getTime() < now.getTime() + MINUTE / 2) return { problem: t`This time has passed: choose a later one.` };
  if (sendAt.getTime() > now.getTime() + FURTHEST) return { problem: t`Choose a time within a year.` };
  return (await set(sendAt)) ? { sendAt } : { problem: t`This draft was changed in another tab: look at it again.` };
}

async function parentOf(c: Page, seen: Seen): Promise<Parent | undefined> {
  const number = c.req.param("number");
  if (number === undefined) return undefined;
  const { pool } = c.var.house;
  return parentFrom(pool, seen, await archive.postNumbered(pool, seen.group.id, Number(number)));
}

type Extra = {
  problems?: Problems;
  isPreview?: boolean;
  status?: 400 | 409;
  said?: View["said"];
  problem?: string;
  sendAt?: Date | null;
  typedTime?: View["typedTime"];
};

async function viewOf(c: Page, seen: Seen, parent: Parent | undefined, draft: Draft, extra: Extra): Promise<View> {
  const { house } = c.var;
  const { group } = seen;
  const address = seen.membership?.address ?? seen.visitor!.address;
  const [isLookedAt, members, files, others] = await Promise.all([
    directory.waitsForModerator(group, seen.membership) || isNewcomer(house.pool, group, seen.membership, address),
    memberCount(house, group.id),
    // What was never saved may bear the id of another's draft.
    draft.version === 0 ? [] : drafts.filesOf(house.pool, { groupId: group.id, draftId: draft.id }),
    draft.version === 0 ? drafts.draftsOf(house.pool, await authorKeysOf(house.pool, seen.visitor!), group.id) : [],
  ]);
  return {
    ...seen,
    ...{ draft, parent, members, isLookedAt, files, domain: house.config.domain, mostBytes: roomFor(house, group) },
    others: others.filter((one) => one.id !== draft.id && one.answers === (parent?.post.number ?? null)),
    problems: extra.problems ?? {},
    isPreview: extra.isPreview ?? false,
    said: extra.said,
    problem: extra.problem,
    sendAt: extra.sendAt ?? null,
    typedTime: extra.typedTime ?? { date: "", time: "" },
    reader: readerOf(c),
  };
}

async function show(
  c: Page,
  seen: Seen,
  parent: Parent | undefined,
  draft: Draft,
  extra: Extra = {},
): Promise<Response> {
  const { group } = seen;
  const view = await viewOf(c, seen, parent, draft, extra);
  if (extra.status) c.status(extra.status);
  const title = parent ? t`Reply to ${shown(parent.post.subject)}` : t`New post to ${group.title}`;
  return answer(c, { title, group, isPrivate: true, scripts: ["write.js"], sheets: ["write.css"] }, composeView(view));
}

/** What a script needs to go on: the version that is kept now, and the pieces of the page that have changed. */
async function tell(c: Page, seen: Seen, parent: Parent | undefined, draft: Draft, extra: Extra): Promise<Response> {
  const view = await viewOf(c, seen, parent, draft, extra);
  const reader = readerOf(c);
  const words =
    extra.said === "other" || extra.said === "full"
      ? saidWords(view)
      : draft.version > 0
        ? t`Saved at ${clockMinutes(reader.now, reader)}`
        : "";
  if (extra.status) c.status(extra.status);
  return c.json({
    id: draft.id,
    version: draft.version,
    words,
    problem: extra.problems?.files ?? "",
    files: String(await fileList(view)),
    preview: String(await preview(view)),
  });
}
