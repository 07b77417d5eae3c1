import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Floors, the top first. A room may use the floors below it; toolboxes below that are entered by any file. */
const FLOORS = [
  ["main"],
  ["commands"],
  ["node"],
  ["config"],
  ["web"],
  ["intake", "pipeline", "outbound", "returns", "chores", "evidence", "life"],
  ["joining"],
  [
    "queue",
    "archive",
    "drafts",
    "directory",
    "notices",
    "keys",
    "mailbox",
    "health",
    "providers",
    "transport",
    "moderation",
    "privacy",
  ],
  ["mail", "db"],
  ["language"],
  ["kit"],
];
const TOOLBOXES = new Set(["mail", "db", "language", "kit"]);
/** Entered by more than their door: the commands are main's own, and a worker is started as a file. */
const OPEN = new Set(["commands", "node"]);

const root = fileURLToPath(new URL("../src/", import.meta.url));

type Import = { file: string; room: string; target: string; targetRoom: string; isTypeOnly: boolean };

const roomOf = (file: string): string => file.split("/")[0]!.replace(/\.ts$/, "");
const floorOf = (room: string): number => FLOORS.findIndex((floor) => floor.includes(room));

function sources(): { file: string; text: string }[] {
  return globSync("**/*.ts", { cwd: root })
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
}

function importsOf({ file, text }: { file: string; text: string }): Import[] {
  const found = text.matchAll(/(import|export)(\s+type)?[^;]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/g);
  return [...found].map((match) => {
    const target = relative(root, join(root, dirname(file), (match[3] ?? match[4])!));
    return { file, room: roomOf(file), target, targetRoom: roomOf(target), isTypeOnly: match[2] !== undefined };
  });
}

const all = sources();
const imports = all.flatMap(importsOf);

test("every room has a floor", () => {
  assert.deepEqual(
    [...new Set(all.map(({ file }) => roomOf(file)))].filter((room) => floorOf(room) < 0),
    [],
  );
  assert.ok(imports.length > 300, "the imports were read");
});

test("imports go down only, and no room imports its neighbour on the same floor", () => {
  // config is data for everybody above it and types for nobody below; mail may use db's types never, db mail's never.
  const wrong = imports.filter(({ room, targetRoom }) => room !== targetRoom && floorOf(targetRoom) <= floorOf(room));
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} → ${target}`),
    [],
  );
});

test("a room is entered by the file that bears its name, a toolbox by any file", () => {
  const wrong = imports.filter(({ room, target, targetRoom }) => {
    if (room === targetRoom || TOOLBOXES.has(targetRoom) || OPEN.has(targetRoom)) return false;
    return target !== `${targetRoom}.ts` && target !== `${targetRoom}/${targetRoom}.ts`;
  });
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} → ${target}`),
    [],
  );
});

test("a table belongs to one room", () => {
  const owners = new Map<string, Set<string>>();
  const migrations = globSync("db/migrations/*.sql", { cwd: root }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const tables = migrations.flatMap((text) =>
    [...text.matchAll(/create table (?:if not exists )?"?(\w+)"?/g)].map((found) => found[1]!),
  );
  for (const { file, text } of all) {
    for (const [, statement] of text.matchAll(/sql(?:<[^`]*?>)?`([^`]*)`/g)) {
      for (const [, table] of statement!.matchAll(/\b(?:from|join|into|update|delete from)\s+"?([a-z_]+)"?/g)) {
        if (!tables.includes(table!)) continue;
        owners.set(table!, (owners.get(table!) ?? new Set()).add(roomOf(file)));
      }
    }
  }
  assert.ok(owners.size >= 10, "statements were read");
  const shared = [...owners]
    .filter(([, rooms]) => rooms.size > 1)
    .map(([table, rooms]) => `${table}: ${[...rooms].join(", ")}`);
  assert.deepEqual(shared, []);
});

test("only config reads the environment, only the clock the time, only main and the node end the process", () => {
  const only = (pattern: RegExp, where: RegExp): string[] =>
    all.filter(({ file, text }) => !where.test(file) && pattern.test(withoutComments(text))).map(({ file }) => file);
  assert.deepEqual(only(/process\.env\b/, /^config\.ts$/), []);
  assert.deepEqual(only(/\bDate\.now\(|new Date\(\)|performance\.now\(/, /^kit\/clock\.ts$/), []);
  assert.deepEqual(only(/process\.exit\(/, /^(main\.ts|node\/.*|commands\/.*)$/), []);
});

test("there is no cycle of imports", () => {
  const graph = new Map<string, string[]>();
  for (const { file, target, isTypeOnly } of imports) {
    if (!isTypeOnly) graph.set(file, [...(graph.get(file) ?? []), target]);
  }
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  for (const start of graph.keys()) {
    const path: { file: string; next: number }[] = state.has(start) ? [] : [{ file: start, next: 0 }];
    while (path.length > 0) {
      const here = path.at(-1)!;
      state.set(here.file, "open");
      const target = graph.get(here.file)?.[here.next];
      here.next += 1;
      if (target === undefined) {
        state.set(here.file, "done");
        path.pop();
      } else if (state.get(target) === "open") cycles.push(`${here.file} → ${target}`);
      else if (!state.has(target)) path.push({ file: target, next: 0 });
    }
  }
  assert.deepEqual(cycles, []);
});

test("no file has grown past two subjects", () => {
  const long = all
    .map(({ file, text }) => ({ file, lines: text.split("\n").length }))
    .filter(({ lines }) => lines > 420);
  assert.deepEqual(
    long.map(({ file, lines }) => `${file}: ${lines}`),
    [],
  );
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
