/**
 * Joining a group: signed in at once, or by an address that a letter then shows to be theirs. Where moderators let people
 * in, who asks may say why, and hears that the request waits.
 */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as joining from "../../../joining/joining.ts";
import { idToBytes } from "../../../kit/id.ts";
import { en, t, told } from "../../../language/language.ts";
import { isMailable } from "../../../mail/address.ts";
import { ruleFor } from "../../../mail/disposable.ts";
import { sealToken } from "../../../mail/token.ts";
import * as notices from "../../../notices/notices.ts";
import type { House, Page, Visitor } from "../../house.ts";
import { meansOf } from "../../joining.ts";
import { groupFor, NotAllowed, type Seen } from "../../rights.ts";
import { clientKey, request } from "../../sign-in/requests.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { clientAddress } from "../../visitors.ts";

type Typed = { name: string; email: string; words: string; answer: string; problem?: string };

/** GET /g/:name/join */
export async function form(c: Page): Promise<Response> {
  const seen = await groupFor(c, "front");
  if (seen.membership) return c.redirect(`/g/${seen.group.name}`, 303);
  const waits =
    seen.visitor && (await directory.waitingRequestOf(c.var.house.pool, seen.group.id, seen.visitor.address));
  if (waits) return waitingPage(c, seen.group);
  return show(c, seen, { name: seen.visitor?.name ?? "", email: "", words: "", answer: "" });
}

/** POST /g/:name/join */
export async function join(c: Page): Promise<Response> {
  const seen = await groupFor(c, "front");
  if (seen.membership) return c.redirect(`/g/${seen.group.name}`, 303);
  const body = await c.req.parseBody();
  const typed: Typed = {
    name: directory.lineOf(textOf(body, "name"), 100),
    email: textOf(body, "email").trim(),
    words: directory.lineOf(textOf(body, "words"), 500),
    answer: directory.lineOf(textOf(body, "answer"), 500),
  };
  return seen.visitor ? enter(c, seen, seen.visitor, typed) : ask(c, seen, typed);
}

/** Signed in: the address is shown to be theirs. */
async function enter(c: Page, { group }: Seen, visitor: Visitor, typed: Typed): Promise<Response> {
  const means = await meansOf(c.var.house);
  const { address, personId } = visitor;
  if ((await ruleFor(address, c.var.house.config.disposable)) === "refuse")
    throw new NotAllowed(
      t`${address} is a throwaway address, and none can join here: add one that you keep to your account.`,
    );
  const entered = await transact(c.var.house.pool, async (sql) => {
    const gate = await joining.gateFor(sql, group, { address, personId });
    if (gate.is === "no") return gate;
    const id = await directory.askToJoin(sql, group.id, { ...typed, address }, means.clock);
    const request = await directory.joinRequest(sql, id);
    return joining.enter(sql, means, group, request!, {
      cause: en`joined on the web`,
      consent: {
        how: "web",
        source: en`the page to join, signed in as ${address}: every post comes by mail, and each mail has a link to leave`,
      },
      personId,
      isWelcomed: false,
    });
  });
  if (entered.is === "no") throw new NotAllowed(told(entered.why));
  return c.redirect(entered.is === "waits" ? `/g/${group.name}/join` : `/g/${group.name}`, 303);
}

/** Not signed in: a letter asks at the address. The page says the same whoever is in the group or kept out. */
async function ask(c: Page, seen: Seen, typed: Typed): Promise<Response> {
  const { house } = c.var;
  const { group } = seen;
  if (!isOpen(group)) throw new NotAllowed(noWay(group));
  const refuse = (problem: string, status: 400 | 429): Promise<Response> => {
    c.status(status);
    return show(c, seen, { ...typed, problem });
  };
  if (!isMailable(typed.email)) return refuse(t`This is not a mail address: write it as name@example.org.`, 400);
  if ((await ruleFor(typed.email, house.config.disposable)) === "refuse")
    return refuse(
      t`${typed.email} is a throwaway address, and none can join here: add one that you keep to your account.`,
      400,
    );
  const verdict = await request(house.pool, typed.email, clientKey(clientAddress(c)), house.clock.now());
  if (verdict !== "ok")
    return refuse(t`Many letters were asked for within the hour: look into your mail, or wait.`, 429);
  await writeLetter(house, group, typed);
  c.header("cache-control", "no-store");
  const content = html`<div class="say"><h1>${t`Look into your mail`}</h1>
<p>${th`A letter is on its way to <b>${typed.email}</b>. Reply to it, or open its link: that shows that the address is yours.`}</p>
${house.config.outbound.kind === "capture" ? html`<p class="actions"><a class="button" href="/mailbox?to=${encodeURIComponent(typed.email)}">${t`Open the local mailbox`}</a></p>` : ""}</div>`;
  return answer(c, { title: t`Join ${group.title}`, isPrivate: true }, content);
}

async function writeLetter(house: House, group: directory.Group, typed: Typed): Promise<void> {
  const means = await meansOf(house);
  const { email: address } = typed;
  if (await directory.membershipOf(house.pool, group.id, address)) return;
  const gate = await joining.gateFor(house.pool, group, { address });
  if (gate.is === "no") return;
  await transact(house.pool, async (sql) => {
    const id = await directory.askToJoin(sql, group.id, { ...typed, address }, means.clock);
    const token = sealToken(means.tokenSecret, "join", idToBytes(id));
    await joining.send(sql, means, [notices.confirmJoinLetter(means, { to: address, group }, token)]);
  });
}

const isOpen = ({ joining: way }: directory.Group): boolean => way === "open" || way === "approval";

const noWay = (group: directory.Group): string =>
  group.joining === "invitation"
    ? t`To join ${group.title} one has to be invited by somebody who is in it.`
    : t`This group is not open to join: its owners add members.`;

async function show(c: Page, { group, visitor }: Seen, typed: Typed): Promise<Response> {
  const { pool } = c.var.house;
  if (directory.isClosed(group)) throw new NotAllowed(t`${group.title} is closed and takes no more members.`);
  if (visitor) {
    const gate = await joining.gateFor(pool, group, visitor);
    if (gate.is === "no") throw new NotAllowed(told(gate.why));
  } else if (!isOpen(group)) throw new NotAllowed(noWay(group));
  const asks = group.joining === "approval";
  const content = html`<div class="say"><h1>${asks ? th`Ask to join <bdi>${group.title}</bdi>` : th`Join <bdi>${group.title}</bdi>`}</h1>
<p>${asks ? t`A moderator reads what you write and decides. You hear by mail.` : ""} ${visitor ? th`Every post comes to <b>${visitor.address}</b> by mail. Each mail has a link to leave again.` : t`Every post comes to you by mail. Each mail has a link to leave again.`}</p>
<form method="post" class="form">
${visitor ? "" : field({ name: "email", label: t`Your address`, type: "email", value: typed.email, problem: typed.problem, autocomplete: "email", isRequired: true, maxLength: 254 })}
${field({ name: "name", label: t`Your name, as others will see it`, value: typed.name, autocomplete: "name", maxLength: 100 })}
${asks && group.joinQuestion ? field({ name: "answer", label: group.joinQuestion, value: typed.answer, rows: 3, maxLength: 500 }) : ""}
${asks ? field({ name: "words", label: t`Why you want to join`, help: t`A line for the moderators; you may leave it empty.`, value: typed.words, rows: 3, maxLength: 500 }) : ""}
<p class="actions"><button class="button">${asks ? t`Ask to join` : t`Join the group`}</button> <a class="button quiet" href="/g/${group.name}">${t`Not now`}</a>${visitor ? "" : html` <a class="button bare" href="/sign-in?next=${encodeURIComponent(c.req.path)}">${t`Sign in instead`}</a>`}</p></form></div>`;
  return answer(c, { title: t`Join ${group.title}`, group, isPrivate: true }, content);
}

/** Asked already: it waits. */
export function waitingPage(c: Page, group: directory.Group): Promise<Response> {
  const content: Html = html`<div class="say"><h1>${t`Your request waits`}</h1>
<p>${th`A moderator of <bdi>${group.title}</bdi> will read it and decide. You hear by mail either way; there is nothing more to do.`}</p>
<p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p></div>`;
  return answer(c, { title: t`Your request waits`, isPrivate: true }, content);
}
