import assert from "node:assert/strict";
import { test } from "node:test";
import { csvCell } from "./delivery-csv.ts";

test("a cell is quoted where it must be, and no stranger's words are a formula", () => {
  assert.equal(csvCell("ana@far.test"), "ana@far.test");
  assert.equal(csvCell('He said "no", twice'), '"He said ""no"", twice"');
  assert.equal(csvCell("two\r\nlines"), '"two\r\nlines"');
  for (const formula of ['=HYPERLINK("http://evil.test")', "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"])
    assert.match(csvCell(formula), /^"'/, formula);
});
