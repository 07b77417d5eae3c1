import assert from "node:assert/strict";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { corpus, without } from "../../test/support/corpora.ts";
import { parseDate } from "./date.ts";
import { first, messageIds, readHeader, referencesOf, splitMessage } from "./header.ts";
import { splitMbox } from "./mbox.ts";
import { baseSubject, readSubject } from "./subject.ts";
import { parentCandidates, type ThreadMessage, threadOf } from "./thread.ts";
import { decodeWords } from "./words.ts";

const START = new Date("2004-01-01T00:00:00Z").getTime();
const DAY = 86_400_000;

const message = (id: string, references: string[] = [], subject = id, day = 0): ThreadMessage => ({
  id,
  references,
  subject,
  date: new Date(START + day * DAY),
});

const parentsOf = (messages: ThreadMessage[], window?: number) =>
  Object.fromEntries(threadOf(messages, window).parents);

test("a mail hangs below its last reference, also when that comes later or never", () => {
  assert.deepEqual(parentsOf([message("c", ["a", "b"]), message("a")]), { a: undefined, b: "a", c: "b" });
  assert.deepEqual([...threadOf([message("c", ["a", "b"]), message("a")]).missing], ["b"]);
});

test("references in a circle end in a tree", () => {
  const threads = threadOf([message("a", ["b"]), message("b", ["c"]), message("c", ["a"]), message("d", ["d"])], 0);
  assert.deepEqual([...threads.parents].filter(([, parent]) => parent === undefined).length, 2);
  assert.deepEqual(threads.roots.toSorted(), ["c", "d"]);
});

test("a thread a hundred thousand mails deep is placed without recursion", () => {
  const messages = Array.from({ length: 100_000 }, (_, i) => message(`${i}`, i > 0 ? [`${i - 1}`] : []));
  assert.equal(threadOf(messages).roots.length, 1);
});

test("a subject joins only answers that name nothing, and only for a short while", () => {
  const topic = message("a", [], "Lunch", 0);
  assert.equal(parentsOf([topic, message("b", [], "Re: lunch", 2)])["b"], "a");
  assert.equal(parentsOf([topic, message("b", [], "Lunch", 2)])["b"], undefined);
  assert.equal(parentsOf([topic, message("b", [], "Re: lunch", 30)])["b"], undefined);
  assert.equal(parentsOf([topic, message("b", ["x"], "Re: lunch", 2)])["b"], "x");
  assert.equal(parentsOf([topic, message("b", [], "Re: lunch", 2), message("c", [], "AW: Re: Lunch", 8)])["c"], "a");
});

test("candidates come nearest first", () => {
  assert.deepEqual(parentCandidates(["a", "b", "a", "c"]), ["c", "a", "b"]);
});

test("the base subject is what people wrote", () => {
  const cases: [string, string, boolean][] = [
    ["Re: Fwd: [readers] Chapter  two (fwd)", "chapter two", true],
    ["AW: Antw: SV: VS: Chapter two", "chapter two", true],
    ["[readers] Re: [readers] Chapter two", "chapter two", true],
    ["Re[2]: Re(3): RE : chapter two", "chapter two", true],
    ["[Fwd: chapter two]", "chapter two", false],
    ["[readers]", "[readers]", false],
    ["Review: chapter two", "review: chapter two", false],
    ["Re:", "", true],
    ["", "", false],
  ];
  for (const [subject, base, isReply] of cases) {
    assert.equal(baseSubject(subject), base, subject);
    assert.equal(readSubject(subject).isReply, isReply, subject);
  }
  assert.equal(baseSubject("Re: ".repeat(100_000)), "re: ".repeat(0));
});

async function readThreads(path: string): Promise<ThreadMessage[]> {
  const messages: ThreadMessage[] = [];
  for await (const { raw, problem } of splitMbox(createReadStream(path))) {
    if (problem) continue;
    const fields = readHeader(splitMessage(raw).head);
    messages.push({
      id: messageIds(first(fields, "message-id") ?? "")[0] ?? `without-id-${messages.length}`,
      references: referencesOf(fields),
      subject: decodeWords(first(fields, "subject") ?? ""),
      date: parseDate(first(fields, "date") ?? "") ?? new Date(0),
    });
  }
  return messages;
}

/** The nearest ancestor that is here. */
function presentParent(threads: ReturnType<typeof threadOf>, id: string): string | null {
  let at = threads.parents.get(id);
  while (at !== undefined && threads.missing.has(at)) at = threads.parents.get(at);
  return at ?? null;
}

test("pipermail's own threads are found again", { skip: without("threading/dev") }, async () => {
  const folder = corpus("threading/dev/pipermail-twisted-web")!;
  let same = 0;
  const wrong: string[] = [];
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".mbox"))) {
    const threads = threadOf(await readThreads(`${folder}/${name}`), 0);
    const expected: { parent: Record<string, string | null> } = JSON.parse(
      readFileSync(`${folder}/${name.replace(".mbox", ".expected.json")}`, "utf8"),
    );
    for (const [id, parent] of Object.entries(expected.parent)) {
      if (presentParent(threads, id) === parent) same += 1;
      else wrong.push(`${name} ${id}: ${presentParent(threads, id)}, not ${parent}`);
    }
  }
  console.log(`pipermail threads: ${same} parents as expected, ${wrong.length} not`);
  assert.ok(wrong.length <= same / 100, wrong.join("\n"));
});

test("Mail::Thread's trees are found again", { skip: without("threading/dev") }, async () => {
  const folder = corpus("threading/dev/mail-thread")!;
  type Expected = Record<
    string,
    { rootThreads: number; subjectThreading: boolean; tree?: { depth: number; messageId?: string }[] }
  >;
  const expected: Expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
  for (const [name, { tree, subjectThreading }] of Object.entries(expected)) {
    if (subjectThreading || !tree || !readdirSync(folder).includes(name)) continue;
    const { parents } = threadOf(await readThreads(`${folder}/${name}`), 0);
    const path: string[] = [];
    for (const { depth, messageId } of tree) {
      path.length = depth;
      path.push(messageId!);
      assert.equal(parents.get(messageId!) ?? null, path[depth - 1] ?? null, `${name} ${messageId}`);
    }
  }
});

test("notmuch's cases of In-Reply-To beside References are decided as there", {
  skip: without("threading/dev"),
}, async () => {
  type Case = {
    name: string;
    messages: { id: string; subject: string; inReplyTo?: string; references?: string }[];
    parent: Record<string, string | null>;
  };
  const { cases }: { cases: Case[] } = JSON.parse(
    readFileSync(corpus("threading/dev/notmuch/header-cases.json")!, "utf8"),
  );
  for (const { name, messages, parent } of cases) {
    const threads = threadOf(
      messages.map(({ id, subject, inReplyTo, references }) => {
        const head = `References: ${references ?? ""}\nIn-Reply-To: ${inReplyTo ?? ""}\n`;
        return message(id, referencesOf(readHeader(Buffer.from(head))), subject);
      }),
      0,
    );
    for (const [id, above] of Object.entries(parent)) assert.equal(presentParent(threads, id), above, `${name}: ${id}`);
  }
  const folder = corpus("threading/dev/notmuch/parent-priority")!;
  const mails = readdirSync(folder).filter((name) => name.endsWith(".eml"));
  const threads = threadOf(
    mails.map((name) => {
      const fields = readHeader(splitMessage(readFileSync(`${folder}/${name}`)).head);
      return message(messageIds(first(fields, "message-id")!)[0]!, referencesOf(fields));
    }),
    0,
  );
  const { parent }: Case = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
  for (const [id, above] of Object.entries(parent)) assert.equal(presentParent(threads, id), above, id);
});
