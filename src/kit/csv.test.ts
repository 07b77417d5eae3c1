import assert from "node:assert/strict";
import { test } from "node:test";
import { cellText, csvCell } from "./csv.ts";

test("a cell is quoted where it must be, and no stranger's words are a formula", () => {
  assert.equal(csvCell("ana@far.test"), "ana@far.test");
  assert.equal(csvCell('He said "no", twice'), '"He said ""no"", twice"');
  assert.equal(csvCell("two\r\nlines"), '"two\r\nlines"');
  for (const formula of ['=HYPERLINK("http://evil.test")', "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
    assert.match(csvCell(formula), /^"'/, formula);
});

test("what a terminal would obey is not in a cell, and a cell of ours is read as it was meant", () => {
  assert.equal(csvCell("a\u001b[2J\u009b31mb\u202egpj.exe"), '"a [2J 31mb gpj.exe"');
  for (const text of ["=1", "it's", "'", "-x@far.test", "plain"])
    assert.equal(cellText(csvCell(text).replace(/^"|"$/g, "")), text);
});
