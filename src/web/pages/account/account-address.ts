/** Confirming that an address is somebody's, by the link in the letter to it. GET says who asks, POST does it. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { idFromBytes } from "../../../kit/id.ts";
import { t } from "../../../language/language.ts";
import { openToken } from "../../../mail/token.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { answer } from "../../views/layout.ts";
import { th } from "../../views/say.ts";

/** GET /account/address/:token */
export async function ask(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const id = await idOf(c);
  const claim = id ? await directory.claimById(pool, id, clock.now()) : undefined;
  if (!claim) return gone(c);
  const [person, addresses, present] = await Promise.all([
    directory.personById(pool, claim.personId),
    directory.verifiedAddresses(pool, claim.personId),
    directory.personWith(pool, claim.address),
  ]);
  const who = [person?.name, addresses[0]].filter(Boolean).join(", ");
  const has = present && present.id !== claim.personId ? await directory.membershipsOfPerson(pool, present.id) : [];
  const groups = await directory.groupsById(
    pool,
    has.map((one) => one.groupId),
  );
  const content = html`<div class="say"><h1>${t`Is this you?`}</h1>
<p>${th`<b>${who}</b> asks to add <b>${claim.address}</b> to their account.`}</p>
${groups.length > 0 ? html`<p>${th`Its memberships then belong to that account: <b>${groups.map((group) => group.title).join(", ")}</b>.`}</p>` : ""}
<p>${t`If it is not you, close this page: nothing changes.`}</p>
<form method="post" action="/account/address/${c.req.param("token")}"><p class="actions"><button class="button">${t`Yes, that is me`}</button></p></form></div>`;
  c.header("referrer-policy", "no-referrer");
  return answer(c, { title: t`Is this you?`, isPrivate: true }, content);
}

/** POST /account/address/:token */
export async function confirm(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const id = await idOf(c);
  const claimed = id ? await transact(pool, (sql) => directory.confirmClaim(sql, id, clock.now())) : "gone";
  if (claimed === "gone") return gone(c);
  if (claimed === "taken")
    return sayPage(
      c,
      409,
      t`This address belongs to another account`,
      html`<p>${t`That account has other addresses too, or asks for codes from an app. Sign in there and remove this address, or switch the codes off: then it can be added here.`}</p><p class="actions"><a class="button" href="/sign-in">${t`Sign in`}</a></p>`,
    );
  const content = html`<div class="say"><h1>${t`The address is confirmed`}</h1><p>${claimed === "merged" ? t`It belongs to the account now, with its memberships.` : t`It belongs to the account now.`}</p>
<p class="actions"><a class="button" href="/account">${t`My account`}</a></p></div>`;
  return answer(c, { title: t`The address is confirmed`, isPrivate: true }, content);
}

async function idOf(c: Page): Promise<string | undefined> {
  const payload = openToken(await c.var.house.tokenSecret(), "confirm", c.req.param("token") ?? "");
  return payload?.length === 16 ? idFromBytes(payload) : undefined;
}

const gone = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This question has expired`,
    html`<p>${t`A letter is good for two days, and a newer one replaces it. Ask for another on the page of your account.`}</p><p class="actions"><a class="button" href="/account">${t`My account`}</a></p>`,
  );
