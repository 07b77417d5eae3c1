/** Joining an open group, and leaving a group, for who is signed in. */
import { html } from "hono/html";
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import type { Page } from "../house.ts";
import { groupFor, NotAllowed } from "../rights.ts";
import { field, textOf } from "../views/forms.ts";
import { answer } from "../views/layout.ts";

/** GET /g/:name/join */
export async function joinForm(c: Page): Promise<Response> {
  const { group, membership, visitor } = await groupFor(c, "poster");
  if (membership) return c.redirect(`/g/${group.name}`, 303);
  if (group.joining !== "open") throw new NotAllowed("This group is not open to join: its owners add members.");
  const content = html`<div class="say"><h1>Join <bdi>${group.title}</bdi></h1>
<p>Every post comes to <b>${visitor!.address}</b> by mail. Each mail has a link to leave again.</p>
<form method="post" class="form">${field({ name: "name", label: "Your name, as others will see it", value: visitor!.name, autocomplete: "name", maxLength: 100 })}
<p class="actions"><button class="button">Join the group</button> <a class="button quiet" href="/g/${group.name}">Not now</a></p></form></div>`;
  return answer(c, { title: `Join ${group.title}`, group }, content);
}

/** POST /g/:name/join */
export async function join(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { group, visitor } = await groupFor(c, "poster");
  if (group.joining !== "open") throw new NotAllowed("This group is not open to join: its owners add members.");
  const name = textOf(await c.req.parseBody(), "name")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 100);
  await transact(pool, (sql) =>
    directory.addMembers(sql, group.id, [{ address: visitor!.address, name }], "joined on the web", clock),
  );
  return c.redirect(`/g/${group.name}`, 303);
}

/** GET /g/:name/leave */
export async function leaveForm(c: Page): Promise<Response> {
  const { group, membership } = await groupFor(c, "poster");
  if (!membership) return c.redirect(`/g/${group.name}`, 303);
  const content = html`<div class="say"><h1>Leave <bdi>${group.title}</bdi>?</h1>
<p>Mail from this group to <b>${membership.address}</b> stops. What you posted stays in the archive.</p>
<form method="post"><p class="actions"><button class="button">Leave the group</button> <a class="button quiet" href="/g/${group.name}">Stay</a></p></form></div>`;
  return answer(c, { title: `Leave ${group.title}`, group }, content);
}

/** POST /g/:name/leave. The last owner stays, as nobody else could let anybody in. */
export async function leave(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { group, membership } = await groupFor(c, "poster");
  if (!membership) return c.redirect(`/g/${group.name}`, 303);
  const owners = (await directory.deciders(pool, group.id)).filter((one) => one.role === "owner");
  if (membership.role === "owner" && owners.length === 1)
    throw new NotAllowed("You are the only owner: make somebody else an owner first.");
  await transact(pool, (sql) => directory.endMemberships(sql, [membership.id], "left on the web", clock.now()));
  return c.redirect("/", 303);
}
