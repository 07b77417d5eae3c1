/** My account: my name, the addresses that are mine, the groups I am in, and where I am signed in. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { idToBytes } from "../../../kit/id.ts";
import { t } from "../../../language/language.ts";
import { addressKey, isMailable } from "../../../mail/address.ts";
import { sealToken } from "../../../mail/token.ts";
import * as notices from "../../../notices/notices.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { type Me, recentlySignedIn, signedIn } from "../../sign-in/recent.ts";
import { clientKey, request, type Verdict } from "../../sign-in/requests.ts";
import { endSessions, forgetUser, type Session, sessionsOf } from "../../sign-in/sessions.ts";
import { field, textOf, tick } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { getsNow } from "../../views/modes.ts";
import { roleWord } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { clientAddress, readerOf } from "../../visitors.ts";

type Membership = directory.Membership & { group: directory.Group };
type View = {
  me: Me;
  addresses: directory.Address[];
  claimed: string[];
  memberships: Membership[];
  sessions: Session[];
  reader: Reader;
  /** What was typed and refused. */
  wrong: Wrong | undefined;
};
/** Which form was refused, what was typed, and why. */
type Wrong = { form: "add" | "remove"; typed: string; problem: string; status: 400 | 429 };

/** GET /account */
export async function page(c: Page): Promise<Response> {
  return show(c, await signedIn(c), undefined);
}

/** POST /account: `do` is `name`, `add`, `remove`, `end` or `end-others`. */
export async function change(c: Page): Promise<Response> {
  const me = await signedIn(c);
  const typed = await c.req.parseBody();
  switch (textOf(typed, "do")) {
    case "name":
      await rename(c, me, textOf(typed, "name"), textOf(typed, "everywhere") === "yes");
      return done(c, "name");
    case "add": {
      await recentlySignedIn(c);
      const wrong = await add(c, me, textOf(typed, "address").trim());
      return wrong ? show(c, me, wrong) : done(c, "asked");
    }
    case "remove": {
      await recentlySignedIn(c);
      const wrong = await remove(c, me, textOf(typed, "address"));
      return wrong ? show(c, me, wrong) : done(c, "removed");
    }
    case "end":
      await endOf(c, me, { only: textOf(typed, "session") });
      return done(c, "ended");
    case "end-others":
      await endOf(c, me, { but: me.sessionId });
      return done(c, "ended");
    default:
      return c.redirect("/account", 303);
  }
}

const done = (c: Page, what: string): Response => c.redirect(`/account?done=${what}`, 303);

const whatWasDone = (what: string | undefined): string | undefined =>
  ({
    name: t`Saved.`,
    asked: t`We have written to that address: open the link in the letter, or reply with “${t`yes`}”.`,
    removed: t`The address is no longer yours here.`,
    ended: t`Signed out there.`,
  })[what ?? ""];

async function rename(c: Page, me: Me, typed: string, isEverywhere: boolean): Promise<void> {
  const { pool, clock } = c.var.house;
  const name = typed
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 100);
  await transact(pool, async (sql) => {
    await directory.renamePerson(sql, me.personId, name);
    if (!isEverywhere) return;
    for (const { id } of await directory.membershipsOfPerson(sql, me.personId))
      await directory.changeMembership(sql, id, { name }, "the member, on the web", clock.now());
  });
}

/** Asks the address itself. The answer is the same whether anybody here has it, so that it tells nobody who is here. */
async function add(c: Page, me: Me, address: string): Promise<Wrong | undefined> {
  const { pool, clock, config, tokenSecret } = c.var.house;
  const refuse = (problem: string, status: 400 | 429): Wrong => ({ form: "add", typed: address, problem, status });
  if (!isMailable(address)) return refuse(t`This is not a mail address: write it as name@example.org.`, 400);
  const own = await directory.addressesOf(pool, me.personId);
  if (own.some((one) => one.verifiedAt && addressKey(one.address) === addressKey(address)))
    return refuse(t`${address} is yours already.`, 400);
  const verdict = await request(pool, address, clientKey(clientAddress(c)), clock.now(), me.personId);
  if (verdict !== "ok") return refuse(tooMany(verdict), 429);
  const secret = await tokenSecret();
  await transact(pool, async (sql) => {
    const id = await directory.claimAddress(sql, me.personId, address, clock);
    const writer = { domain: config.domain, url: config.url, clock };
    const letter = notices.confirmAddressLetter(
      writer,
      address,
      me.address,
      sealToken(secret, "confirm", idToBytes(id)),
    );
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  });
  return undefined;
}

function tooMany(verdict: Exclude<Verdict, "ok">): string {
  switch (verdict) {
    case "address":
      return t`We have written to this address several times already: look for our letters in its mail, spam folder too, or wait a day.`;
    case "client":
      return t`Many letters were asked for from your network within the hour: try again later.`;
    case "person":
      return t`You have asked for several letters today: try again tomorrow.`;
  }
}

async function remove(c: Page, me: Me, address: string): Promise<Wrong | undefined> {
  const { pool } = c.var.house;
  const refuse = (problem: string): Wrong => ({ form: "remove", typed: address, problem, status: 400 });
  if (addressKey(address) === addressKey(me.address))
    return refuse(t`You are signed in with ${address}: sign in with another of your addresses to remove it.`);
  const removed = await transact(pool, async (sql) => {
    const removed = await directory.removeAddress(sql, me.personId, address);
    if (removed === "removed") await forgetUser(sql, address);
    if (removed === "not theirs") await directory.dropClaim(sql, me.personId, address);
    return removed;
  });
  if (removed === "used")
    return refuse(
      t`Mail from a group goes to ${address}: leave that group, or choose another of your addresses there.`,
    );
  if (removed === "last") return refuse(t`${address} is your only address, and you need one to sign in.`);
  return undefined;
}

async function endOf(c: Page, me: Me, which: { only: string } | { but: string }): Promise<void> {
  const { pool } = c.var.house;
  if ("only" in which && !/^[0-9a-f-]{36}$/.test(which.only)) return;
  const addresses = await directory.addressesOf(pool, me.personId);
  await endSessions(
    pool,
    me.personId,
    addresses.map((one) => one.address),
    which,
  );
}

async function show(c: Page, me: Me, wrong: Wrong | undefined): Promise<Response> {
  const { pool, clock } = c.var.house;
  const [addresses, claimed, memberships] = await Promise.all([
    directory.addressesOf(pool, me.personId),
    directory.claimsOf(pool, me.personId, clock.now()),
    membershipsOf(c, me),
  ]);
  const sessions = await sessionsOf(
    pool,
    me.personId,
    addresses.map((one) => one.address),
    clock.now(),
  );
  if (wrong) c.status(wrong.status);
  const said = wrong ? undefined : whatWasDone(c.req.query("done"));
  const view = accountView({ me, addresses, claimed, memberships, sessions, reader: readerOf(c), wrong });
  const content = html`${said ? html`<p class="notice" role="status">${said}</p>` : ""}${view}`;
  return answer(c, { title: t`My account`, isPrivate: true }, content);
}

async function membershipsOf(c: Page, me: Me): Promise<Membership[]> {
  const { pool } = c.var.house;
  const found = await directory.membershipsOfPerson(pool, me.personId);
  const groups = await directory.groupsById(
    pool,
    found.map((one) => one.groupId),
  );
  const byId = new Map(groups.map((group) => [group.id, group]));
  return found
    .flatMap((one) => {
      const group = byId.get(one.groupId);
      return group ? [{ ...one, group }] : [];
    })
    .sort((a, b) => a.group.title.localeCompare(b.group.title));
}

const accountView = (view: View): Html => html`<h1 class="page-title">${t`My account`}</h1>
<p class="lead">${th`You are signed in as <b>${view.me.address}</b>.`}</p>
${nameForm(view)}${addressPart(view)}${groupPart(view)}${securityPart()}${sessionPart(view)}
<h2 class="list-head">${t`What we know about you`}</h2>
<p>${t`Everything about you as a file, and the way out for good.`}</p>
<p class="actions"><a class="button quiet" href="/account/data">${t`Everything about me`}</a> <a class="button bare" href="/account/erase">${t`Be erased`}</a></p>`;

const nameForm = ({ me }: View): Html => html`<form method="post" class="form">
${field({ name: "name", label: t`Your name, as others will see it`, value: me.name, autocomplete: "name", maxLength: 100 })}
${tick({ name: "everywhere", label: t`In all my groups too`, isOn: true })}
<p class="actions"><button class="button" name="do" value="name">${t`Save`}</button></p></form>`;

function addressPart({ me, addresses, claimed, memberships, wrong }: View): Html {
  const isUsed = (address: string): boolean =>
    memberships.some((one) => addressKey(one.address) === addressKey(address));
  const row = (address: string, said: string, button: Html | ""): Html =>
    html`<li class="own"><span class="own-what"><b>${address}</b><span class="own-said">${said}</span></span>${button}</li>`;
  const said = (one: directory.Address): string => {
    if (addressKey(one.address) === addressKey(me.address)) return t`you are signed in with it`;
    if (isUsed(one.address)) return t`a group's mail goes there`;
    return one.verifiedAt ? t`confirmed` : t`not confirmed yet`;
  };
  const isFree = (one: directory.Address): boolean =>
    addressKey(one.address) !== addressKey(me.address) && !isUsed(one.address);
  return html`<h2 class="list-head">${t`Addresses`}</h2>
<p>${t`Whichever of these you write from or sign in with, it is you. In each group you choose where its mail goes.`}</p>
${wrong?.form === "remove" ? html`<p class="field-problem" role="alert">${wrong.problem}</p>` : ""}
<ul class="owns">${addresses.map((one) => row(one.address, said(one), isFree(one) ? removeButton(one.address, t`Remove`) : ""))}
${claimed.map((one) => row(one, t`waits for the answer to our letter`, removeButton(one, t`Forget it`)))}</ul>
<form method="post" class="form">${field({
    name: "address",
    label: t`Another address of yours`,
    type: "email",
    value: wrong?.form === "add" ? wrong.typed : "",
    problem: wrong?.form === "add" ? wrong.problem : undefined,
    help: t`We write to it, and once you confirm, its memberships are yours here too.`,
    autocomplete: "email",
    isRequired: true,
  })}
<p class="actions"><button class="button quiet" name="do" value="add">${t`Add the address`}</button></p></form>`;
}

const removeButton = (address: string, label: string): Html =>
  html`<form method="post"><input type="hidden" name="address" value="${address}"><button class="button bare" name="do" value="remove" aria-label="${label}: ${address}">${label}</button></form>`;

const groupPart = ({ memberships, reader }: View): Html => html`<h2 class="list-head">${t`My groups`}</h2>
${
  memberships.length === 0
    ? html`<p>${th`You are in no group yet. <a href="/">See which are open</a>.`}</p>`
    : html`<ul class="owns">${memberships.map(
        (one) =>
          html`<li class="own"><span class="own-what"><b><a href="/g/${one.group.name}"><bdi>${one.group.title}</bdi></a></b><span class="own-said">${[one.address, getsNow(one, reader.now), ...(one.role === "member" ? [] : [roleWord(one.role)])].join(" · ")}</span></span><a class="button bare" href="/g/${one.group.name}/membership" aria-label="${t`Change how you get mail from ${one.group.title}`}">${t`Change`}</a></li>`,
      )}</ul>`
}`;

const securityPart = (): Html => html`<h2 class="list-head">${t`How I sign in`}</h2>
<p>${t`By a link to your mail, always. A password, a code from an app, passkeys and other services can be added.`}</p>
<p class="actions"><a class="button quiet" href="/account/security">${t`Password, codes and passkeys`}</a></p>`;

const sessionPart = ({
  me,
  sessions,
  reader,
}: View): Html => html`<h2 class="list-head">${t`Where you are signed in`}</h2>
<ul class="owns">${sessions.map(
  (one) =>
    html`<li class="own"><span class="own-what"><b>${one.device}</b><span class="own-said">${one.id === me.sessionId ? t`this device` : th`since ${timeInWords(one.createdAt, reader)}`}</span></span>${one.id === me.sessionId ? "" : html`<form method="post"><input type="hidden" name="session" value="${one.id}"><button class="button bare" name="do" value="end" aria-label="${t`Sign out there: ${one.device}`}">${t`Sign out there`}</button></form>`}</li>`,
)}</ul>
${sessions.length > 1 ? html`<form method="post"><p class="actions"><button class="button quiet" name="do" value="end-others">${t`Sign out everywhere else`}</button></p></form>` : ""}`;
