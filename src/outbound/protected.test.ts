import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  authority,
  beforeLongAgo,
  certificateFor,
  type HostCertificate,
  longAgo,
  tlsaOf,
} from "../../test/support/authority.ts";
import { type FarSideOptions, startFarSide } from "../../test/support/far-side.ts";
import { heldClock } from "../kit/clock.ts";
import { senseOf } from "../mail/sense.ts";
import type { Protection, Session } from "../transport/transport.ts";
import { connect } from "./client.ts";
import { securityText } from "./connection.ts";

type Rule = Protection["rule"];

const root = authority("Test Root");
const good = certificateFor(["mx.far.test"], root);
const enforced: Rule = { kind: "sts", isEnforced: true };
const testing: Rule = { kind: "sts", isEnforced: false };
const daneOf = (records: ReturnType<typeof tlsaOf>[], names = ["mx.far.test", "far.test"]): Rule => ({
  kind: "dane",
  base: "mx.far.test",
  names,
  records,
});

const protectionOf = (rule: Rule): Protection => ({
  domain: "far.test",
  rule,
  policy: { type: rule.kind === "sts" ? "sts" : "tlsa", domain: "far.test", lines: [], hosts: [] },
});

/** What came of a connection under `rule`, and whether a mail would have gone out in clear. */
async function tryOut(t: TestContext, rule: Rule | undefined, far: FarSideOptions, roots = root.cert) {
  const there = await startFarSide(far);
  t.after(() => there.close());
  const sessions: Session[] = [];
  const guard = {
    clock: heldClock(new Date("2026-11-24T12:00:00Z")),
    count: (one: Session) => sessions.push(one),
    roots,
  };
  const opening = await connect(
    {
      ...{ host: "mx.far.test", address: "127.0.0.1", port: there.port },
      ...(rule && { tls: protectionOf(rule) }),
    },
    { helo: "here.test", tls: "opportunistic", guard },
  );
  if (opening.kind === "open") t.after(() => opening.connection.close());
  return {
    went: opening.kind === "open" ? securityText(opening.connection.security) || "in clear" : "not at all",
    said: opening.kind === "closed" ? opening.reply : undefined,
    results: sessions.map((one) => one.result),
    heard: there.heard,
    sessions,
  };
}

/** It must wait, with this sentence, and no command that belongs to a mail may have been said. */
function waits(came: Awaited<ReturnType<typeof tryOut>>, text: RegExp, result: string): void {
  assert.equal(came.went, "not at all");
  assert.equal(came.said?.kind, "later");
  assert.equal(came.said?.isUnproven, true, "it says nothing about how we are liked there");
  assert.equal(senseOf(came.said!), "policy");
  assert.match(came.said!.text, text);
  assert.deepEqual(came.results, [result]);
  assert.ok(!came.heard.some((line) => /^MAIL|^RCPT/.test(line)), came.heard.join(", "));
  assert.ok(came.heard.filter((line) => line.startsWith("EHLO")).length <= 1, "no second try in clear");
}

const expired = certificateFor(["mx.far.test"], root, { from: beforeLongAgo, to: longAgo });
const other = certificateFor(["mx.elsewhere.test"], root);
const nobody = authority("Nobody's Root");
const alien = certificateFor(["mx.far.test"], nobody);
const nameInSubjectAlone: HostCertificate = certificateFor([], root);

test("with a valid certificate a host under MTA-STS gets mail, and the log says what proved it", async (t) => {
  const came = await tryOut(t, enforced, { tls: good });
  assert.match(came.went, /^TLSv1\.3 \S+, MTA-STS$/);
  assert.deepEqual(came.results, ["ok"]);
});

for (const [what, tls, text, result] of [
  ["has expired", expired, /certificate of mx\.far\.test has expired/, "certificate-expired"],
  [
    "is for another host",
    other,
    /certificate of mx\.far\.test is not valid for mx\.far\.test/,
    "certificate-host-mismatch",
  ],
  ["names no host but in its subject", nameInSubjectAlone, /not valid for/, "certificate-host-mismatch"],
  ["is from an authority nobody trusts", alien, /not from an authority that is trusted/, "certificate-not-trusted"],
] as const) {
  test(`under MTA-STS mail waits when the certificate ${what}`, async (t) => {
    waits(await tryOut(t, enforced, { tls }), text, result);
  });

  test(`while MTA-STS is only tested mail goes out when the certificate ${what}, and it is counted`, async (t) => {
    const came = await tryOut(t, testing, { tls });
    assert.match(came.went, /^TLSv1\.3 [A-Z0-9_]+$/, "and nothing is claimed to be proved");
    assert.deepEqual(came.results, [result]);
  });

  test(`without a policy mail goes out when the certificate ${what}`, async (t) => {
    assert.match((await tryOut(t, undefined, { tls })).went, /^TLSv1\.3/);
  });
}

const stripped: FarSideOptions = {};
const broken: FarSideOptions = { tls: { key: "", cert: "" } };
const record = tlsaOf(good.cert, 3, 1, 1);

for (const [name, rule] of [
  ["MTA-STS", enforced],
  ["DANE", daneOf([record])],
  ["DANE that we can't use", { kind: "encrypted" }],
] as const) {
  test(`under ${name} mail waits when STARTTLS is not offered`, async (t) => {
    waits(await tryOut(t, rule, stripped), /demands TLS: the far side does not offer it|TLS/, "starttls-not-supported");
  });

  test(`under ${name} mail waits when the handshake fails`, async (t) => {
    waits(await tryOut(t, rule, broken), /demands TLS: the TLS handshake failed/, "validation-failure");
  });
}

test("without a policy, or while it is tested, mail goes out in clear when there is no TLS", async (t) => {
  for (const far of [stripped, broken]) {
    assert.equal((await tryOut(t, undefined, far)).went, "in clear");
    assert.equal((await tryOut(t, { kind: "any" }, far)).went, "in clear");
    const came = await tryOut(t, testing, far);
    assert.equal(came.went, "in clear");
    assert.deepEqual(came.results, [far === broken ? "validation-failure" : "starttls-not-supported"]);
  }
});

test("a host that the policy refuses is not even called", async (t) => {
  const came = await tryOut(t, { kind: "refused", text: "the policy does not name it" }, { tls: good });
  assert.deepEqual(
    [came.went, came.said?.kind, came.said?.text],
    ["not at all", "later", "the policy does not name it"],
  );
  assert.deepEqual(came.heard, []);
});

test("DANE-EE asks for the certificate or key in the record, and for no name, date or authority", async (t) => {
  const odd = certificateFor(["mx.elsewhere.test"], nobody, { from: beforeLongAgo, to: longAgo });
  for (const selector of [0, 1])
    for (const matching of [0, 1, 2]) {
      const came = await tryOut(t, daneOf([tlsaOf(odd.cert, 3, selector, matching)]), { tls: odd });
      assert.match(came.went, /^TLSv1\.3 \S+, DANE$/, `3 ${selector} ${matching}`);
      assert.deepEqual(came.results, ["ok"]);
    }
});

test("mail waits when the certificate does not fit the TLSA records, however valid it is", async (t) => {
  const elsewhere = tlsaOf(other.cert, 3, 1, 1);
  waits(await tryOut(t, daneOf([elsewhere]), { tls: good }), /does not fit its TLSA records/, "tlsa-invalid");
});

test("one fitting record of several is enough", async (t) => {
  const came = await tryOut(t, daneOf([tlsaOf(other.cert, 3, 1, 1), record]), { tls: good });
  assert.match(came.went, /, DANE$/);
});

const middle = authority("Test Middle", root);
const below = certificateFor(["mx.far.test"], middle, { shown: [middle, root] });

test("DANE-TA asks that signatures lead up to the authority in the record", async (t) => {
  for (const [which, selector, matching] of [
    [root, 0, 1],
    [root, 1, 2],
    [middle, 0, 2],
    [middle, 1, 1],
    [middle, 1, 0],
  ] as const) {
    const came = await tryOut(t, daneOf([tlsaOf(which.cert, 2, selector, matching)]), { tls: below }, nobody.cert);
    assert.match(came.went, /, DANE$/, `2 ${selector} ${matching} of ${which.name}: ${came.said?.text}`);
  }
});

test("an authority whose certificate or key stands in the record need not be shown", async (t) => {
  const alone = certificateFor(["mx.far.test"], middle);
  for (const selector of [0, 1]) {
    const came = await tryOut(t, daneOf([tlsaOf(middle.cert, 2, selector, 0)]), { tls: alone });
    assert.match(came.went, /, DANE$/, `2 ${selector} 0: ${came.said?.text}`);
  }
  waits(
    await tryOut(t, daneOf([tlsaOf(middle.cert, 2, 0, 1)]), { tls: alone }),
    /does not fit its TLSA records/,
    "tlsa-invalid",
  );
});

test("under DANE-TA the host's name counts, or the domain's that its MX belongs to", async (t) => {
  const anchor = tlsaOf(root.cert, 2, 0, 1);
  const named = (name: string) => certificateFor([name], root, { shown: [root] });
  const far = (name: string) => tryOut(t, daneOf([anchor]), { tls: named(name) });
  assert.match((await far("mx.far.test")).went, /, DANE$/);
  assert.match((await far("far.test")).went, /, DANE$/);
  assert.match((await far("*.far.test")).went, /, DANE$/);
  waits(await far("mx.elsewhere.test"), /not valid for mx\.far\.test or far\.test/, "certificate-host-mismatch");
  waits(await far("m*.far.test"), /not valid for/, "certificate-host-mismatch");
});

test("under DANE-TA no certificate may be outside its dates, and only an authority's may sign", async (t) => {
  const anchor = daneOf([tlsaOf(root.cert, 2, 0, 1)]);
  const old = certificateFor(["mx.far.test"], root, { from: beforeLongAgo, to: longAgo, shown: [root] });
  waits(await tryOut(t, anchor, { tls: old }), /outside its dates/, "certificate-expired");
  const oldMiddle = authority("Old Middle", root, { from: beforeLongAgo, to: longAgo });
  const belowOld = certificateFor(["mx.far.test"], oldMiddle, { shown: [oldMiddle, root] });
  waits(await tryOut(t, anchor, { tls: belowOld }), /does not fit/, "tlsa-invalid");
  const impostor = authority("Only A Host", root, { isAuthority: false });
  const belowImpostor = certificateFor(["mx.far.test"], impostor, { shown: [impostor, root] });
  waits(await tryOut(t, anchor, { tls: belowImpostor }), /does not fit/, "tlsa-invalid");
});

test("an authority's certificate shown without its signature proves nothing", async (t) => {
  const forged = authority("Test Root"); // the same name, another key
  const claimed = certificateFor(["mx.far.test"], forged, { shown: [root] });
  waits(await tryOut(t, daneOf([tlsaOf(root.cert, 2, 0, 1)]), { tls: claimed }), /does not fit/, "tlsa-invalid");
  // DANE-TA never speaks of the host's own certificate.
  waits(await tryOut(t, daneOf([tlsaOf(good.cert, 2, 1, 1)]), { tls: good }), /does not fit/, "tlsa-invalid");
});

test("what was counted names both ends", async (t) => {
  const [session] = (await tryOut(t, enforced, { tls: other })).sessions;
  assert.equal(session?.host, "mx.far.test");
  assert.equal(session?.address, "127.0.0.1");
  assert.equal(session?.source, "127.0.0.1");
  assert.equal(session?.reason, "ERR_TLS_CERT_ALTNAME_INVALID");
});
