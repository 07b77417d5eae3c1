/** Joining by the link in a letter that asks to confirm: the token is the right. GET shows a button, POST joins. */
import { html } from "hono/html";
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import { idFromBytes } from "../../kit/id.ts";
import { openToken } from "../../mail/token.ts";
import { sayPage } from "../errors.ts";
import type { Page } from "../house.ts";
import { answer } from "../views/layout.ts";

type Request = { request: directory.JoinRequest; group: directory.Group };

/** GET /join/:token */
export async function ask(c: Page): Promise<Response> {
  const found = await requestOf(c);
  if (!found) return gone(c);
  const content = html`<div class="say"><h1>Join <bdi>${found.group.title}</bdi>?</h1>
<p>Every post comes to <b>${found.request.address}</b> by mail. Each mail has a link to leave again.</p>
<form method="post" action="/join/${c.req.param("token")}"><p class="actions"><button class="button">Join the group</button></p></form></div>`;
  return answer(c, { title: "Join a group", isPrivate: true }, content);
}

/** POST /join/:token */
export async function join(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const found = await requestOf(c);
  if (!found) return gone(c);
  const { request, group } = found;
  await transact(pool, (sql) =>
    directory.addMembers(sql, group.id, [request], "confirmed by the link in a mail", clock),
  );
  const content = html`<div class="say"><h1>You are in <bdi>${group.title}</bdi></h1><p>Its mail goes to <b>${request.address}</b> from now on.</p>
<p class="actions"><a class="button" href="/g/${group.name}">Open the group</a></p></div>`;
  return answer(c, { title: "Welcome", isPrivate: true }, content);
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
    "This request to join has expired",
    html`<p>Ask again: send a mail to the group's address with <b>+subscribe</b> before the @, or join on the group's page.</p><p class="actions"><a class="button quiet" href="/">See all groups</a></p>`,
  );
