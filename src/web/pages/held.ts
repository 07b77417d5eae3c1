/** Held mail, for moderators: each with everything needed to decide, and two large choices. */

import { html, raw } from "hono/html";
import { type Pool, transact } from "../../db/sql.ts";
import { en, inLanguage, t, tn, told } from "../../language/language.ts";
import { readMail } from "../../mail/read.ts";
import { textToHtml } from "../../mail/text.ts";
import * as notices from "../../notices/notices.ts";
import * as queue from "../../queue/queue.ts";
import { unpack } from "../bytes.ts";
import type { House, Page } from "../house.ts";
import { groupFor, NotHere, type Seen } from "../rights.ts";
import { sizeInWords } from "../views/figures.ts";
import { textOf } from "../views/forms.ts";
import { answer, type Html } from "../views/layout.ts";
import { face, shown } from "../views/names.ts";
import { quotesTold } from "../views/reading.ts";
import { reflow } from "../views/reflow.ts";
import { type Reader, timeOfPost } from "../views/time.ts";
import { readerOf } from "../visitors.ts";

const AT_ONCE = 10;
const MOST = 500;

type HeldMail = queue.AsideMail & { author: string; address: string; subject: string; text: string; files: number };

/** GET /g/:name/held */
export async function list(c: Page): Promise<Response> {
  const seen = await groupFor(c, "approve");
  const { pool } = c.var.house;
  const waiting = await queue.aside(pool, "held", addressOf(c.var.house, seen), MOST);
  const mails = await Promise.all(waiting.slice(0, AT_ONCE).map((mail) => opened(pool, mail)));
  const content = heldView(seen, mails, waiting.length, c.req.query("done"), readerOf(c));
  return answer(c, { title: t`Held mail in ${seen.group.title}`, group: seen.group, isPrivate: true }, content);
}

/** POST /g/:name/held/:id: `do` is `approve` or `decline`, with a `reason`. */
export async function decide(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "approve");
  const typed = await c.req.parseBody();
  const waiting = await queue.aside(house.pool, "held", addressOf(house, seen), MOST);
  const mail = waiting.find((one) => one.id === c.req.param("id"));
  if (!mail) throw new NotHere();
  const isApproved = textOf(typed, "do") === "approve";
  if (isApproved)
    await queue.approve(house.pool, mail.id, seen.membership!.id, house.clock.now(), addressOf(house, seen));
  else await decline(house, seen, await opened(house.pool, mail), textOf(typed, "reason").trim().slice(0, 1000));
  return c.redirect(`/g/${seen.group.name}/held?done=${isApproved ? "approved" : "declined"}`, 303);
}

const addressOf = ({ config }: House, { group }: Seen): string => `${group.name}@${config.domain}`;

async function opened(pool: Pool, mail: queue.AsideMail): Promise<HeldMail> {
  const packed = await queue.rawOf(pool, mail.id);
  const read = packed ? readMail(unpack(packed)) : undefined;
  return {
    ...mail,
    author: shown(read?.from?.name || read?.from?.address || mail.sender),
    address: read?.from?.address ?? mail.sender,
    subject: shown(read?.subject ?? ""),
    text: read?.text ?? "",
    files: read?.attachments.length ?? 0,
  };
}

/** The author hears of it only when we have written to them about this mail before: then their address was proved. */
async function decline(
  { pool, config, clock }: House,
  { group, membership }: Seen,
  mail: HeldMail,
  reason: string,
): Promise<void> {
  const words = reason || en`A moderator declined it.`;
  const now = clock.now();
  await transact(pool, async (sql) => {
    const declined = await queue.decline(sql, mail.id, {
      mailId: mail.id,
      recipient: `${group.name}@${config.domain}`,
      receivedAt: mail.receivedAt,
      at: now,
      outcome: "declined",
      detail: words,
      messageId: null,
      sender: mail.sender,
      groupId: group.id,
      postId: null,
    });
    const isKnown =
      declined && (await notices.sentTo(sql, "held", mail.address, new Date(mail.receivedAt.getTime() - 1000))) > 0;
    if (!isKnown) return;
    const writer = { domain: config.domain, url: config.url, clock };
    const letter = notices.declinedLetter(
      writer,
      { to: mail.address, group, about: { messageId: null, subject: mail.subject } },
      `${inLanguage(group.language, () => `${told(words)}\n\n${membership?.name ? t`${membership.name} of ${group.title}` : t`A moderator of ${group.title}`}`)}`,
    );
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  });
}

const heldView = (
  { group }: Seen,
  mails: HeldMail[],
  all: number,
  done: string | undefined,
  reader: Reader,
): Html => html`<h1 class="page-title">${all === 0 ? t`Held mail` : tn(all, "{0} post to decide", "{0} posts to decide")}</h1>
${done === "approved" || done === "declined" ? html`<p class="told" role="status">${done === "approved" ? t`Approved: it is on its way to the members.` : t`Declined: it goes to nobody.`}</p>` : ""}
${mails.length === 0 ? html`<div class="empty"><p>${t`Nothing is waiting. Posts that need a moderator will be here.`}</p><p><a href="/g/${group.name}">${t`Back to the topics`}</a></p></div>` : mails.map((mail) => heldItem(group.name, mail, reader))}`;

const heldItem = (
  group: string,
  mail: HeldMail,
  reader: Reader,
): Html => html`<article class="letter held" aria-label="${t`Held post by ${mail.author}`}">
<header class="letter-head"><h2 class="subject"><bdi>${mail.subject || t`(no subject)`}</bdi></h2>
<div class="post-head">${face(mail.author)}<p class="post-author"><bdi>${mail.author}</bdi> <span class="post-address">${mail.address}</span></p><p class="post-when">${timeOfPost(mail.receivedAt, reader)}</p></div>
<p class="why">${told(mail.problem || en`A moderator has to look at it.`)} ${sizeInWords(mail.size)}${mail.files ? `, ${tn(mail.files, "{0} attachment", "{0} attachments")}` : ""}.</p></header>
<div class="post-body is-clipped" tabindex="0" role="region" aria-label="${t`Text of “${mail.subject || t`(no subject)`}”, ${mail.id}`}">${raw(quotesTold(textToHtml(reflow(mail.text.slice(0, 20_000)))) || `<p>${t`It has no text.`}</p>`)}</div>
<form method="post" action="/g/${group}/held/${mail.id}" class="form">
${reasonField(mail.id)}
<p class="actions"><button class="button" name="do" value="approve">${t`Approve`}</button> <button class="button quiet" name="do" value="decline">${t`Decline`}</button></p></form></article>`;

/** Several forms stand on one page, so each label needs its own field. */
const reasonField = (
  id: string,
): Html => html`<div class="field"><label for="reason-${id}">${t`Reason, if you decline`}</label>
<p class="field-help" id="help-${id}">${t`Kept with the decision, and told to the author when their address is proved.`}</p>
<input id="reason-${id}" name="reason" maxlength="1000" aria-describedby="help-${id}" autocomplete="off"></div>`;
