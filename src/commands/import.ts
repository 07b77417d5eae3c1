/** `import mbox`: an archive brought into a group, any number of times. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import { type Clock, elapsed } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { splitMbox } from "../mail/mbox.ts";
import { openArchive } from "./archive-file.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { groupCalled } from "./group-called.ts";
import { fileBatch, type Numbered, type Result } from "./import-batch.ts";
import { refuseUnreadable } from "./input.ts";
import { clean, counted, print, printJson, startProgress, warn } from "./terminal.ts";

const BATCH = 250;
const BATCH_BYTES = 8 * 1024 * 1024;

export function define(command: Command): void {
  noun(command);
  command
    .command("mbox")
    .description("archives in mbox form (mboxrd, mboxo, pipermail's text); gzip, xz and zstd are read as they are")
    .argument("<GROUP>")
    .argument("<FILE...>", "archives, oldest first; - is standard input")
    .option("--json", "print JSON")
    .addHelpText("after", "\nNothing is mailed. Run again after a break it goes on, and nothing comes twice.")
    .action(mbox);
}

type Report = {
  read: number;
  placed: number;
  already: number;
  /** Left out: the Message-ID is there with another text. */
  different: number;
  refused: { file: string; number: number; offset: number; reason: string }[];
  /** What was wrong with files as a whole. */
  troubles: { file: string; trouble: string }[];
};

async function mbox(name: string, files: string[], options: { json?: boolean }): Promise<void> {
  for (const file of files) if (file !== "-") await refuseUnreadable(file);
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const report: Report = { read: 0, placed: 0, already: 0, different: 0, refused: [], troubles: [] };
    const began = elapsed();
    const progress = startProgress(() => {
      const rate = Math.round((report.read * 1000) / Math.max(1, elapsed() - began));
      return `${said(report)}, ${rate}/s`;
    });
    try {
      for (const file of files) await importFile(pool, group.id, file, report, clock);
    } finally {
      progress.stop();
    }
    if (options.json) printJson(report);
    else {
      for (const { file, number, offset, reason } of report.refused)
        warn(clean(`${file}: message ${number} at byte ${offset}: ${reason}`));
      for (const { file, trouble } of report.troubles) warn(clean(`${file}: ${trouble}; what came before was read`));
      print(said(report));
    }
    const isNoArchive =
      report.read > 0 && report.refused.length - report.different === report.read && report.troubles.length === 0;
    if (isNoArchive && !options.json)
      throw new Refusal('No mail was found in there: name files in mbox form, which begin with a line "From …".');
  });
}

const said = ({ read, placed, already, refused, different }: Report): string =>
  `${counted(read, "message")} read: ${placed} placed, ${already} already there, ${different} with a known Message-ID but another text, ${refused.length - different} not taken`;

/** While one batch is being filed the next is read. */
async function importFile(pool: Pool, groupId: string, file: string, report: Report, clock: Clock): Promise<void> {
  const { chunks, trouble } = await openArchive(file);
  let filing: Promise<void> = Promise.resolve();
  let batch: Numbered[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    const mails = batch;
    [batch, bytes] = [[], 0];
    await filing;
    filing = fileBatch(pool, groupId, mails, clock).then((results) => {
      for (const [i, result] of results.entries()) count(report, mails[i]!, result);
    });
    filing.catch(() => undefined); // awaited before the next batch
  };
  let number = 0;
  let last: Numbered | undefined;
  for await (const mail of splitMbox(chunks)) {
    number += 1;
    // One behind: whether the last mail is whole is known when the file has ended.
    if (last) {
      if (bytes + last.raw.length > BATCH_BYTES || batch.length >= BATCH) await send();
      if (take(last, report)) {
        batch.push(last);
        bytes += last.raw.length;
      }
    }
    last = { ...mail, file, number };
  }
  const wrong = trouble();
  if (wrong !== undefined) report.troubles.push({ file, trouble: wrong });
  if (last && wrong !== undefined) last = { ...last, problem: "cut off by the damage in the file" };
  if (last && take(last, report)) batch.push(last);
  await send();
  await filing;
}

function take(mail: Numbered, report: Report): boolean {
  report.read += 1;
  if (mail.problem === undefined) return true;
  count(report, mail, { kind: "refused", reason: mail.problem });
  return false;
}

function count(report: Report, { file, number, offset }: Numbered, result: Result): void {
  switch (result.kind) {
    case "placed":
      report.placed += 1;
      return;
    case "already":
      report.already += 1;
      return;
    case "different": {
      report.different += 1;
      const reason = `its Message-ID ${result.messageId} is there already, with another text; this one was left out`;
      report.refused.push({ file, number, offset, reason });
      return;
    }
    case "refused":
      report.refused.push({ file, number, offset, reason: result.reason });
  }
}
