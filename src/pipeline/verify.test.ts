import assert from "node:assert/strict";
import { test } from "node:test";
import type { DNSResolver } from "mailauth";
import { summarise } from "../mail/summary.ts";
import { patientResolver } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { Opened } from "./recognise.ts";
import { NO_FACTS } from "./verdict.ts";
import { type Auth, verify } from "./verify.ts";

const absent = (): Error => Object.assign(new Error("not there"), { code: "ENOTFOUND" });

/** DNS in which strict.example asks that forgeries be refused. */
const resolver: DNSResolver = async (name, type) => {
  if (name === "_dmarc.strict.example" && type === "TXT") return [["v=DMARC1; p=reject"]];
  throw absent();
};

function opened(lines: string[], body = "Good day"): Opened {
  const raw = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}\r\n`);
  const client = { address: "192.0.2.1", helo: "mx.elsewhere.example", protocol: "ESMTP" };
  const at = new Date("2026-11-01T10:00:00Z");
  const mail = { id: "", receivedAt: at, sender: "x@elsewhere.example", recipients: [], client, size: raw.length };
  const rest = { raw, chunked: false, attempts: 1, approvedBy: null, approvedFor: null, waitedFor: null };
  return { mail: { ...mail, ...rest }, raw, summary: summarise(raw, at) };
}

const verified = (mail: Opened): Promise<Auth> => verify(mail, { authservId: "groups.example", resolver });

/** A group that has chosen nothing. */
const PLAIN_GROUP = {
  name: "readers",
  closedAt: null,
  eraseAt: null,
  sizeMax: 0,
  attachments: "sent",
  refusedFiles: "",
  namedMax: 0,
  emergency: "off",
  posting: "members",
  moderate: "nobody",
  slow: 0,
};

/** What becomes of it in a group that the author is a member of. */
function verdictOn(mail: Opened, auth: Auth): string {
  const errand = { kind: "post", recipient: "readers@groups.example", group: PLAIN_GROUP } as never;
  return judge({
    opened: mail,
    auth,
    errand,
    domain: "groups.example",
    membership: {} as never,
    back: undefined,
    facts: NO_FACTS,
  }).kind;
}

const SIGNATURE =
  "DKIM-Signature: v=1; a=rsa-sha256; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA; d=";

test("a forged member's mail is held, whatever is done to keep us from a verdict", async (t) => {
  const tricks: Record<string, string[]> = {
    "nothing else": ["From: ana@strict.example"],
    "a second From field": ["From: ana@strict.example", "From: x@elsewhere.example"],
    "a second author": ["From: ana@strict.example, x@elsewhere.example"],
    "thousands of signatures": [
      ...Array.from({ length: 3000 }, (_, i) => `${SIGNATURE}d${i}.example`),
      "From: ana@strict.example",
    ],
    "a header without end": [`References:${"\r\n <a@b>".repeat(50_000)}`, "From: ana@strict.example"],
  };
  for (const [name, lines] of Object.entries(tricks)) {
    await t.test(name, async () => {
      const mail = opened(lines);
      assert.equal(mail.summary.authorAddress, "ana@strict.example");
      const auth = await verified(mail);
      assert.equal(auth.isVerified, false);
      assert.equal(verdictOn(mail, auth), "hold");
      assert.ok(auth.dkim.length <= 10, `${auth.dkim.length} signatures were evaluated`);
    });
  }
});

test("name servers of the sender's choosing use up no time that the author's own policy needs", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ask = patientResolver(
    (name) => (name.endsWith("evil.example") ? new Promise(() => {}) : resolver(name, "TXT")),
    "strict.example",
  );
  const lookups = [ask("s._domainkey.evil.example", "TXT"), ask("_dmarc.evil.example", "TXT")];
  t.mock.timers.tick(10_000);
  for (const lookup of lookups) await assert.rejects(lookup, { code: "ETIMEOUT" });
  assert.deepEqual(await ask("_dmarc.strict.example", "TXT"), [["v=DMARC1; p=reject"]]);
});

test("a chain sealed by anybody does not excuse a forgery", () => {
  const mail = opened(["From: ana@strict.example"]);
  const auth: Auth = {
    spf: "none",
    dkim: [],
    dmarc: { result: "fail", policy: "reject" },
    arc: "pass",
    results: "",
    isVerified: false,
  };
  assert.equal(verdictOn(mail, auth), "hold");
});

test("a member whose domain has no policy posts, also under an international name", async () => {
  for (const from of ["ana@plain.example", "ana@bücher.example"]) {
    const mail = opened([`From: Ana <${from}>`]);
    const auth = await verified(mail);
    assert.equal(auth.dmarc.result, "none");
    assert.equal(verdictOn(mail, auth), "post");
  }
});
