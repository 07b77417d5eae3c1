/**
 * Being erased: I type my address, confirm by the link in a letter, and have a week to take it back. The link alone
 * confirms and takes back; asking needs to be signed in. What goes and what stays: docs/privacy.md.
 */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { idFromBytes, idToBytes } from "../../../kit/id.ts";
import { inLanguage, languageNow, t } from "../../../language/language.ts";
import { addressKey } from "../../../mail/address.ts";
import { openToken, sealToken } from "../../../mail/token.ts";
import * as notices from "../../../notices/notices.ts";
import * as privacy from "../../../privacy/privacy.ts";
import * as queue from "../../../queue/queue.ts";
import { sayPage } from "../../errors.ts";
import type { House, Page } from "../../house.ts";
import { SignInFirst } from "../../rights.ts";
import { clientKey, request } from "../../sign-in/requests.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { dayInWords } from "../../views/time.ts";
import { clientAddress, readerOf } from "../../visitors.ts";

type Wrong = { typed: string; problem: string; status: 400 | 409 | 429 };
type Me = { personId: string; address: string };

/** GET /account/erase */
export const page = async (c: Page): Promise<Response> => show(c, await whoIs(c), undefined);

/** POST /account/erase: `do` is `ask` or `keep`. */
export async function ask(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const me = await whoIs(c);
  const typed = await c.req.parseBody();
  const present = await privacy.erasureOf(pool, me.personId);
  if (textOf(typed, "do") === "keep") {
    if (present) await transact(pool, (sql) => privacy.takeErasureBack(sql, present.id));
    return c.redirect("/account/erase?done=kept", 303);
  }
  if (present) return c.redirect("/account/erase", 303);
  const address = textOf(typed, "address").trim();
  const refuse = (problem: string, status: Wrong["status"]): Promise<Response> =>
    show(c, me, { typed: address, problem, status });
  const owned = await whatHolds(c, me);
  if (owned) return refuse(owned, 409);
  if (addressKey(address) !== addressKey(me.address))
    return refuse(t`Type ${me.address}, so that this can't happen by mistake.`, 400);
  const verdict = await request(pool, me.address, clientKey(clientAddress(c)), clock.now(), me.personId);
  if (verdict !== "ok")
    return refuse(t`We have written to this address several times already: look for our letters, or wait a day.`, 429);
  await sendQuestion(c.var.house, me);
  return c.redirect("/account/erase?done=asked", 303);
}

/** What has to be handed over first, in a sentence. */
async function whatHolds(c: Page, me: Me): Promise<string | undefined> {
  const { pool } = c.var.house;
  const owned = await directory.onlyOwnerOf(pool, me.personId);
  if (owned.length > 0)
    return t`You are the only owner of ${owned.map((one) => one.title).join(", ")}: make somebody else an owner there first.`;
  if (await directory.isOnlyOperator(pool, me.personId))
    return t`You are the only operator of this service: make somebody else one first.`;
  return undefined;
}

async function sendQuestion(house: House, me: Me): Promise<void> {
  const { pool, clock, config } = house;
  const secret = await house.tokenSecret();
  await transact(pool, async (sql) => {
    const id = await privacy.askForErasure(sql, { ...me, language: languageNow() }, clock);
    const writer = { domain: config.domain, url: config.url, clock };
    const letter = notices.confirmErasureLetter(writer, me.address, sealToken(secret, "erase", idToBytes(id)));
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  });
}

async function show(c: Page, me: Me, wrong: Wrong | undefined): Promise<Response> {
  const { pool } = c.var.house;
  const [present, holds] = await Promise.all([privacy.erasureOf(pool, me.personId), whatHolds(c, me)]);
  if (wrong) c.status(wrong.status);
  const done = wrong ? undefined : said(c.req.query("done"), me.address);
  const content = html`<h1 class="page-title">${t`Be erased`}</h1>
${done ? html`<p class="notice" role="status">${done}</p>` : ""}
${present ? waiting(c, present) : html`${whatHappens()}${form(me, wrong, holds)}`}
<p class="small"><a href="/account">${t`My account`}</a> · <a href="/account/data">${t`Everything about me`}</a></p>`;
  return answer(c, { title: t`Be erased`, isPrivate: true }, content);
}

const said = (done: string | undefined, address: string): string | undefined =>
  ({
    asked: t`We have written to ${address}: open the link in the letter and confirm there. Nothing happens until then.`,
    kept: t`Taken back: nothing is erased.`,
  })[done ?? ""];

const whatHappens =
  (): Html => html`<p class="lead">${t`A week after you confirm, you leave all your groups, and what says who you are goes.`}</p>
<ul class="says"><li>${t`Your name, addresses, sessions and settings are gone, and what we know about the mail we sent you.`}</li>
<li>${t`What you posted stays without your name, address and signature, or goes, as each group has decided. What others quoted of it is theirs.`}</li>
<li>${t`That somebody was a member, and what moderators did, stays on record without you. A group that has banned your address keeps the ban.`}</li>
<li>${t`Mails that others have received already can't be called back.`}</li></ul>
<p>${th`You may want <a href="/account/data">everything about you</a> first.`}</p>`;

const form = (
  me: Me,
  wrong: Wrong | undefined,
  holds: string | undefined,
): Html => html`<form method="post" class="form">
${holds && !wrong ? html`<p class="notice">${holds}</p>` : ""}
${field({
  name: "address",
  label: t`Type your address, ${me.address}, to go on`,
  type: "email",
  value: wrong?.typed ?? "",
  problem: wrong?.problem,
  autocomplete: "off",
  isRequired: true,
})}
<p class="actions"><button class="button" name="do" value="ask">${t`Write me the letter`}</button> <a class="button quiet" href="/account">${t`Not now`}</a></p></form>`;

function waiting(c: Page, { state, dueAt, step }: privacy.Erasure): Html {
  if (state === "under way" || (step !== "" && state !== "due"))
    return html`<p class="lead">${t`You are being erased. A last letter says when it is done.`}</p>`;
  const day = dayInWords(dueAt!, readerOf(c).zone);
  const lead =
    state === "stopped"
      ? t`It waits: you are the only owner of a group. Make somebody else an owner there, and it is done within a day.`
      : t`On ${day} you will be erased. Until then nothing changes.`;
  return html`<p class="lead">${lead}</p>
<form method="post"><p class="actions"><button class="button" name="do" value="keep">${t`Keep my account`}</button></p></form>`;
}

/** GET /account/erase/:token */
export async function arrive(c: Page): Promise<Response> {
  const erasure = await behind(c);
  if (!erasure) return gone(c);
  const here = `/account/erase/${c.req.param("token")}`;
  const day = (at: Date): string => dayInWords(at, readerOf(c).zone);
  const [title, lead, button] = ((): [string, string, Html | ""] => {
    switch (erasure.state) {
      case "asked":
        return [
          t`Erase everything about you?`,
          t`A week from now ${erasure.address} and all that belongs to it leaves its groups and is erased. Until then you can take it back.`,
          html`<button class="button" name="do" value="confirm">${t`Yes, erase me`}</button> <a class="button quiet" href="/">${t`Keep my account`}</a>`,
        ];
      case "due":
      case "stopped":
        return [
          t`You will be erased`,
          t`On ${day(erasure.dueAt!)} you will be erased. Until then nothing changes.`,
          html`<button class="button" name="do" value="keep">${t`Keep my account`}</button>`,
        ];
      case "taken back":
        return [t`You keep your account`, t`Taken back: nothing is erased.`, ""];
      default:
        return [t`You are erased`, t`What says who you are is gone from here, or is going just now.`, ""];
    }
  })();
  const content = html`<div class="say"><h1>${title}</h1><p>${lead}</p>${button === "" ? "" : html`<form method="post" action="${here}"><p class="actions">${button}</p></form>`}</div>`;
  c.header("referrer-policy", "no-referrer");
  return answer(c, { title, isPrivate: true }, content);
}

/** POST /account/erase/:token: `do` is `confirm` or `keep`. */
export async function decide(c: Page): Promise<Response> {
  const { pool, clock, config } = c.var.house;
  const erasure = await behind(c);
  if (!erasure) return gone(c);
  const token = c.req.param("token") ?? "";
  const isKept = textOf(await c.req.parseBody(), "do") === "keep";
  await transact(pool, async (sql) => {
    if (isKept) {
      await privacy.takeErasureBack(sql, erasure.id);
      return;
    }
    const dueAt = await privacy.confirmErasure(sql, erasure.id, clock.now());
    if (!dueAt) return;
    const writer = { domain: config.domain, url: config.url, clock };
    const letter = inLanguage(erasure.language, () =>
      notices.erasureDueLetter(writer, erasure.address, token, dayInWords(dueAt, "UTC")),
    );
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  });
  return c.redirect(`/account/erase/${token}`, 303);
}

async function behind(c: Page): Promise<privacy.Erasure | undefined> {
  const { pool, clock, tokenSecret } = c.var.house;
  const payload = openToken(await tokenSecret(), "erase", c.req.param("token") ?? "");
  return payload?.length === 16 ? privacy.erasureById(pool, idFromBytes(payload), clock.now()) : undefined;
}

const gone = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This letter has expired`,
    html`<p>${t`It is good for two days, and a newer one replaces it.`}</p><p class="actions"><a class="button" href="/account/erase">${t`Ask for another`}</a></p>`,
  );

async function whoIs(c: Page): Promise<Me> {
  const visitor = await c.var.visitor();
  if (!visitor?.personId) throw new SignInFirst();
  return { personId: visitor.personId, address: visitor.address };
}
