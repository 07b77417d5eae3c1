/** The kill test, short: under load everything is killed once, and nothing that was promised is missing afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence, startBattle, twentyMembers } from "../support/killing.ts";
import { newService } from "../support/service.ts";

test("whatever is killed under load, every mail with a 250 is archived once and with every member", async (t) => {
  const service = await newService(t, { members: twentyMembers });
  await service.start();
  service.farSide.pauses(5);
  const battle = startBattle(t, service, { connections: 6, everyMs: 100 });
  await battle.injector.more(60);
  for (const victim of ["worker", "supervisor", "postgres", "everything"] as const) {
    await battle.strike(victim);
    await battle.injector.more(60);
  }
  const figures = await battle.settle();
  t.diagnostic(sentence(figures));
  assert.ok(figures.mails >= 300);
});
