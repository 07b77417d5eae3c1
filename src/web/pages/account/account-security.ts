/** What I sign in with beside the mail link: a password, codes from an app, passkeys, other services. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { planChange } from "../../sign-in/changes.ts";
import { hasPassword, keepPassword, makeUser, removePassword } from "../../sign-in/credentials.ts";
import { passkeysOf, removePasskey, renamePasskey, toMake } from "../../sign-in/passkeys.ts";
import { hashPassword, weaknessOf } from "../../sign-in/password.ts";
import { isRecent, type Me, recentlySignedIn, signedIn } from "../../sign-in/recent.ts";
import { endSessions, forgetTrust } from "../../sign-in/sessions.ts";
import { textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";
import { continueView, type SecurityWrong, securityView } from "../../views/security.ts";
import { readerOf } from "../../visitors.ts";

/** GET /account/security */
export const page = async (c: Page): Promise<Response> => show(c, await signedIn(c), undefined);

/** POST /account/security: `do` is what to change. Everything here wants somebody who signed in within half an hour. */
export async function change(c: Page): Promise<Response> {
  const me = await recentlySignedIn(c);
  const typed = await c.req.parseBody();
  const { pool, config, clock, signIn } = c.var.house;
  const word = (name: string): string => textOf(typed, name).slice(0, 400);
  switch (word("do")) {
    case "password":
      return setPassword(c, me, textOf(typed, "password"));
    case "password-off":
      return done(c, "password-off", async (sql) => {
        if (await removePassword(sql, me.personId))
          await planChange(sql, { config, clock }, me.personId, "no password");
      });
    case "codes-begin":
      return done(c, "", async (sql) => {
        await makeUser(sql, me.personId, clock.now());
        await signIn.second.begin(sql, me.personId);
      });
    case "codes-on":
      if (!(await signIn.second.isFirstCode(me.personId, word("code"))))
        return show(c, me, {
          form: "code",
          problem: t`This is not the code that we expect: take the one your app shows now.`,
        });
      return done(c, "codes", async (sql) => {
        await signIn.second.switchOn(sql, me.personId);
        const addresses = (await directory.addressesOf(sql, me.personId)).map((one) => one.address);
        await endSessions(sql, me.personId, addresses, { but: me.sessionId }); // they came by one factor
        await planChange(sql, { config, clock }, me.personId, "second factor");
      });
    case "codes-off":
      return done(c, "codes-off", async (sql) => {
        if (await signIn.second.switchOff(sql, me.personId))
          await planChange(sql, { config, clock }, me.personId, "no second factor");
      });
    case "codes-new":
      return done(c, "codes-new", async (sql) => {
        await signIn.second.newCodes(sql, me.personId);
        await planChange(sql, { config, clock }, me.personId, "backup codes");
      });
    case "passkey-name":
      return done(c, "saved", (sql) => renamePasskey(sql, me.personId, word("id"), plain(word("name")) || t`Passkey`));
    case "passkey-off":
      return done(c, "passkey-off", async (sql) => {
        if (await removePasskey(sql, me.personId, word("id")))
          await planChange(sql, { config, clock }, me.personId, "no passkey");
      });
    case "link":
      return link(c, me, word("provider"));
    case "unlink":
      return done(c, "unlinked", async (sql) => {
        if (await signIn.providers.unlink(sql, me.personId, word("issuer"), word("subject")))
          await planChange(sql, { config, clock }, me.personId, "no identity");
      });
    default:
      return c.redirect("/account/security", 303);
  }

  async function done(_: Page, what: string, work: Parameters<typeof transact>[1]): Promise<Response> {
    await transact(pool, work);
    return c.redirect(what === "" ? "/account/security#codes" : `/account/security?done=${what}`, 303);
  }
}

const plain = (name: string): string =>
  name
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 60);

/** A new password ends every other session, and no device is trusted any more: whoever had the old one is out. */
async function setPassword(c: Page, me: Me, password: string): Promise<Response> {
  const { pool, config, clock } = c.var.house;
  const addresses = (await directory.addressesOf(pool, me.personId)).map((one) => one.address);
  const problem = weaknessOf(password, [me.name, ...addresses, new URL(config.url).host]);
  if (problem) return show(c, me, { form: "password", problem });
  const hash = await hashPassword(password);
  await transact(pool, async (sql) => {
    await keepPassword(sql, me.personId, hash, clock);
    await endSessions(sql, me.personId, addresses, { but: me.sessionId });
    await forgetTrust(sql, me.personId);
    await planChange(sql, { config, clock }, me.personId, "password");
  });
  return c.redirect("/account/security?done=password", 303);
}

/** Connecting begins with a form of ours: a link from elsewhere must not tie a stranger's account there to this one. */
async function link(c: Page, me: Me, id: string): Promise<Response> {
  const { signIn } = c.var.house;
  const provider = signIn.providers.list.find((one) => one.id === id);
  const begun = provider && (await signIn.providers.begin(provider, "/account/security?done=linked", me.personId));
  if (!provider || !begun)
    return show(c, me, { form: "provider", problem: t`That service can't be reached at the moment: try again later.` });
  for (const cookie of begun.cookies) c.header("set-cookie", cookie, { append: true });
  // A form may lead to our own pages only (CSP), so this one leads on by itself.
  return answer(
    c,
    { title: provider.label, isPrivate: true, leadsTo: begun.url },
    continueView(provider.label, begun.url),
  );
}

async function show(c: Page, me: Me, wrong: SecurityWrong | undefined): Promise<Response> {
  const { pool, clock, signIn } = c.var.house;
  const isFresh = isRecent(me, clock.now());
  const [has, isOn, begun, passkeys, identities] = await Promise.all([
    hasPassword(pool, me.personId),
    signIn.second.isOn(me.personId),
    isFresh ? signIn.second.begun(me.personId, me.address) : undefined,
    passkeysOf(pool, me.personId),
    signIn.providers.of(me.personId),
  ]);
  const view = securityView({
    me,
    isFresh,
    hasPassword: has,
    isOn,
    begun,
    codes: isOn && isFresh ? await signIn.second.codes(me.personId) : [],
    showsCodes: /^codes(-new)?$/.test(c.req.query("done") ?? ""),
    passkeys,
    toMake: isFresh ? await toMake(c.var.house, me) : undefined,
    identities,
    providers: signIn.providers.list,
    reader: readerOf(c),
    wrong,
  });
  if (wrong) c.status(400);
  c.header("cache-control", "no-store"); // secrets are on it
  const said = wrong ? undefined : whatWasDone(c.req.query("done"));
  return answer(
    c,
    { title: t`How I sign in`, isPrivate: true, scripts: ["passkey.js"], sheets: ["sign-in.css"] },
    said ? html`<p class="notice" role="status">${said}</p>${view}` : view,
  );
}

const whatWasDone = (what: string | undefined): string | undefined =>
  ({
    saved: t`Saved.`,
    password: t`The password is set. You were signed out everywhere else.`,
    "password-off": t`The password is removed.`,
    codes: t`Codes are asked for from now on, and you were signed out everywhere else. Keep the backup codes below in a safe place.`,
    "codes-off": t`Codes are no longer asked for.`,
    "codes-new": t`Here are new backup codes; the old ones work no more.`,
    passkey: t`The passkey is kept.`,
    "passkey-off": t`The passkey is removed.`,
    "no-passkey": t`The passkey was not kept: it took too long, or it is here already. Try again.`,
    linked: t`Connected.`,
    unlinked: t`Disconnected.`,
    taken: t`That account is connected to somebody else here already.`,
  })[what ?? ""];
