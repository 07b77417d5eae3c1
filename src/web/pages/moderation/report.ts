/** A member asks the moderators to look at a post. */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { Refusal } from "../../../kit/errors.ts";
import { t, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import * as notices from "../../../notices/notices.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { authorOf } from "../../views/post.ts";
import { th } from "../../views/say.ts";

type Reporting = Seen & { post: archive.Post; membership: directory.Membership };

/** GET /g/:name/:number/report */
export const form = async (c: Page): Promise<Response> => show(c, await reporting(c), "");

/** POST /g/:name/:number/report {reason} */
export async function send(c: Page): Promise<Response> {
  const { pool, clock, config } = c.var.house;
  const { group, post, membership, visitor } = await reporting(c);
  const reason = textOf(await c.req.parseBody(), "reason")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 1000);
  const seen = { group, post, membership, visitor } as Reporting;
  if (reason === "") return show(c, seen, "", t`Say in a few words why: it helps the moderators to decide.`);
  try {
    await transact(pool, async (sql) => {
      const reported = await moderation.report(
        sql,
        {
          ...{ groupId: group.id, postId: post.id, number: post.number, membershipId: membership.id, reason },
          byName: membership.name || membership.address,
        },
        clock,
      );
      if (reported !== "first") return;
      const writer = { domain: config.domain, url: config.url, clock };
      const about = { author: post.authorName || post.authorAddress, subject: post.subject, reason };
      const letters = (await directory.deciders(sql, group.id))
        .filter((one) => directory.may(one, "approve"))
        .map((one) => notices.reportedLetter(writer, { to: one.address, group }, about));
      await queue.plan(sql, await notices.write(sql, letters, clock), clock);
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, seen, reason, told(error.message));
  }
  return c.redirect(`/g/${group.name}/${post.number}/report?sent=1`, 303);
}

async function reporting(c: Page): Promise<Reporting> {
  const seen = await groupFor(c, "member");
  const post = await archive.postNumbered(c.var.house.pool, seen.group.id, Number(c.req.param("number")));
  if (!post || post.deletedAt) throw new NotHere();
  return { ...seen, post, membership: seen.membership! };
}

function show(c: Page, seen: Reporting, reason: string, problem?: string): Response | Promise<Response> {
  const { group, post } = seen;
  const back = `/g/${group.name}/topic/${post.topicId}#p${post.number}`;
  if (problem) c.status(400);
  const content =
    c.req.query("sent") === "1"
      ? html`<h1 class="page-title">${t`Reported`}</h1>
<p class="told" role="status">${t`The moderators look at it. The author does not hear who reported it.`}</p>
<p><a class="button quiet" href="${back}">${t`Back to the topic`}</a></p>`
      : html`<h1 class="page-title">${t`Report a post`}</h1>
<p class="lead">${th`The moderators of <bdi>${group.title}</bdi> look at “<bdi>${shown(post.subject) || t`(no subject)`}</bdi>” by <bdi>${authorOf(post, seen)}</bdi>. They see your name, and nobody else does.`}</p>
<form method="post" class="form">${field({ name: "reason", label: t`What is wrong with it`, value: reason, problem, rows: 4, maxLength: 1000, isRequired: true })}
<p class="actions"><button class="button">${t`Report it`}</button> <a class="button bare" href="${back}">${t`Cancel`}</a></p></form>`;
  return answer(c, { title: t`Report a post`, group, isPrivate: true }, content);
}
