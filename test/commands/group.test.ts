import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("a group's letters are listed, shown, worded from a file, and put back", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books", "language=de"]);
  const letters = ["group", "letters"];
  const shown = await service.must([...letters, "show", "books", "welcome"]);
  assert.match(shown, /^Subject: Willkommen bei \{group\}\n\nSie sind jetzt Mitglied/);
  const file = join(await mkdtemp(join(tmpdir(), "letters-")), "welcome.txt");
  await writeFile(file, shown.replace("Willkommen", "Herzlich willkommen"));
  await service.must([...letters, "set", "books", "welcome", file]);
  assert.match(await service.must([...letters, "list", "books"]), /welcome +own/);
  assert.match(await service.must([...letters, "show", "books", "welcome"]), /^Subject: Herzlich/);
  await service.must([...letters, "reset", "books", "welcome"]);
  const [welcome] = (await service.json<{ name: string; isOwn: boolean }[]>([...letters, "list", "books"])).filter(
    (one) => one.name === "welcome",
  );
  assert.equal(welcome!.isOwn, false);
  await writeFile(file, "Subject: Hello\n\nwithout the way out\n");
  for (const [words, sentence] of [
    [["set", "books", "welcome", file], /The text needs \{leave\}/],
    [["show", "books", "nothing"], /There is no letter "nothing": choose invitation, confirm-join, /],
    [["show", "books", "welcome", "--language", "xx"], /no language "xx"/],
  ] as const)
    assert.match(await service.refused([...letters, ...words]), sentence);
});

test("a group is renamed, found by its old name, closed, opened, and its removal taken back", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  assert.equal(await service.must(["group", "rename", "books", "Bookworms"]), "bookworms@groups.test\n");
  assert.partialDeepStrictEqual(await service.json(["group", "show", "books"]), { name: "bookworms", listId: "books" });
  assert.match(await service.refused(["group", "add", "books"]), /already a group called books/);
  assert.match(await service.refused(["group", "rename", "bookworms", "no good"]), /can't be a group's name/);
  assert.equal(await service.must(["group", "close", "bookworms"]), "bookworms is closed\n");
  assert.equal(await service.must(["group", "close", "bookworms"]), "bookworms: nothing to do\n");
  assert.equal(await service.must(["group", "open", "bookworms"]), "bookworms is open\n");
  assert.match(await service.must(["group", "remove", "books"]), /^bookworms is closed, and erased on 20\d\d-/);
  assert.equal(await service.must(["group", "restore", "books"]), "bookworms stays\n");
});
