import assert from "node:assert/strict";
import { test } from "node:test";
import { aService } from "./run.ts";

type Shown = { id: string; action: string; field: string; how: string; pattern: string; why: string };

test("a group's own rules are added, listed, moved, tried and removed by command, and what can't be is refused", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const added = await service.must([
    "rule",
    "add",
    "books",
    "action=decline",
    "field=Subject",
    "words=win now",
    "why=No.",
  ]);
  assert.equal(added, 'books: decline field=subject words="win now"\n');
  await service.must(["rule", "add", "books", "regex=^bot-\\d+$", "field=x-mailer"]);
  const listed = async (): Promise<string[]> =>
    (await service.json<Shown[]>(["rule", "list", "books"])).map((one) => `${one.action} ${one.field} ${one.pattern}`);
  assert.deepEqual(await listed(), ["decline subject win now", "hold x-mailer ^bot-\\d+$"]);
  await service.must(["rule", "move", "books", "2", "earlier"]);
  assert.deepEqual(await listed(), ["hold x-mailer ^bot-\\d+$", "decline subject win now"]);
  assert.match(await service.must(["rule", "try", "books", "words=win"]), /It fits none of the last 0 posts/);
  assert.match(await service.must(["rule", "remove", "books", "1"]), /removed hold field=x-mailer/);
  assert.deepEqual(await listed(), ["decline subject win now"]);
  const wrong: [string[], RegExp][] = [
    [["rule", "add", "books", "regex=(a)\\1"], /no regular expression that can be used here/],
    [["rule", "move", "books", "1", "earlier"], /stands first already/],
    [["rule", "remove", "books", "7"], /no rule 7/],
  ];
  for (const [words, sentence] of wrong) assert.match(await service.refused(words), sentence);
  await service.must(["group", "set", "books", "emergency=on"]);
  const [began] = await service.pool<{ by: string }[]>`select began_by as by from emergencies where ended_at is null`;
  assert.equal(began?.by, "an operator");
});
