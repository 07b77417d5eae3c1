/** `mail show`: how a mail is read, without doing anything. */
import type { Command } from "commander";
import type { ReadMail } from "../mail/read.ts";
import { noun } from "./failure.ts";
import { readInput } from "./input.ts";
import { clean, print, printJson } from "./terminal.ts";

const LARGEST = 100 * 1024 * 1024;

export function define(command: Command): void {
  noun(command);
  command
    .command("show")
    .description("from, subject, date, text, attachments, and what is odd about it")
    .argument("<FILE...>", "mails as files; - is standard input")
    .option("--json", "print JSON: an object for one file, an array for several")
    .action(show);
}

async function show(files: string[], options: { json?: boolean }): Promise<void> {
  const { readMail } = await import("../mail/read.ts");
  const mails: ReadMail[] = [];
  for (const file of files) mails.push(readMail(await readInput(file, LARGEST)));
  if (options.json) {
    printJson(mails.length === 1 ? mails[0] : mails);
    return;
  }
  for (const [i, mail] of mails.entries()) printMail(mail, files.length > 1 ? files[i]! : undefined);
}

function printMail(mail: ReadMail, file: string | undefined): void {
  if (file !== undefined) print(`== ${file}`);
  const from = mail.from ? `${mail.from.name} <${mail.from.address}>` : "–";
  const lines: [string, string | null][] = [
    ["From", from],
    ["Subject", mail.subject],
    ["Date", mail.date],
    ["Message-ID", mail.messageId],
    ["References", mail.references.join(" ") || null],
  ];
  for (const [name, value] of lines) if (value !== null) print(`${name}: ${clean(value)}`);
  for (const { filename, type, size } of mail.attachments)
    print(`Attachment: ${clean(filename ?? "(no name)")}, ${clean(type)}, ${size} bytes`);
  for (const defect of mail.defects) print(`Odd: ${clean(defect)}`);
  print("");
  const text = mail.text ?? (mail.html === null ? "" : "(HTML only; --json has it)");
  for (const line of text.trimEnd().split(/\r?\n/)) print(clean(`|${line}`).slice(1));
  if (file !== undefined) print("");
}
