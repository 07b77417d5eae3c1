import assert from "node:assert/strict";
import { test } from "node:test";
import { reflow } from "./reflow.ts";

const PROSE =
  "The tram is broken until August according to the paper,\nbut there is a bus, and walking up the hill does everybody\ngood.";

test("prose that was cut at a mail's width becomes one line", () => {
  assert.equal(reflow(PROSE), PROSE.replaceAll("\n", " "));
});

test("quoted prose is joined within its depth and keeps its mark", () => {
  const quoted = PROSE.replace(/^/gm, "> ");
  assert.equal(reflow(`${quoted}\n${PROSE}`), `> ${PROSE.replaceAll("\n", " ")}\n${PROSE.replaceAll("\n", " ")}`);
});

test("code, lists, tables, verse and signatures keep their lines", () => {
  const kept = [
    "  int main(void) { return something_long_enough_to_fill(1); }\n  int main(void) { return something_long_enough_to_fill(2); }",
    "- a first point that is long enough to fill the line to its end\n- a second point that is long enough to fill the line, too",
    "name          size      colour    and more columns to fill it\nchair         large     red       and more columns to fill it",
    "Shall I compare thee\nto a summer's day",
    `-- \n${PROSE}`,
  ];
  for (const text of kept) assert.equal(reflow(text), text);
});
