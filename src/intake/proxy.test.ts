import assert from "node:assert/strict";
import { test } from "node:test";
import { readProxyHeader } from "./proxy.ts";

const v1 = (text: string): unknown => readProxyHeader(Buffer.from(text, "latin1"));
const block = (versionAndCommand: number, family: number, rest: number[]): Buffer =>
  Buffer.concat([
    Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
    Buffer.from([versionAndCommand, family, rest.length >> 8, rest.length & 0xff, ...rest]),
  ]);

test("version 1 names the client, or nobody", () => {
  assert.deepEqual(v1("PROXY TCP4 192.0.2.1 198.51.100.1 1 25\r\nEHLO"), {
    ...{ kind: "header", address: "192.0.2.1", length: 40 },
  });
  assert.deepEqual(v1("PROXY TCP6 2001:db8::1 2001:db8::2 1 25\r\n"), {
    ...{ kind: "header", address: "2001:db8::1", length: 41 },
  });
  assert.deepEqual(v1("PROXY UNKNOWN anything at all\r\n"), { kind: "header", address: undefined, length: 31 });
});

test("version 2 names the client, or the balancer itself", () => {
  const four = block(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 1, 0, 1, 0, 25]);
  assert.deepEqual(readProxyHeader(four), { kind: "header", address: "192.0.2.1", length: 28 });
  const six = block(0x21, 0x21, [0x20, 1, 0x0d, 0xb8, ...Array<number>(32).fill(0)]);
  assert.deepEqual(readProxyHeader(six), { kind: "header", address: "2001:db8::", length: 52 });
  assert.deepEqual(readProxyHeader(block(0x20, 0, [])), { kind: "header", address: undefined, length: 16 });
  const withExtras = block(0x21, 0x11, [192, 0, 2, 9, 198, 51, 100, 1, 0, 1, 0, 25, 4, 0, 1, 0]);
  assert.deepEqual(readProxyHeader(withExtras), { kind: "header", address: "192.0.2.9", length: 32 });
});

test("what is torn is waited for, byte by byte", () => {
  const line = Buffer.from("PROXY TCP4 192.0.2.1 198.51.100.1 1 25\r\n");
  const binary = block(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 1, 0, 1, 0, 25]);
  for (const whole of [line, binary]) {
    for (let length = 1; length < whole.length; length += 1) {
      assert.deepEqual(readProxyHeader(whole.subarray(0, length)), { kind: "more" }, `${length} bytes`);
    }
  }
});

test("anything else is wrong, however long it goes on", () => {
  const wrong = { kind: "wrong" };
  for (const text of [
    "EHLO far.test\r\n",
    "PROXY TCP4 999.0.2.1 198.51.100.1 1 25\r\n",
    "PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n",
    "PROXY TCP4\r\n",
    "PROXY TCP5 192.0.2.1 198.51.100.1 1 25\r\n",
    `PROXY TCP4 ${"1".repeat(200)}`,
  ]) {
    assert.deepEqual(v1(text), wrong, text);
  }
  assert.deepEqual(readProxyHeader(block(0x11, 0x11, [1, 2, 3])), wrong);
  assert.deepEqual(readProxyHeader(block(0x21, 0x11, Array<number>(2000).fill(1))), wrong);
});
