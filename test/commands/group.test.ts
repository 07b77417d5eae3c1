import assert from "node:assert/strict";
import { test } from "node:test";
import { aService } from "./run.ts";

type Shown = {
  name: string;
  title: string;
  members: number;
  posts: number;
  joining: string;
  archive: string;
  tag: string;
};

test("a group is made with its settings, listed, changed and shown", async (t) => {
  const service = await aService(t);
  const words = "group add books --closed --private --owner ana@far.test --owner ben@far.test tag=bk".split(" ");
  assert.equal(await service.must([...words, "--title", "Books & more"]), "books@groups.test\n");
  const [listed] = await service.json<Shown[]>(["group", "list"]);
  assert.partialDeepStrictEqual(listed, { name: "books", title: "Books & more", members: 2, posts: 0 });
  await service.must(["group", "set", "books", "tag=", "footer=a=b", "copies=shared"]);
  const shown = await service.json<Shown>(["group", "show", "books"]);
  assert.partialDeepStrictEqual(shown, {
    ...{ joining: "closed", archive: "members", tag: "", footer: "a=b", copies: "shared" },
    owners: ["ana@far.test", "ben@far.test"],
  });
});

test("a group that can't be is refused in a line that says why, and nothing is left of it", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const expected: [string[], RegExp][] = [
    [["group", "add", "books"], /already a group called books/],
    [["group", "add", "Bad Name!"], /can't be a group's name/],
    [["group", "add", "abuse"], /has a meaning of its own/],
    [["group", "add", "other", "--open", "--closed"], /either --open or --closed/],
    [["group", "add", "other", "--owner", "nobody"], /"nobody" is not a mail address/],
    [["group", "add", "other", "color=red"], /no setting "color"/],
    [["group", "set", "books", "copies=many"], /copies can't be "many"/],
    [["group", "set", "books", "copies"], /write it as key=value/],
    [["group", "set", "nope", "tag=x"], /no group called "nope"/],
    [["group", "show", "nope"], /no group called "nope"/],
  ];
  for (const [words, sentence] of expected) assert.match(await service.refused(words), sentence);
  assert.deepEqual(
    (await service.json<Shown[]>(["group", "list"])).map((group) => group.name),
    ["books"],
  );
});
