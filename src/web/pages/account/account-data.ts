/** Everything about me, as a file: asked for here, written in the background, fetched here within a day. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import { languageNow, t } from "../../../language/language.ts";
import * as privacy from "../../../privacy/privacy.ts";
import { unpack } from "../../bytes.ts";
import type { Page } from "../../house.ts";
import { NotHere, SignInFirst } from "../../rights.ts";
import { sizeInWords } from "../../views/figures.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";
import { zipped } from "../../zip.ts";
import { disposition } from "../archive/part.ts";

const FIRST_STEP = "person";

/** GET /account/data */
export async function page(c: Page): Promise<Response> {
  const me = await whoIs(c);
  const download = await privacy.downloadOf(c.var.house.pool, me.personId, c.var.house.clock.now());
  const content = html`<h1 class="page-title">${t`Everything about me`}</h1>
<p class="lead">${t`Your memberships with their history, your addresses and sessions, what was sent to you, our letters, and all you have posted: in one zip file, as JSON and mbox, with a note that says what is what.`}</p>
${stateOf(c, download)}
<p class="small"><a href="/account">${t`My account`}</a> · <a href="/account/erase">${t`Be erased`}</a></p>`;
  return answer(c, { title: t`Everything about me`, isPrivate: true }, content);
}

function stateOf(c: Page, download: privacy.Download | undefined): Html {
  const reader = readerOf(c);
  if (!download)
    return html`<form method="post"><p class="actions"><button class="button">${t`Put it together`}</button></p></form>
<p>${t`It takes a moment, or longer where you have posted much. A letter says when it is ready.`}</p>`;
  if (!download.readyAt)
    return html`<p class="notice" role="status">${t`It is being put together. A letter says when it is ready; you can close this page.`}</p>
<p class="actions"><a class="button quiet" href="/account/data">${t`Look again`}</a></p>`;
  const until = new Date(download.readyAt.getTime() + privacy.DOWNLOAD_LIVES);
  return html`<p>${th`It is ready, and can be fetched until ${timeInWords(until, reader)}.`}</p>
<p class="actions"><a class="button" href="/account/data/${download.id}" download>${t`Fetch it`}</a></p>
<p class="small">${t`Asked for by ${download.address}; about ${sizeInWords(download.size)}.`}</p>`;
}

/** POST /account/data */
export async function ask(c: Page): Promise<Response> {
  const me = await whoIs(c);
  const { pool, clock } = c.var.house;
  const who = { personId: me.personId, address: me.address, language: languageNow() };
  await transact(pool, (sql) => privacy.askForDownload(sql, who, FIRST_STEP, clock));
  return c.redirect("/account/data", 303);
}

/** GET /account/data/:id: only theirs, and only while it is kept. */
export async function file(c: Page): Promise<Response> {
  const me = await whoIs(c);
  const { pool, clock, config } = c.var.house;
  const download = await privacy.downloadOf(pool, me.personId, clock.now());
  if (!download?.readyAt || download.id !== c.req.param("id")) throw new NotHere();
  const { id, pieces, readyAt } = download;
  const chunks = zipped(
    (async function* () {
      for (let index = 0; index < pieces; index += 1) {
        const found = await privacy.pieceOf(pool, id, index);
        if (!found) throw new Error("A download was forgotten while it was fetched.");
        yield { name: found.name, bytes: unpack(found.piece) };
      }
    })(),
    readyAt,
  );
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
  const name = `${new URL(config.url).hostname}-${readyAt.toISOString().slice(0, 10)}.zip`;
  c.header("content-disposition", disposition("attachment", name));
  c.header("cache-control", "private, no-store");
  return c.body(stream, 200, { "content-type": "application/zip" });
}

async function whoIs(c: Page): Promise<{ personId: string; address: string }> {
  const visitor = await c.var.visitor();
  if (!visitor?.personId) throw new SignInFirst();
  return { personId: visitor.personId, address: visitor.address };
}
