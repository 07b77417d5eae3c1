/** Joining by the link in a letter that asks to confirm: the token is the right. GET shows a button, POST joins. */

import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as joining from "../../../joining/joining.ts";
import { idFromBytes } from "../../../kit/id.ts";
import { en, t, told } from "../../../language/language.ts";
import { openToken } from "../../../mail/token.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { meansOf } from "../../joining.ts";
import { NotAllowed } from "../../rights.ts";
import { answer } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { waitingPage } from "./join-group.ts";

type Request = { request: directory.JoinRequest; group: directory.Group };

/** GET /join/:token */
export async function ask(c: Page): Promise<Response> {
  const found = await requestOf(c);
  if (!found) return gone(c);
  const content = html`<div class="say"><h1>${th`Join <bdi>${found.group.title}</bdi>?`}</h1>
<p>${th`Every post comes to <b>${found.request.address}</b> by mail. Each mail has a link to leave again.`}</p>
<form method="post" action="/join/${c.req.param("token")}"><p class="actions"><button class="button">${t`Join the group`}</button></p></form></div>`;
  return answer(c, { title: t`Join a group`, isPrivate: true }, content);
}

/** POST /join/:token */
export async function join(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const found = await requestOf(c);
  if (!found) return gone(c);
  const { request, group } = found;
  const means = await meansOf(c.var.house);
  const entered = await transact(pool, (sql) =>
    joining.enter(sql, means, group, request, {
      cause: en`confirmed by the link in a mail`,
      consent: {
        how: "mail",
        source: en`asked by mail, and confirmed by the link in our letter to ${request.address}`,
      },
    }),
  );
  if (entered.is === "no") throw new NotAllowed(told(entered.why));
  if (entered.is === "waits") return waitingPage(c, group);
  const content = html`<div class="say"><h1>${th`You are in <bdi>${group.title}</bdi>`}</h1><p>${th`Its mail goes to <b>${request.address}</b> from now on.`}</p>
<p class="actions"><a class="button" href="/g/${group.name}">${t`Open the group`}</a></p></div>`;
  return answer(c, { title: t`Welcome`, isPrivate: true }, content);
}

async function requestOf(c: Page): Promise<Request | undefined> {
  const { pool, tokenSecret } = c.var.house;
  const payload = openToken(await tokenSecret(), "join", c.req.param("token") ?? "");
  if (payload?.length !== 16) return undefined;
  const request = await directory.joinRequest(pool, idFromBytes(payload));
  const [group] = request ? await directory.groupsById(pool, [request.groupId]) : [];
  return request && group ? { request, group } : undefined;
}

const gone = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This request to join has expired`,
    html`<p>${th`Ask again: send a mail to the group's address with <b>+subscribe</b> before the @, or join on the group's page.`}</p><p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p>`,
  );
