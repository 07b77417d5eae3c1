/** The kill test, long: heavier load, every victim again and again, PostgreSQL most often. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence, startBattle, twentyMembers, type Victim } from "../support/killing.ts";
import { newService } from "../support/service.ts";

const ROUNDS = 5;
const ROUND: Victim[] = ["postgres", "worker", "postgres", "supervisor", "worker", "postgres", "everything"];

test("whatever is killed again and again under heavy load, every mail with a 250 is archived once and with every member", async (t) => {
  const service = await newService(t, { members: twentyMembers });
  await service.start();
  service.farSide.pauses(10);
  const battle = startBattle(t, service, { connections: 12, everyMs: 20 });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const victim of ROUND) {
      await battle.injector.more(100);
      await battle.strike(victim);
    }
  }
  const figures = await battle.settle();
  t.diagnostic(sentence(figures));
  assert.ok(figures.mails >= ROUNDS * ROUND.length * 100);
});

test("the death of PostgreSQL alone costs not one duplicate", async (t) => {
  const service = await newService(t, { members: twentyMembers });
  await service.start();
  service.farSide.pauses(10);
  const battle = startBattle(t, service, { connections: 12, everyMs: 20 });
  for (let round = 0; round < 8; round += 1) {
    await battle.injector.more(100);
    await battle.strike("postgres");
  }
  const figures = await battle.settle();
  t.diagnostic(sentence(figures));
  assert.equal(figures.duplicates, 0);
});
