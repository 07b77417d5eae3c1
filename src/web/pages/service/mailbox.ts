/** The local mailbox: outgoing mail that is kept instead of sent, read as in a mail program. Only served while that is so. */

import type { MiddlewareHandler } from "hono";
import { html, raw } from "hono/html";
import { isId } from "../../../kit/id.ts";
import { t } from "../../../language/language.ts";
import { readMail } from "../../../mail/read.ts";
import { textToHtml } from "../../../mail/text.ts";
import * as box from "../../../mailbox/mailbox.ts";
import { unpack } from "../../bytes.ts";
import type { Environment, Page } from "../../house.ts";
import { NotAllowed, NotHere } from "../../rights.ts";
import { figure, sizeInWords } from "../../views/figures.ts";
import { answer, type Html } from "../../views/layout.ts";
import { face, shown } from "../../views/names.ts";
import { quotesTold } from "../../views/reading.ts";
import { reflow } from "../../views/reflow.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords, timeOfPost } from "../../views/time.ts";
import { clientAddress, readerOf } from "../../visitors.ts";
import { sandboxed } from "../archive/as-sent.ts";

const MOST = 200;

/** Names that lead to this machine wherever they are asked for (RFC 6761 6.3). */
const NEAR = /^(?:(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The mailbox holds everybody's sign-in links, so it opens for browsers on this machine only, and by a name of this machine:
 * another site's name can be made to lead here, and its scripts would read along.
 */
export const onThisMachine: MiddlewareHandler<Environment> = async (c, next) => {
  const from = clientAddress(c);
  const isNear = from === "unknown" || /^(::ffff:)?127\.|^::1$/.test(from);
  const { hostname } = new URL(c.req.url);
  const isOurs = NEAR.test(hostname) || hostname === new URL(c.var.house.config.url).hostname;
  if (!isNear || !isOurs) {
    throw new NotAllowed(t`The local mailbox can be read on the machine that runs the service, and nowhere else.`);
  }
  await next();
};

/** GET /mailbox?to=ADDRESS */
export async function list(c: Page): Promise<Response> {
  const to = (c.req.query("to") ?? "").trim().slice(0, 254);
  const mails = await box.captured(c.var.house.pool, to || null, MOST);
  return answer(c, { title: t`Local mailbox`, isPrivate: true }, listView(mails, to, readerOf(c)));
}

/** GET /mailbox/:id?as=sent|source */
export async function one(c: Page): Promise<Response> {
  const mail = await mailOf(c);
  const bytes = unpack(mail.raw);
  const as = c.req.query("as") ?? "text";
  return answer(
    c,
    { title: shown(mail.subject) || t`(no subject)`, isPrivate: true },
    oneView(mail, bytes, as, readerOf(c)),
  );
}

/** GET /mailbox/:id/html */
export const asSent = async (c: Page): Promise<Response> => sandboxed(c, unpack((await mailOf(c)).raw));

async function mailOf(c: Page) {
  const id = c.req.param("id") ?? "";
  const mail = isId(id) ? await box.capturedMail(c.var.house.pool, id) : undefined;
  if (!mail) throw new NotHere();
  return mail;
}

const listView = (
  mails: box.Captured[],
  to: string,
  reader: Reader,
): Html => html`<h1 class="page-title">${t`Local mailbox`}</h1>
<p class="lead">${t`Mail this service would have sent. It goes nowhere else until a domain is set.`}</p>
<form method="get" role="search" class="find"><label class="unseen" for="to">${t`Mail to`}</label><input id="to" name="to" type="search" value="${to}" placeholder="${t`Mail to this address only`}" autocomplete="off"><button class="button quiet">${t`Show`}</button>${to ? html` <a href="/mailbox">${t`Show all`}</a>` : ""}</form>
${
  mails.length === 0
    ? html`<div class="empty"><p>${to ? t`Nothing was sent to ${to} yet.` : t`What goes out will be here: sign-in links, posts to members, notices.`}</p><p>${th`A mail takes a second or two to arrive. <a href="">Look again</a>`}</p></div>`
    : html`<ol class="box" data-keys>${mails.map((mail) => row(mail, reader))}</ol>${mails.length === MOST ? html`<p class="small">${t`The newest ${figure(MOST)} are shown.`}</p>` : ""}`
}`;

const row = (mail: box.Captured, reader: Reader): Html => html`<li class="box-row">
<a class="box-link" href="/mailbox/${mail.id}"><bdi>${shown(mail.subject) || t`(no subject)`}</bdi></a>
<span class="box-to">${mail.recipient}</span><span class="box-time">${timeInWords(mail.at, reader)}</span></li>`;

function oneView(mail: box.Captured, bytes: Buffer, as: string, reader: Reader): Html {
  const read = readMail(bytes);
  const here = `/mailbox/${mail.id}`;
  const from = read.from?.name || read.from?.address || mail.sender;
  const tab = (value: string, label: string): Html =>
    html`<a href="${here}${value === "text" ? "" : `?as=${value}`}"${as === value ? html` aria-current="true"` : ""}>${label}</a>`;
  return html`<nav class="where" aria-label="${t`You are here`}"><a href="/mailbox">${t`Local mailbox`}</a></nav>
<article class="letter"><header class="letter-head"><h1 class="subject"><bdi>${shown(mail.subject) || t`(no subject)`}</bdi></h1>
<div class="post-head">${face(from)}<p class="post-author"><bdi>${shown(from)}</bdi>${read.from ? html` <span class="post-address">${read.from.address}</span>` : ""}</p><p class="post-when">${timeOfPost(mail.at, reader)}</p></div>
<p class="letter-to">${th`to <a href="${`/mailbox?to=${encodeURIComponent(mail.recipient)}`}">${mail.recipient}</a>`}</p>
<p class="choices"><span class="choice">${tab("text", t`Text`)}${read.html === null ? "" : tab("sent", t`Formatted`)}${tab("source", t`Source`)}</span></p></header>
${
  as === "source"
    ? html`<pre class="source" tabindex="0">${bytes.toString("utf8").slice(0, 500_000)}</pre>`
    : as === "sent" && read.html !== null
      ? html`<iframe class="as-sent-frame" src="${here}/html" title="${t`The mail as it was formatted`}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`
      : html`<div class="post-body">${raw(quotesTold(textToHtml(reflow(read.text ?? ""))))}</div>`
}
${read.attachments.length ? html`<ul class="attachments">${read.attachments.map((one) => html`<li class="attachment"><span class="attachment-name"><bdi>${shown(one.filename ?? "part")}</bdi> <small>${sizeInWords(one.size)}</small></span></li>`)}</ul>` : ""}
</article>`;
}
