/** A member's health, from the mail that comes back to the mail that goes out again, by real SMTP and a clock that moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as health from "../../src/health/health.ts";
import { DAY } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode } from "../support/node.ts";

const GONE = "550 5.1.1 No such user here";

const textOf = (mail: FarSideMail | undefined): string => (mail ? (readMail(mail.raw).text ?? "") : "");
const subjectOf = (mail: FarSideMail): string => readMail(mail.raw).subject ?? "";
const about = (node: TestNode, to: string, subject: RegExp): FarSideMail[] =>
  node.farSide.mailsFor(to).filter((mail) => subject.test(subjectOf(mail)));

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`waited ten seconds for this: ${what}`);
}

const memberOf = async (node: TestNode, address: string): Promise<directory.Membership> =>
  (await directory.membershipOf(node.pool, node.group.id, address))!;

/** Another address that is shown to be the same person's. */
async function alsoHas(node: TestNode, address: string, other: string): Promise<void> {
  const { personId } = await memberOf(node, address);
  await node.pool`
    insert into addresses (address_key, address, person_id, verified_at)
    values (${other}, ${other}, ${personId}, ${node.clock.now()})`;
}

const history = async (node: TestNode, address: string): Promise<string[]> => {
  const { id } = await memberOf(node, address);
  return (await directory.eventsOf(node.pool, node.group.id, id, 100)).map((one) => one.what).reverse();
};

const scoreOf = async (node: TestNode, address: string): Promise<number> => {
  const { id } = await memberOf(node, address);
  const troubles = await health.troublesOf(node.pool, node.group.id, id, 100);
  return health.scoreOf(health.counting(troubles), node.clock.now());
};

test("an address that is no more is asked about, paused when the letter comes back too, and told elsewhere", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"] });
  await alsoHas(node, "ana@far.test", "ana@home.test");
  node.farSide.answers("ana@far.test", GONE);
  for (let day = 1; day <= 5; day += 1) {
    await node.post({ from: "ben@far.test", subject: `Chapter ${day}` });
    await node.quiet();
    if (day <= 2) {
      await until("the day is noted", async () => (await scoreOf(node, "ana@far.test")) > day);
      assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null, "not after two days");
    }
    await node.pass(DAY);
  }
  await until("the member is paused", async () => (await memberOf(node, "ana@far.test")).pausedAt !== null);
  await node.quiet();
  assert.deepEqual(await history(node, "ana@far.test"), ["joined", "asked whether mail arrives", "paused"]);
  const [told, ...more] = about(node, "ana@home.test", /was stopped/);
  assert.deepEqual(more, [], "told once");
  assert.match(textOf(told), /> 550 5\.1\.1 No such user here/);
});
