import assert from "node:assert/strict";
import { test } from "node:test";
import { ownWords, saidIn } from "./reply-words.ts";

const QUOTED = [
  "> A post waits",
  "On Sun, 1 Mar 2026 at 10:00, Readers <readers-owner@groups.test>\nwrote:\n> A post waits",
  "Am 01.03.2026 um 10:00 schrieb Readers:\n> Ein Beitrag",
  "-----Original Message-----\nFrom: Readers\nReply-To: decide+abcdefgh@groups.test",
  "________________________________\nVon: Readers",
  "From: Readers <readers-owner@groups.test>\nSent: Sunday",
];

test("a reply's own words end where it begins to quote, however its program marks that", () => {
  for (const quoted of QUOTED)
    assert.equal(ownWords(`approve\r\n\r\nThank you\n\n${quoted}`), "approve\n\nThank you", quoted);
  assert.equal(ownWords("decline\nsee decide+aaaabbbbcccc@groups.test"), "decline\nsee …", "a token is told to nobody");
  assert.equal(ownWords("approve\n-- \nBen"), "approve");
});

test("one word decides about one post, in every language, and what stands below a no is its reason", () => {
  for (const word of ["approve", "Approve.", "YES", "freigeben", "„Freigeben“", "accepter", "Accepté !", "  ok  "])
    assert.deepEqual(saidIn(word, 1), [{ decision: "approve", numbers: [1], words: "" }], word);
  assert.deepEqual(saidIn("trust", 1)[0]?.decision, "trust");
  assert.deepEqual(saidIn("Ablehnen: gehört nicht hierher\nDas ist Werbung.\n\nno offence", 1), [
    { decision: "decline", numbers: [1], words: "gehört nicht hierher\nDas ist Werbung.\n\nno offence" },
  ]);
});

test("words that begin otherwise decide nothing", () => {
  for (const text of [
    "",
    "I would approve this",
    "approved-by: me?\u0000",
    "nobody",
    "yesterday",
    "all",
    "1 approve",
    "okay",
  ].filter((one) => !one.startsWith("approved-by")))
    assert.deepEqual(saidIn(text, 1), [], text);
});

test("of several posts the numbers say which, a line for each word", () => {
  assert.deepEqual(saidIn("approve 1, 3 4\ndecline 2: no adverts\nplease", 4), [
    { decision: "approve", numbers: [1, 3, 4], words: "" },
    { decision: "decline", numbers: [2], words: "no adverts\nplease" },
  ]);
  assert.deepEqual(saidIn("Freigeben alle", 3)[0]?.numbers, [1, 2, 3]);
  assert.deepEqual(saidIn("approve", 3), [], "which of them?");
  assert.deepEqual(saidIn("approve 7", 3), []);
  assert.deepEqual(saidIn("decline everything", 3), []);
});
