import assert from "node:assert/strict";
import { test } from "node:test";
import { askedOf, dayIn } from "./ask.ts";

const TODAY = "2026-11-24";

test("a word is understood in the subject, on the first line, and in any of our languages", () => {
  for (const [subject, text, verb, day] of [
    ["digest", "", "digest"],
    ["Re: Your mail from Readers", "Digest, please.\n\n> Address: ana@far.test\n", "digest"],
    ["", "\n> quoted\nsettings\n", "settings"],
    ["", "-- \n", "help"],
    ["My groups", "", "groups"],
    ["Réglages", "", "settings"],
    ["bitte Sammelmail", "", "digest"],
    ["Pause bis 24.12.2026", "", "pause", "2026-12-24"],
    ["pause", "until 24 December", "pause", "2026-12-24"],
    ["pause until January 7th", "", "pause", "2027-01-07"],
    ["Aw: pause jusqu'au 3 février 2027", "", "pause", "2027-02-03"],
    ["Hilfe!", "", "help"],
  ] as const)
    assert.partialDeepStrictEqual(askedOf("help", subject, text, TODAY), { verb, day }, `${subject} | ${text}`);
});

test("a sentence in which a word merely stands does nothing, and comes back as what was not understood", () => {
  for (const subject of [
    "Leave request for Monday",
    "Pause button is broken",
    "The digest of June",
    "Each and every",
  ]) {
    assert.deepEqual(askedOf("help", subject, "", TODAY), { verb: "help", day: undefined, unknown: subject });
  }
});

test("to an address that says what to do, the subject may say anything, and a day is still read", () => {
  assert.equal(askedOf("digest", "Chapter two", "Hello", TODAY).verb, "digest");
  assert.deepEqual(askedOf("pause", "", "back on 2027-01-02", TODAY), { verb: "pause", day: "2027-01-02" });
});

test("days are read as people write them, and nonsense is none", () => {
  for (const [line, day] of [
    ["2026-12-24", "2026-12-24"],
    ["24.12.", "2026-12-24"],
    ["1/2/2027", "2027-02-01"],
    ["3 March", "2027-03-03"],
    ["24. Dezember", "2026-12-24"],
    ["1er août 2027", "2027-08-01"],
    ["99.99.2026", undefined],
    ["at 10", undefined],
    ["5 apples", undefined],
    ["x".repeat(100_000), undefined],
  ] as const)
    assert.equal(dayIn(line, TODAY), day, line.slice(0, 40));
});
