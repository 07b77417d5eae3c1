import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { playDialog, readDialog } from "../../test/support/far-side-dialog.ts";
import { connect, type Opening } from "./client.ts";
import type { SendResult } from "./connection.ts";
import type { Reply } from "./reply.ts";
import { rfcTimeouts } from "./timeouts.ts";

const folder = new URL("../../test/dialogs/outbound/", import.meta.url);

function textOf(bytes: number): Buffer {
  const beginning = "Subject: Tea\r\n\r\nAt four.\r\n";
  return Buffer.from(beginning + "Bring cake, and a chair to sit on.\r\n".repeat(Math.ceil(bytes / 36)));
}

const described = (reply: Reply): string =>
  [reply.kind, reply.lostReply ? "lost" : "", reply.code, reply.status || "-", reply.text]
    .filter((x) => x !== "")
    .join(" ");

function assertExpected(who: string, words: string[], opening: Opening, results: SendResult[]): void {
  const said = words.join(" ");
  if (who === "closed") {
    assert.ok(opening.kind === "closed", "the connection came about");
    assert.ok(described(opening.reply).startsWith(said), `closed: ${described(opening.reply)}, not ${said}`);
    return;
  }
  assert.ok(opening.kind === "open", `not opened: ${opening.kind === "closed" && described(opening.reply)}`);
  if (who === "open") assert.equal(opening.connection.broken, undefined);
  else if (who === "broken") assert.notEqual(opening.connection.broken, undefined);
  else if (who === "clear" || who === "tls") assert.equal(opening.connection.security.kind, who);
  else {
    const found = results.flatMap(({ recipients }) => recipients).find(({ address }) => address === who);
    assert.ok(found, `nothing is known of ${who}`);
    assert.ok(described(found.reply).startsWith(said), `${who}: ${described(found.reply)}, not ${said}`);
  }
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".smtp")))
  test(`dialog: ${file.slice(0, -5).replaceAll("-", " ")}`, { timeout: 20_000 }, async (t) => {
    const dialog = readDialog(readFileSync(new URL(file, folder), "utf8"));
    assert.ok(dialog.expectations.length > 0);
    const playing = await playDialog(dialog);
    t.after(() => playing.close());
    const opening = await connect(
      { host: "far.test", address: "127.0.0.1", port: playing.port },
      { helo: "here.test", tls: "opportunistic", timeouts: { ...rfcTimeouts, ...dialog.timeouts } },
    );
    const results: SendResult[] = [];
    const text = textOf(dialog.textBytes);
    if (opening.kind === "open") {
      const { connection } = opening;
      t.after(() => connection.close());
      const sent = dialog.mails.map((recipients) =>
        connection.send({
          from: "readers@here.test",
          recipients,
          sizeBytes: text.length,
          message: [text],
          eightBit: false,
          utf8: false,
        }),
      );
      results.push(...(await Promise.all(sent)));
    }
    // What the far side says unasked after the last reply is heard in a later turn.
    if (opening.kind === "open" && dialog.expectations.some(({ who }) => who === "broken"))
      while (opening.connection.broken === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { who, words } of dialog.expectations) assertExpected(who, words, opening, results);
    assert.deepEqual(playing.faults(), []);
  });
