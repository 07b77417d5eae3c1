/** Signing in by another service: a real OpenID provider on this machine, and everything a thief would try with it. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { readMail } from "../../src/mail/read.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { agreeAt, type Provider, SECRET, startProvider } from "../support/oidc.ts";
import { freePort } from "../support/service.ts";
import { signInAt } from "../support/sign-in.ts";
import { codeOf, type Walker, walker } from "../support/sign-in-forms.ts";

type House = { node: TestNode; work: Provider; club: Provider; local(url: string): string };

/** A node, a service that is believed about far.test, and one that is believed about nothing. */
async function house(t: TestContext): Promise<House> {
  const url = `http://localhost:${await freePort()}`;
  const [work, club] = [
    await startProvider(t, [`${url}/sign-in/with/work/back`]),
    await startProvider(t, [`${url}/sign-in/with/club/back`]),
  ];
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-oidc-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const given = { clientId: "groups", clientSecret: SECRET };
  await writeFile(
    join(folder, "oidc.json"),
    JSON.stringify([
      { id: "work", label: "The Works", issuer: work.issuer, domains: ["far.test"], ...given },
      { id: "club", label: "The Club", issuer: club.issuer, ...given },
    ]),
  );
  const node = await startNode(t, {
    members: ["mia@far.test", "ben@far.test"],
    roles: "intake,pipeline,outbound,web",
    environment: { SMARTGROUPS_OIDC: join(folder, "oidc.json"), SMARTGROUPS_URL: url },
  });
  return { node, work, club, local: (one) => one.replace(url, "") };
}

/** Signs in with a service, from our page and back to it. */
async function through(here: House, provider: "work" | "club", who: string, at: Walker, next = "/account") {
  const begun = await at.get(`/sign-in/with/${provider}?next=${encodeURIComponent(next)}`);
  assert.equal(begun.status, 303, begun.text.slice(0, 300));
  const back = here.local(await agreeAt(here[provider], begun.location, who));
  return { back, answer: await at.get(back) };
}

const isIn = async (who: Walker): Promise<boolean> => (await who.get("/account")).status === 200;

test("an address that a believed service has proved signs its person in, with PKCE, state and nonce", async (t) => {
  const here = await house(t);
  here.work.people["m1"] = { email: "mia@far.test", email_verified: true, name: "Mia Lang" };
  const mia = walker(here.node);
  assert.match((await mia.get("/sign-in")).text, /Continue with The Works/);
  const { answer } = await through(here, "work", "m1", mia);
  assert.deepEqual([answer.status, answer.location], [303, "/account"]);
  assert.match(
    (await mia.get("/account")).text,
    /signed in as <b>mia@far\.test[\s\S]*Readers/,
    "her membership by mail",
  );
  const asked = here.work.asked[0]!;
  assert.deepEqual(
    [asked.get("code_challenge_method"), asked.get("response_type"), asked.get("scope")],
    ["S256", "code", "openid email profile"],
  );
  for (const name of ["state", "nonce", "code_challenge"]) assert.ok(asked.get(name)!.length >= 32, name);
  const person = (await directory.personWith(here.node.pool, "mia@far.test"))!;
  const [kept] = await here.node.pool`select issuer, subject, user_id, address from sign_in_identities`;
  assert.deepEqual(
    { ...kept },
    { issuer: here.work.issuer, subject: "m1", user_id: person.id, address: "mia@far.test" },
  );
  assert.equal((await here.node.pool`select from sign_in_accounts`).length, 0, "no token of the service is kept");
  await here.node.quiet();
  assert.match(readMail(here.node.farSide.mailsFor("mia@far.test").at(-1)!.raw).text!, /Another service was connected/);

  // Later it is the subject that counts, whatever address the service now tells.
  here.work.people["m1"] = { email: "ben@far.test", email_verified: true };
  const again = walker(here.node);
  await through(here, "work", "m1", again);
  assert.match((await again.get("/account")).text, /signed in as <b>mia@far\.test/);
});

test("who is new there is new here: a name from the service, and no letter about a change", async (t) => {
  const here = await house(t);
  here.work.people["e1"] = { email: "eva@far.test", email_verified: true, name: "Eva  May" };
  const { answer } = await through(here, "work", "e1", walker(here.node));
  assert.equal(answer.location, "/account/welcome?next=%2Faccount");
  assert.equal((await directory.personWith(here.node.pool, "eva@far.test"))!.name, "Eva May");
  await here.node.quiet();
  assert.equal(here.node.farSide.mails.length, 0);
});

test("nobody prepares an account for somebody else: an address without proof opens and makes nothing", async (t) => {
  const here = await house(t);
  here.work.people["thief1"] = { email: "mia@far.test", email_verified: false };
  here.work.people["thief2"] = { email: "mia@elsewhere.test", email_verified: true }; // not a domain it is believed about
  here.work.people["thief3"] = { email_verified: true };
  here.club.people["thief4"] = { email: "mia@far.test", email_verified: true }; // believed about nothing
  for (const [provider, who] of [
    ["work", "thief1"],
    ["work", "thief2"],
    ["work", "thief3"],
    ["club", "thief4"],
  ] as const) {
    const thief = walker(here.node);
    const { answer } = await through(here, provider, who, thief);
    assert.equal(answer.status, 403, who);
    assert.match(answer.text, /does not vouch for your address here/);
    assert.equal(await isIn(thief), false, who);
  }
  for (const table of ["sign_in_identities", "sign_in_users", "sign_in_sessions", "sign_in_accounts"])
    assert.equal((await here.node.pool`select from ${here.node.pool(table)}`).length, 0, table);

  // The real one comes later, by mail link: nothing of the thief's is there.
  const mia = walker(here.node, "192.0.2.7", await signInAt(here.node, "mia@far.test"));
  assert.ok(!(await mia.get("/account/security")).text.includes("Disconnect"));
});

test("whoever is signed in connects a service by a form, and it is theirs alone; it can be disconnected", async (t) => {
  const here = await house(t);
  here.club.people["c1"] = { email: "someone@club.test", email_verified: false };
  const mia = walker(here.node, "192.0.2.7", await signInAt(here.node, "mia@far.test"));
  const connect = async (who: Walker, as: string) => {
    const page = await who.post("/account/security", { do: "link", provider: "club" });
    assert.equal(page.status, 200);
    const url = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(page.text)![1]!.replaceAll("&amp;", "&");
    return who.get(here.local(await agreeAt(here.club, url, as)));
  };
  assert.equal((await connect(mia, "c1")).location, "/account/security?done=linked");
  const other = walker(here.node);
  await through(here, "club", "c1", other);
  assert.match((await other.get("/account")).text, /signed in as <b>mia@far\.test/);

  const ben = walker(here.node, "192.0.2.7", await signInAt(here.node, "ben@far.test"));
  assert.equal((await connect(ben, "c1")).location, "/account/security?done=taken");
  const page = (await mia.get("/account/security")).text;
  assert.match(page, /The Club[\s\S]*Disconnect/);
  await mia.post("/account/security", { do: "unlink", issuer: here.club.issuer, subject: "c1" });
  const after = walker(here.node);
  assert.equal((await through(here, "club", "c1", after)).answer.status, 403);
});

test("the second factor is asked for after another service too", async (t) => {
  const here = await house(t);
  here.work.people["m1"] = { email: "mia@far.test", email_verified: true };
  const mia = walker(here.node, "192.0.2.7", await signInAt(here.node, "mia@far.test"));
  await mia.post("/account/security", { do: "codes-begin" });
  const secret = /class="secret">([A-Z2-7 ]+)</.exec((await mia.get("/account/security")).text)![1]!;
  await mia.post("/account/security", { do: "codes-on", code: codeOf(secret, -1) });
  const other = walker(here.node);
  const { answer } = await through(here, "work", "m1", other);
  assert.match(answer.location, /^\/sign-in\/second\?/);
  assert.equal(await isIn(other), false);
  await other.post("/sign-in/second", { code: codeOf(secret), as: "mia@far.test" });
  assert.equal(await isIn(other), true);
});

test("state of another browser, an answer of another service, a used code and another site's page: all refused", async (t) => {
  const here = await house(t);
  here.work.people["m1"] = { email: "mia@far.test", email_verified: true };
  here.club.people["m1"] = { email: "mia@far.test", email_verified: true };
  const begin = async (who: Walker, provider = "work", next = "/account") =>
    (await who.get(`/sign-in/with/${provider}?next=${encodeURIComponent(next)}`)).location;
  const refused = async (who: Walker, path: string, said: string) => {
    const answer = await who.get(path);
    assert.equal(answer.status, 400, `${said}: ${answer.status} ${answer.location}`);
    assert.match(answer.text, /did not work/);
    assert.equal(await isIn(who), false, said);
  };

  // A thief's answer, brought by the victim's browser (login CSRF), and the victim's by the thief's.
  const [thief, victim] = [walker(here.node), walker(here.node)];
  const thiefs = here.local(await agreeAt(here.work, await begin(thief), "m1"));
  await refused(victim, thiefs, "no state of its own");
  await begin(victim);
  await refused(victim, thiefs, "another state");
  await refused(walker(here.node), "/sign-in/with/work/back?code=x&state=x", "made up");
  await refused(walker(here.node), "/sign-in/with/work/back", "nothing at all");
  await refused(walker(here.node), "/sign-in/with/work/back?error=access_denied&state=x", "an error");

  // Mix-up: what the club answers is brought to the address of the works, with a state that the works were given.
  const mixed = walker(here.node);
  const clubs = new URL(await agreeAt(here.club, await begin(mixed, "club"), "m1"));
  await refused(mixed, `/sign-in/with/work/back${clubs.search}`, "the club's answer as the works'");
  const other = walker(here.node);
  const works = new URL(await agreeAt(here.work, await begin(other), "m1"));
  works.searchParams.set("iss", here.club.issuer);
  await refused(other, `/sign-in/with/work/back${works.search}`, "another issuer");

  // A code and its state work once.
  const mia = walker(here.node);
  const once = here.local(await agreeAt(here.work, await begin(mia), "m1"));
  assert.equal((await mia.get(once)).status, 303);
  assert.equal(await isIn(mia), true);
  const copy = walker(here.node, "192.0.2.7", [...mia.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
  copy.cookies.delete("smartgroups.session_token");
  await refused(copy, once, "used again");

  // Where it leads afterwards is a page of ours.
  for (const next of ["https://evil.test/", "//evil.test/", "/\\evil.test", "/sign-in/with/work/done?link=1"]) {
    const one = walker(here.node);
    const { answer } = await through(here, "work", "m1", one, next);
    assert.equal(answer.location, "/", next);
  }
  // Connecting is not begun by a link, and not finished by somebody else.
  const ben = walker(here.node, "192.0.2.7", await signInAt(here.node, "ben@far.test"));
  const page = await ben.post("/account/security", { do: "link", provider: "work" });
  const url = /content="0;url=([^"]+)"/.exec(page.text)![1]!.replaceAll("&amp;", "&");
  const benBack = here.local(await agreeAt(here.work, url, "m1"));
  const stateOnly = walker(here.node);
  for (const [name, value] of ben.cookies) if (!name.includes("session")) stateOnly.cookies.set(name, value);
  await refused(stateOnly, benBack, "signed out meanwhile");
});

test("an account that has become one with another leaves what it signed in with: it can be connected anew", async (t) => {
  const here = await house(t);
  here.work.people["b1"] = { email: "ben@far.test", email_verified: true };
  await through(here, "work", "b1", walker(here.node));
  const mia = walker(here.node, "192.0.2.7", await signInAt(here.node, "mia@far.test"));
  await mia.post("/account", { do: "add", address: "ben@far.test" });
  await here.node.quiet();
  const letter = here.node.farSide.mailsFor("ben@far.test").findLast((mail) => mail.raw.includes("confirm+"))!;
  const token = /account\/address\/([a-z0-9]+)/.exec(readMail(letter.raw).text!)![1]!;
  assert.equal((await mia.post(`/account/address/${token}`, {})).status, 200);
  const again = walker(here.node);
  await through(here, "work", "b1", again);
  const person = (await directory.personWith(here.node.pool, "mia@far.test"))!;
  assert.equal((await directory.personWith(here.node.pool, "ben@far.test"))!.id, person.id);
  const [kept] = await here.node.pool`select user_id from sign_in_identities`;
  assert.equal(kept!["user_id"], person.id);
  assert.equal(await isIn(again), true);
});

test("a service that is away, or never answers, keeps nobody from the mail link, and is taken up again when it is back", async (t) => {
  const url = `http://localhost:${await freePort()}`;
  const silentOne = createServer(() => undefined);
  await new Promise<void>((resolve) => silentOne.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    silentOne.closeAllConnections();
    silentOne.close();
  });
  const given = { clientId: "groups", clientSecret: SECRET, domains: ["far.test"] };
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-oidc-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const back = await freePort();
  const named = [
    { id: "gone", label: "Gone", issuer: `http://127.0.0.1:${back}`, ...given },
    {
      id: "silent",
      label: "Silent",
      issuer: `http://127.0.0.1:${(silentOne.address() as AddressInfo).port}`,
      ...given,
    },
  ];
  const start = async (some: typeof named): Promise<TestNode> => {
    await writeFile(join(folder, "oidc.json"), JSON.stringify(some));
    return startNode(t, {
      members: ["mia@far.test"],
      roles: "intake,pipeline,outbound,web",
      environment: { SMARTGROUPS_OIDC: join(folder, "oidc.json"), SMARTGROUPS_URL: url },
    });
  };
  const both = await start(named);
  const asked = walker(both).get("/sign-in/with/silent");
  assert.equal(await isIn(walker(both, "192.0.2.7", await signInAt(both, "mia@far.test"))), true, "meanwhile");
  const answer = await asked;
  assert.equal(answer.status, 503);
  assert.match(answer.text, /Silent can&#39;t be reached at the moment/);
  await both.stop();

  const one = await start(named.slice(0, 1));
  assert.equal((await walker(one).get("/sign-in/with/gone")).status, 503);
  const work = await startProvider(t, [`${url}/sign-in/with/gone/back`], back);
  work.people["m1"] = { email: "mia@far.test", email_verified: true };
  const mia = walker(one);
  const begun = await mia.get("/sign-in/with/gone?next=/account");
  assert.equal(begun.status, 303, "it is back");
  const came = (await agreeAt(work, begun.location, "m1")).replace(url, "");
  assert.equal((await mia.get(came)).location, "/account");
});
