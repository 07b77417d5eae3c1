import assert from "node:assert/strict";
import { test } from "node:test";
import type { Envelope } from "./doors.ts";
import { receivedField } from "./received.ts";

const ID = "00eb6439-6e80-730d-ae20-53b02af97459";

function field(recipients: string[], client: Partial<Envelope["client"]>): string {
  const envelope: Envelope = {
    sender: "ana@far.test",
    recipients,
    client: { address: "192.0.2.1", helo: "far.test", protocol: "ESMTP", ...client },
  };
  return receivedField({ id: ID, envelope, hostname: "mx.house.test", time: new Date("2002-01-14T09:00:00Z") });
}

test("the field says who, where, how, under which id, for whom and when", () => {
  assert.equal(
    field(["readers@house.test"], { protocol: "ESMTPS", tls: "TLSv1.3 TLS_AES_256_GCM_SHA384", name: "mail.far.test" }),
    `Received: from far.test (mail.far.test [192.0.2.1])\r
\tby mx.house.test (Smartgroups) with ESMTPS\r
\tid ${ID}\r
\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r
\tfor <readers@house.test>;\r
\tMon, 14 Jan 2002 09:00:00 +0000\r
`,
  );
});

test("several recipients stay unnamed, and IPv6 is written as a literal", () => {
  const text = field(["readers@house.test", "writers@house.test"], { address: "2001:db8::7" });
  assert.ok(text.includes("([IPv6:2001:db8::7])"));
  assert.ok(!text.includes("house.test>"));
});

test("nothing a client calls itself can write a field of its own", () => {
  const text = field(["readers@house.test"], { helo: "x\r\nBcc: all@house.test (", name: "y)\r\nFrom: z" });
  assert.equal(text.match(/\r\n(?!\t|$)/), null);
  assert.ok(text.startsWith("Received: from x??Bcc: all?house.test ? (y???From: z [192.0.2.1])\r\n"));
});
