/** The moderators' desk: one held post at a time, and what is decided about it. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import type * as directory from "../../../directory/directory.ts";
import { en, t } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import * as notices from "../../../notices/notices.ts";
import * as queue from "../../../queue/queue.ts";
import { type AtDesk, aroundOf, besideOf, deskFor, firstOf, heldFor } from "../../desk.ts";
import type { Page } from "../../house.ts";
import { doerOf } from "../../rights.ts";
import { emergencySwitch } from "../../views/emergency.ts";
import { textOf } from "../../views/forms.ts";
import { deskMargin, deskView, reportsLink, type Undoable, undoBar } from "../../views/held.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { readerOf } from "../../visitors.ts";

/** GET /g/:name/held: the post to begin with. */
export async function desk(c: Page): Promise<Response> {
  const seen = await deskFor(c);
  const first = await firstOf(c.var.house, seen);
  if (first) return show(c, seen, (await moderation.heldPost(c.var.house.pool, seen.group.id, first))!, {});
  const content = html`<h1 class="page-title">${t`Held posts`}</h1>${undoBar(seen.group, await undoableBy(c, seen), toldOf(c), readerOf(c))}
<div class="empty"><p>${t`Nothing is waiting. Posts that need a moderator will be here.`}</p><p><a href="/g/${seen.group.name}" data-key="u">${t`Back to the topics`}</a> · <a href="/g/${seen.group.name}/log?kind=held">${t`What was decided`}</a> · <a href="/g/${seen.group.name}/answers">${t`Ready answers`}</a>${reportsLink(seen.group, await moderation.countReported(c.var.house.pool, seen.group.id))}</p></div>`;
  const frame = {
    title: t`Held mail in ${seen.group.title}`,
    group: seen.group,
    isPrivate: true,
    scripts: ["desk.js"],
  };
  return answer(c, frame, await withEmergency(c, seen.group, content));
}

/** GET /g/:name/held/:id */
export async function one(c: Page): Promise<Response> {
  const { seen, post } = await heldFor(c);
  return show(c, seen, post, {});
}

/** POST /g/:name/held/:id: `do` is approve, decline, trust, undo, claim, release or ask. */
export async function decide(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { seen, post } = await heldFor(c);
  const typed = await c.req.parseBody();
  const desk = `/g/${seen.group.name}/held`;
  const here = `${desk}/${post.mailId}`;
  const by = doerOf(seen);
  const wanted = textOf(typed, "do");
  const decision = moderation.DECISIONS.find((one) => one === wanted);
  if (decision) {
    const said = answerIn(typed, await moderation.answers(pool, seen.group.id));
    const { next } = await aroundOf(c.var.house, seen, post.mailId);
    const done = await moderation.decide(
      pool,
      {
        ...{ groupId: seen.group.id, mailIds: [post.mailId], decision, by },
        answer: decision === "decline" ? said : "",
        isSilent: decision === "decline" && textOf(typed, "silent") === "yes",
        dueAt: new Date(clock.now().getTime() + moderation.UNDO),
      },
      clock,
    );
    if (done.length === 0) return c.redirect(`${here}?told=late`, 303);
    return c.redirect(next ? `${desk}/${next}` : desk, 303);
  }
  switch (wanted) {
    case "undo": {
      const count = await moderation.takeBack(pool, seen.group.id, idOf(textOf(typed, "decision")));
      return c.redirect(`${here}?told=${count > 0 ? "undone" : "late"}`, 303);
    }
    case "claim":
      await moderation.claimHeld(pool, seen.group.id, post.mailId, by, clock.now());
      break;
    case "release":
      await moderation.releaseHeld(pool, seen.group.id, post.mailId, by);
      break;
    case "ask": {
      const question =
        textOf(typed, "question").replace(/\r\n?/g, "\n").trim() ||
        answerNamed(typed, await moderation.answers(pool, seen.group.id));
      if (question === "" || question.length > moderation.LONGEST_QUESTION) {
        const problem =
          question === "" ? t`Write what you want to know.` : t`Keep it to ${moderation.LONGEST_QUESTION} characters.`;
        c.status(400);
        return show(c, seen, post, { question, problem });
      }
      return c.redirect(`${here}?told=${(await ask(c, seen, post, question)) ? "asked" : "late"}`, 303);
    }
  }
  return c.redirect(here, 303);
}

const idOf = (text: string): string => (/^[0-9a-f-]{36}$/.test(text) ? text : "00000000-0000-0000-0000-000000000000");

/** A moderator's own words, else the answer they chose. */
export const answerIn = (typed: Record<string, unknown>, ready: readonly moderation.Answer[]): string =>
  textOf(typed, "answer").replace(/\r\n?/g, "\n").trim().slice(0, moderation.LONGEST_ANSWER) ||
  textOf(typed, "reason").trim().slice(0, 1000) ||
  answerNamed(typed, ready);

const answerNamed = (typed: Record<string, unknown>, ready: readonly moderation.Answer[]): string =>
  ready.find((one) => one.id === textOf(typed, "ready"))?.words ?? "";

/** The question and its letter are committed together. */
async function ask(c: Page, { group, ...seen }: AtDesk, post: moderation.HeldPost, question: string): Promise<boolean> {
  const { pool, config, clock, tokenSecret } = c.var.house;
  if (!post.mayBeTold) return false;
  const by = doerOf({ group, ...seen });
  const token = moderation.questionToken(await tokenSecret(), group.id, post.mailId);
  return transact(pool, async (sql) => {
    const asked = await moderation.noteQuestion(sql, group.id, post.mailId, question, by, clock.now());
    if (!asked?.mayBeTold) return false;
    const letter = notices.questionLetter(
      { domain: config.domain, url: config.url, clock },
      { to: post.authorAddress, group, about: { messageId: post.messageId, subject: post.subject } },
      { moderator: by.name, question },
      token,
    );
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
    const what = en`asked ${post.authorAddress} about “${post.subject.slice(0, 200)}”`;
    await moderation.record(
      sql,
      { groupId: group.id, by, kind: "held", what, link: `held/${post.mailId}`, words: question },
      clock,
    );
    return true;
  });
}

async function undoableBy(c: Page, { group, membership }: AtDesk): Promise<Undoable[]> {
  const { pool, clock } = c.var.house;
  const posts = await moderation.undoable(pool, group.id, membership.id, clock.now());
  const byDecision = Map.groupBy(posts, (one) => one.decisionId!);
  return [...byDecision.values()].slice(0, 3).map((some) => ({ first: some[0]!, count: some.length }));
}

const TOLD = ["late", "undone", "asked", "edited"] as const;
const toldOf = (c: Page) => TOLD.find((one) => one === c.req.query("told"));

/** The emergency switch: above all else while it is on, below while it is off. */
export async function withEmergency(c: Page, group: directory.Group, content: Html): Promise<Html> {
  const present = await moderation.emergencyOf(c.var.house.pool, group.id);
  const turn = emergencySwitch(group, present, "held", readerOf(c));
  return group.emergency === "on" ? html`${turn}${content}` : html`${content}${turn}`;
}

type Typed = { question?: string; problem?: string };

async function show(c: Page, seen: AtDesk, post: moderation.HeldPost, typed: Typed): Promise<Response> {
  const { house } = c.var;
  const { group, membership } = seen;
  const [beside, around, undo, ready, reports] = await Promise.all([
    besideOf(house, group, post),
    aroundOf(house, seen, post.mailId),
    undoableBy(c, seen),
    moderation.answers(house.pool, group.id),
    moderation.countReported(house.pool, group.id),
  ]);
  const reader = readerOf(c);
  const outcome =
    post.state === "approved"
      ? (await queue.outcomesOf(house.pool, post.mailId)).find((one) => one.groupId === group.id)
      : undefined;
  const view = {
    ...beside,
    ...typed,
    group,
    membership,
    around,
    ready,
    reader,
    told: toldOf(c),
    isTold: post.mayBeTold,
    outcome,
    reports,
  };
  const title = t`“${shown(post.subject) || t`(no subject)`}”, held in ${group.title}`;
  const frame = { title, group, isPrivate: true, scripts: ["desk.js"], margin: deskMargin(view) };
  const content = html`${undoBar(group, undo, toldOf(c), reader)}${deskView(view)}`;
  return answer(c, frame, await withEmergency(c, group, content));
}
