import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE } from "../../src/kit/clock.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, write } from "../support/node.ts";

test("a mail that can't be filed stops nobody behind it, and is set aside unbounced", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"] });
  await node.pool`create function faulty(text) returns boolean language plpgsql as $$
    begin if $1 = 'poison' then raise exception 'it is poisonous'; end if; return true; end $$`;
  await node.pool`alter table posts add constraint no_poison check (faulty(subject))`;
  const sent = [];
  for (const subject of ["one", "poison", "two"]) {
    const mail = write({ from: "ana@far.test", subject, text: subject }, node.group, node.config);
    sent.push(await node.send({ from: "ana@far.test", to: ["readers@groups.test"] }, mail));
  }
  await node.quiet();
  assert.equal(node.farSide.mails.length, 4, "the neighbours of the poisonous one have reached both members");
  assert.equal((await queue.waitingMail(node.pool, sent[1]!.id!))?.state, "waiting", "it is tried again later");
  await node.pass(70 * MINUTE, MINUTE);
  const aside = await queue.waitingMail(node.pool, sent[1]!.id!);
  assert.deepEqual([aside?.state, aside?.problem], ["unreadable", "it is poisonous"]);
  assert.equal(node.farSide.mails.length, 4, "and nobody got a bounce");
});
