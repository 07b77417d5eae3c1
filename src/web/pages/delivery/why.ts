/**
 * Why did I (not) get this post: the answer in a sentence, with what the far side said, for me; and for the moderators
 * for any address that is or was in the group.
 */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import * as evidence from "../../../evidence/evidence.ts";
import * as health from "../../../health/health.ts";
import { t, told } from "../../../language/language.ts";
import type * as queue from "../../../queue/queue.ts";
import { keptSince } from "../../evidence-kept.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { copyMark, noCopyMark, saidOf, whenOf } from "../../views/copies.ts";
import { field } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown, subjectIn } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Said = evidence.Answer & { came: Awaited<ReturnType<typeof health.cameBack>> };

/** GET /g/:name/:number/why?member=ADDRESS */
export async function page(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "member");
  const { group } = seen;
  const post = await archive.postNumbered(pool, group.id, Number(c.req.param("number")));
  if (!post) throw new NotHere();
  const isRunning = directory.may(seen.membership, "members");
  const asked = isRunning ? (c.req.query("member") ?? "").trim().slice(0, 254) : "";
  const since = keptSince(c.var.house);
  const answers =
    asked === ""
      ? await evidence.answersOf(pool, post, [{ ...seen.membership!, endedAt: null }], since)
      : await evidence.answersFor(pool, post, asked, since);
  const said = await Promise.all(
    answers.map(async (one) => ({ ...one, came: await health.cameBack(pool, post.id, one.membership.id) })),
  );
  const reader = readerOf(c);
  const title = asked === "" ? t`Why did I get this post, or not?` : t`Why did ${shown(asked)} get this post, or not?`;
  const content = html`<h1 class="page-title">${title}</h1>
<p class="lead"><a href="/g/${group.name}/${post.number}"><bdi>${subjectIn(group, post.subject)}</bdi></a> #${post.number}, ${timeInWords(post.receivedAt, reader)}</p>
${said.length === 0 ? html`<p class="notice" role="status">${t`This address is not in the group, and never was.`}</p>` : said.map((one) => answerView(one, seen, asked === "", reader))}
${isRunning ? findForm(asked) : ""}`;
  return answer(c, { title, group, isPrivate: true }, content);
}

function answerView(
  { membership, copy, why, attempts, came }: Said,
  { group }: Seen,
  isOwn: boolean,
  reader: Reader,
): Html {
  const here = `/g/${group.name}/members/${membership.id}`;
  const lead = copy
    ? html`<p class="lead">${copyMark(copy.state)} ${copySentence(copy.state, came.length > 0)}</p>`
    : html`<p class="lead">${noCopyMark()} ${isOwn ? t`You did not get it by itself:` : t`It was not sent by itself:`} ${told(why)}.</p>`;
  return html`<section class="post-why"><h2 class="list-head"><bdi>${membership.address}</bdi></h2>
${lead}
${copy ? html`<p>${whenOf(copy, reader)} · <bdi>${shown(copy.host || copy.provider)}</bdi></p><ul class="facts">${attempts.map((one) => html`<li>${timeInWords(one.at, reader)}: ${saidOf(one)}</li>`)}</ul>` : ""}
${came.map((one) => html`<p>${one.kind === "complaint" ? th`It was reported as spam ${timeInWords(one.at, reader)}.` : th`It came back ${timeInWords(one.at, reader)}:`} ${one.said ? html`<q><bdi>${shown(one.said)}</bdi></q>` : told(one.reason)}</p>`)}
<p class="small">${isOwn ? html`<a href="/g/${group.name}/membership">${t`How you get mail`}</a> · ` : ""}${membership.endedAt ? "" : html`<a href="${here}/delivery">${isOwn ? t`What was sent to you, and why not` : t`what was sent`}</a>`}</p></section>`;
}

function copySentence(state: queue.RecipientState, isBack: boolean): string {
  if (isBack) return t`The other server took it, and sent it back later.`;
  switch (state) {
    case "sent":
      return t`The other server took it. If it is not in the inbox, it may lie with the spam, or a filter put it elsewhere.`;
    case "on its way":
      return t`It is planned, and has not been tried yet.`;
    case "waiting":
      return t`The other server asked us to come again later.`;
    case "held":
      return t`The operator holds mail to this provider.`;
    case "given up":
      return t`The other server refused it.`;
    default:
      return t`It was planned, but the member left, paused or went on holiday before it was sent.`;
  }
}

const findForm = (
  asked: string,
): Html => html`<form method="get" class="form">${field({ name: "member", label: t`Of another member`, type: "email", value: asked, autocomplete: "off" })}
<p class="actions"><button class="button quiet">${t`Look`}</button></p></form>`;
