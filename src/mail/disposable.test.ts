import assert from "node:assert/strict";
import { test } from "node:test";
import { isDisposable } from "./disposable.ts";

test("a throwaway domain is known with its subdomains, and ordinary ones are not", async () => {
  assert.equal(await isDisposable("a@mailinator.com"), true);
  assert.equal(await isDisposable("a@Box.MAILINATOR.com"), true);
  assert.equal(await isDisposable("a@example.org"), false);
  assert.equal(await isDisposable("mailinator.com@example.org"), false);
});

test("the operator's own list comes first", async () => {
  assert.equal(await isDisposable("a@mailinator.com", ["!mailinator.com"]), false);
  assert.equal(await isDisposable("a@x.junk.example", ["junk.example"]), true);
  assert.equal(await isDisposable("a@good.junk.example", ["junk.example", "!good.junk.example"]), false);
});
