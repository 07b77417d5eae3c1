/**
 * Every lie of the dialogs (test/dialogs/outbound), told to a whole node at once: each script is a far side of its own,
 * which lies until its script is over and then behaves. Afterwards everybody has the post once. Who was refused for good in
 * so many words has it never; who got it twice is among those whose text the liar had heard to the dot without
 * a clear answer to it.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/kit/clock.ts";
import { rfcTimeouts } from "../../src/outbound/timeouts.ts";
import { type FarSide, startFarSide } from "../support/far-side.ts";
import { type Dialog, readDialog } from "../support/far-side-dialog.ts";
import { startNode, type TestNode } from "../support/node.ts";

const folder = new URL("../dialogs/outbound/", import.meta.url);

/** Short, but longer than an honest far side needs on a busy machine. */
const timeouts = {
  ...rfcTimeouts,
  greeting: 3 * SECOND,
  hello: 3 * SECOND,
  handshake: 3 * SECOND,
  mail: 3 * SECOND,
  rcpt: 3 * SECOND,
  data: 3 * SECOND,
  dot: 6 * SECOND,
  transaction: 8 * SECOND,
};

type Liar = { name: string; dialog: Dialog; farSide: FarSide; domain: string; members: string[] };

async function startLiars(t: TestContext, isWanted: (dialog: Dialog) => boolean): Promise<Liar[]> {
  const liars: Liar[] = [];
  t.after(() => Promise.all(liars.map(({ farSide }) => farSide.close())));
  for (const file of readdirSync(folder)) {
    const dialog = readDialog(readFileSync(new URL(file, folder), "utf8"));
    // These need a text of megabytes.
    if (dialog.textBytes > 100_000 || !isWanted(dialog)) continue;
    const domain = `${file.slice(0, -5)}.test`;
    const farSide = await startFarSide();
    farSide.lies(dialog.connections.map((steps) => steps.map((step) => step.replaceAll("far.test", domain))));
    const names = dialog.mails.flat().map((address) => address.split("@")[0]!);
    const members = (names.length > 0 ? names : ["ana"]).map((name) => `${name}@${domain}`);
    liars.push({ name: file.slice(0, -5), dialog, farSide, domain, members });
  }
  return liars;
}

async function postToAll(node: TestNode, liars: readonly Liar[]): Promise<void> {
  const [writer] = liars[0]!.members;
  await node.post({ from: writer!, messageId: "tea@author.test", text: "At four." });
  while ((await node.pool`select from sendings`).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  for (let round = 0; round < 1000; round += 1) {
    const [left] = await node.pool<{ count: number }[]>`select count(*)::int from deliveries`;
    if (left?.count === 0) return;
    // Steps shorter than a lease: liars keep mails in hand, and a worker that looked dead would lose them.
    for (let passed = 0; passed < MINUTE; passed += 8 * SECOND) {
      node.clock.pass(8 * SECOND);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const left = await node.pool`select provider, state, attempts, problem, recipients from deliveries`;
  throw new Error(`not everything was delivered: ${JSON.stringify(left)}`);
}

type Settled = { address: string; kind: "sent" | "later" | "never"; code: number; status: string; reply: string };

const settledOf = (node: TestNode): Promise<Settled[]> => node.pool<Settled[]>`
  select m.address, s.kind, s.code, s.status, s.reply from settlements s, unnest(s.recipients) r
  join memberships m on m.id = r order by s.at, s.id`;

async function assertOnce(t: TestContext, node: TestNode, liars: readonly Liar[]): Promise<void> {
  const settled = Map.groupBy(await settledOf(node), (row) => row.address);
  let [once, twice, never] = [0, 0, 0];
  for (const { name, farSide, members, dialog } of liars)
    for (const address of members) {
      const who = `${address} of "${name}"`;
      const answers = settled.get(address) ?? [];
      const final = answers.filter(({ kind }) => kind !== "later");
      assert.equal(final.length, 1, `${who} has one final answer: ${JSON.stringify(answers)}`);
      const honest = farSide.mailsFor(address).length;
      const overheard = farSide.overheard.filter(({ to }) => to.includes(address)).length;
      assert.ok(honest <= 1 && overheard <= 1, `${who}: ${honest} and ${overheard}`);
      if (final[0]!.kind === "never") {
        const { code, status, reply } = final[0]!;
        assert.ok(code >= 500 || status === "5.3.4", `${who} was refused in so many words, not "${reply}"`);
        assert.equal(honest, 0);
        never += 1;
      } else {
        assert.ok(honest + overheard >= 1, `${who} has the post`);
        // Taken, and sent again: only when the answer to the dot was lost, or was a no.
        if (honest + overheard === 2) {
          assert.match(JSON.stringify(dialog.expectations), /lost|later/, who);
          if (dialog.expectations.some(({ words }) => words.includes("lost"))) twice += 1;
        } else once += 1;
      }
    }
  t.diagnostic(
    `${liars.length} lies: ${once} recipients have the post once, ${twice} perhaps twice, ${never} were refused`,
  );
  assert.ok(once > 2 * twice);
  const [sending] = await node.pool<{ planned: number; sent: number; given_up: number }[]>`
    select planned, sent, given_up from sendings`;
  assert.equal(sending!.sent + sending!.given_up, sending!.planned);
  assert.equal(sending!.given_up, never);
  const [bounces] = await node.pool<{ count: number }[]>`select count(*)::int from letters`;
  assert.equal(bounces?.count, 0, "nobody is told of a failure");
}

for (const copies of ["personal", "shared"])
  test(`whatever far sides lie, everybody has the post once, ${copies} copies`, { timeout: 180_000 }, async (t) => {
    const liars = await startLiars(t, ({ mails }) => copies === "personal" || mails.some((to) => to.length > 1));
    assert.ok(liars.length > 10);
    const node = await startNode(t, {
      members: liars.flatMap(({ members }) => members),
      settings: { copies },
      others: new Map(liars.map(({ domain, farSide }) => [domain, farSide])),
      timeouts,
    });
    await postToAll(node, liars);
    await assertOnce(t, node, liars);
  });
