import assert from "node:assert/strict";
import { test } from "node:test";
import { type Defect, dotReader } from "./dots.ts";

/** Reads `text` in chunks that end at `cuts`; what was kept, what was left over, what was wrong. */
function read(text: string, cuts: number[] = [], lineLimit = 1000): { kept: string; left: string; defect?: Defect } {
  const reader = dotReader(lineLimit);
  const bytes = Buffer.from(text, "latin1");
  const edges = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
  let kept = "";
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const used = reader.feed(bytes.subarray(edges[i], edges[i + 1]), (piece) => {
      kept += piece.toString("latin1");
    });
    if (reader.ended) {
      assert.equal(reader.taken, edges[i]! + used);
      const left = text.slice(edges[i]! + used);
      return reader.defect ? { kept, left, defect: reader.defect } : { kept, left };
    }
  }
  return reader.defect ? { kept, left: "no end", defect: reader.defect } : { kept, left: "no end" };
}

test("a message ends at CR LF dot CR LF and nowhere else", () => {
  assert.deepEqual(read("a\r\n.\r\nQUIT\r\n"), { kept: "a\r\n", left: "QUIT\r\n" });
  assert.deepEqual(read(".\r\nQUIT\r\n"), { kept: "", left: "QUIT\r\n" });
  for (const end of [
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\r\n.\rx\r\n",
    "\r\n\0.\r\n",
    "\r\n.x\r\n",
  ]) {
    assert.equal(read(`a${end}`).left, "no end", JSON.stringify(end));
    const true_end = read(`a${end}x\r\n.\r\nQUIT\r\n`);
    assert.equal(true_end.left, "QUIT\r\n", JSON.stringify(end));
    if (!end.includes(".x")) assert.ok(true_end.defect, `${JSON.stringify(end)} spoils the message`);
  }
});

test("an added dot is taken away, others stay", () => {
  assert.equal(read("..a\r\n..\r\n...\r\na..\r\n.b\r\n.\r\n").kept, ".a\r\n.\r\n..\r\na..\r\nb\r\n");
});

test("a line is too long by its own length, not by where chunks end", () => {
  const line = "x".repeat(998);
  assert.equal(read(`${line}\r\n${line}\r\n.\r\n`, [500, 1500], 1000).defect, undefined);
  assert.equal(read(`${line}xxx\r\n.\r\n`, [500], 1000).defect, "long-line");
  assert.equal(read("x".repeat(1001), [1, 2, 3], 1000).defect, "long-line");
});

test("however the bytes are cut into chunks, the same is read", () => {
  const alphabet = ["\r\n", "\r\n", ".", "..", "a", "\r", "\n", "\0", "\r\n.", "text"];
  let seed = 1;
  const next = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 3000; round += 1) {
    const text = `${Array.from({ length: 3 + next(12) }, () => alphabet[next(alphabet.length)]).join("")}\r\n.\r\nrest`;
    const whole = read(text);
    const cuts = Array.from({ length: 1 + next(6) }, () => next(text.length));
    assert.deepEqual(read(text, cuts), whole, JSON.stringify({ text, cuts }));
    const single = Array.from({ length: text.length }, (_, i) => i);
    assert.deepEqual(read(text, single), whole, JSON.stringify({ text }));
  }
});

test("where nothing is wrong, an independent reading agrees", () => {
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 500; round += 1) {
    const lines = Array.from({ length: next(20) }, () => "..ab c".slice(next(6)).repeat(next(3)));
    const stuffed = lines.map((line) => `${line.startsWith(".") ? "." : ""}${line}\r\n`).join("");
    assert.deepEqual(read(`${stuffed}.\r\nNOOP\r\n`), {
      kept: lines.map((line) => `${line}\r\n`).join(""),
      left: "NOOP\r\n",
    });
  }
});
