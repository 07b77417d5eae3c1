/** Odd conversations, each in a file of test/dialogs named after its oddity, and those of chasquid when they are here. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { IntakeOptions } from "../src/intake/intake.ts";
import { MINUTE, SECOND } from "../src/kit/clock.ts";
import { corpus, without } from "./support/corpora.ts";
import { type House, startHouse, trouble } from "./support/intake-house.ts";
import { bytesOf, play, readScript } from "./support/smtp-script.ts";

const folder = new URL("dialogs/", import.meta.url);
const ours = readdirSync(folder).filter((name) => name.endsWith(".smtp"));

test("there are dialogs to play", () => assert.ok(ours.length >= 30, `${ours.length} found`));

for (const name of ours) {
  test(name.replace(".smtp", "").replaceAll("-", " "), () =>
    playWithHouse(readFileSync(new URL(name, folder), "utf8")),
  );
}

/** Settings come first in a script; the house opens at the first connection. */
async function playWithHouse(text: string): Promise<void> {
  const settings: Partial<IntakeOptions> = {};
  let house: House | undefined;
  let isCounted = false;
  try {
    await play(readScript(text), {
      port: async () => {
        house ??= await startHouse(settings);
        return house.port;
      },
      house: async (what, rest) => {
        if (!house) return set(settings, what, rest);
        if (what === "kept") isCounted = true;
        await check(house, what, rest);
      },
    });
    assert.ok(isCounted, "a dialog must say how many mails were kept");
  } finally {
    await house?.intake.stop(0);
  }
}

function set(settings: Partial<IntakeOptions>, what: string, rest: string): void {
  if (what === "limit") settings.sizeLimitBytes = Number(rest);
  else if (what === "behind-balancer") settings.proxyProtocol = true;
  else if (what === "connections") settings.maxConnections = Number(rest);
  else if (what === "connections-per-address") settings.maxConnectionsPerAddress = Number(rest);
  else assert.fail(`there is no setting "${what}"`);
}

async function check(house: House, what: string, rest: string): Promise<void> {
  const last = house.kept.at(-1);
  switch (what) {
    case "kept":
      return assert.equal(house.kept.length, Number(rest));
    case "holds":
      return assert.ok(last?.text.includes(bytesOf(rest).toString("latin1")), `it is ${JSON.stringify(last?.text)}`);
    case "lacks":
      return assert.ok(last && !last.text.includes(bytesOf(rest).toString("latin1")), JSON.stringify(last?.text));
    case "size":
      return assert.equal(last?.size, Number(rest));
    case "chunked":
      return assert.equal(last?.chunked, true);
    case "sender":
      return assert.equal(last?.envelope.sender, rest);
    case "recipients":
      return assert.deepEqual(last?.envelope.recipients, rest.split(" "));
    case "recipient-count":
      return assert.equal(last?.envelope.recipients.length, Number(rest));
    case "protocol":
      return assert.equal(last?.envelope.client.protocol, rest);
    case "address":
      return assert.equal(last?.envelope.client.address, rest);
    case "database":
      house.trouble = rest === "away" ? trouble("ECONNREFUSED") : undefined;
      return;
    case "disk":
      house.trouble = rest === "full" ? trouble("53100") : undefined;
      return;
    case "minutes":
      return house.clock.pass(Number(rest) * MINUTE);
    case "seconds":
      return house.clock.pass(Number(rest) * SECOND);
    default:
      assert.fail(`the house does not know "${what}"`);
  }
}

const chasquid = corpus("smtp-dialogs/chasquid");
/** What chasquid offers and we do not (sign-in), and one mail that we keep: a header line without a colon is the pipeline's affair. */
const others = new Set(["auth_multi_dialog", "auth_not_tls", "auth_too_many_failures", "bad_data"]);
const theirs = chasquid
  ? readdirSync(chasquid).filter((name) => name.endsWith(".cmy") && !others.has(name.replace(".cmy", "")))
  : [];

test("chasquid's dialogs are here", { skip: without("smtp-dialogs") }, () => assert.ok(theirs.length >= 12));

for (const name of theirs) {
  test(`chasquid's ${name} ends as with chasquid, by class of reply`, async (t) => {
    const house = await startHouse({
      domain: "testserver",
      doors: { accepts: async () => "yes", put: async () => undefined, putPiece: async () => undefined },
    });
    t.after(() => house.intake.stop(0));
    const script = readScript(readFileSync(`${chasquid}/${name}`, "utf8"));
    await play(script, {
      port: async () => house.port,
      house: async (what) => assert.fail(`chasquid has no "${what}"`),
      compare: (_what, expected, reply) => {
        // "xn---" is no name in punycode, but harmless in an address we only hand on.
        if (!expected.includes("IDNA")) assert.equal(reply.at(-1)?.[0], expected[0], `it was ${reply.join("|")}`);
      },
    });
  });
}
