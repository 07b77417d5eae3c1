/** The first run: the link that `start` prints makes the first operator, who needs no mail for it, and nobody else. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as keys from "../../src/keys/keys.ts";
import { DAY } from "../../src/kit/clock.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const start = (t: TestContext): Promise<TestNode> =>
  startNode(t, { members: ["mia@far.test"], roles: "intake,pipeline,outbound,web" });

async function setupPath(node: TestNode): Promise<string> {
  const { token } = await keys.serviceKeys(node.pool, node.domain, node.clock);
  return new URL(keys.setupLink(node.webUrl, token, node.clock.now())).pathname;
}

const post = (node: TestNode, path: string, form: Record<string, string>): Promise<Response> =>
  fetch(node.webUrl + path, {
    method: "POST",
    redirect: "manual",
    headers: { origin: node.webUrl },
    body: new URLSearchParams(form),
  });

const cookieOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");

const statusAt = async (node: TestNode, path: string, cookie: string): Promise<number> =>
  (await fetch(node.webUrl + path, { headers: { cookie }, redirect: "manual" })).status;

test("the set-up page makes an operator and their first group and signs in, without a mail; the link works once", async (t) => {
  const node = await start(t);
  const path = await setupPath(node);
  assert.match(await (await fetch(node.webUrl + path)).text(), /Set up this service<\/h1>/);
  assert.deepEqual([...(await directory.operators(node.pool))], [], "looking changes nothing");

  const form = { name: "Olga Oake", email: "Olga@far.test", group: "walkers", title: "The walkers" };
  const answer = await post(node, path, form);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/g/walkers");
  const cookie = cookieOf(answer);
  assert.deepEqual([...(await directory.operators(node.pool))], [{ name: "Olga Oake", addresses: ["Olga@far.test"] }]);
  assert.equal(await statusAt(node, "/providers", cookie), 200);
  assert.equal(await statusAt(node, "/g/walkers/members", cookie), 200, "they own the group");
  assert.equal((await fetch(`${node.webUrl}/api/v1/providers`, { headers: { cookie } })).status, 200);
  await node.quiet();
  assert.deepEqual(node.farSide.mails, []);

  assert.equal(await statusAt(node, path, ""), 404);
  const second = await post(node, path, { email: "eve@far.test" });
  assert.deepEqual([second.status, cookieOf(second)], [404, ""]);
  assert.equal((await directory.operators(node.pool)).length, 1);
  const mia = await signInAt(node, "mia@far.test");
  assert.equal(await statusAt(node, "/providers", mia), 403);
});

test("two who use the link at once: one becomes the operator", async (t) => {
  const node = await start(t);
  const path = await setupPath(node);
  const answers = await Promise.all(["a", "b", "c"].map((name) => post(node, path, { email: `${name}@far.test` })));
  assert.deepEqual(answers.map((one) => one.status).sort(), [303, 404, 404]);
  assert.equal((await directory.operators(node.pool)).length, 1);
});

test("what can't be is said beside the field, keeps what was typed, and makes nobody an operator", async (t) => {
  const node = await start(t);
  const path = await setupPath(node);
  const wrong = await post(node, path, { name: "Olga", email: "nobody", group: "walkers", title: "" });
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /value="Olga"[\s\S]*value="nobody"[\s\S]*not a mail address[\s\S]*value="walkers"/);
  const nameless = await post(node, path, { email: "olga@far.test", title: "The walkers" });
  assert.match(await nameless.text(), /needs a name for its address too[\s\S]*value="The walkers"/);
  for (const group of ["readers", "postmaster", "Ä"]) {
    const answer = await post(node, path, { email: "olga@far.test", group });
    assert.equal(answer.status, 400, group);
    assert.match(await answer.text(), /value="olga@far\.test"[\s\S]*id="field-group-problem"/);
  }
  assert.deepEqual([...(await directory.operators(node.pool))], []);
  assert.equal(await directory.personWith(node.pool, "olga@far.test"), undefined, "nothing is half made");
});

test("a set-up link is good for a day, and no other pass of ours is one", async (t) => {
  const node = await start(t);
  const path = await setupPath(node);
  const { token } = await keys.serviceKeys(node.pool, node.domain, node.clock);
  for (const kind of ["link", "cookie"] as const) {
    const pass = keys.operatorPass(token, kind, node.clock.now());
    assert.equal(await statusAt(node, `/setup/${pass}`, ""), 404, kind);
    assert.equal((await post(node, `/setup/${pass}`, { email: "eve@far.test" })).status, 404, kind);
  }
  const setup = path.slice("/setup/".length);
  assert.equal((await post(node, `/operator/${setup}`, {})).status, 400, "nor is it a way to the providers");
  node.clock.pass(DAY);
  assert.equal(await statusAt(node, path, ""), 404);
  assert.equal((await post(node, path, { email: "eve@far.test" })).status, 404);
  assert.deepEqual([...(await directory.operators(node.pool))], []);
});

test("being an operator can be taken back, and holds from the next page on", async (t) => {
  const node = await start(t);
  const cookie = await signInAt(node, "mia@far.test");
  const { id } = (await directory.personWith(node.pool, "mia@far.test"))!;
  assert.equal(await directory.setOperator(node.pool, id, true), true);
  assert.equal(await statusAt(node, "/providers", cookie), 200);
  assert.equal(await directory.setOperator(node.pool, id, false), true);
  assert.equal(await directory.setOperator(node.pool, id, false), false);
  assert.equal(await statusAt(node, "/providers", cookie), 403);
});
