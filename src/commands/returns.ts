/** `returns read`: what a returned mail is taken for, without doing anything. */
import type { Command } from "commander";
import type { Returned } from "../mail/returned/returned.ts";
import { noun, sentenceOf } from "./failure.ts";
import { readInput } from "./input.ts";
import { clean, print, printJson, warn } from "./terminal.ts";

const LARGEST = 100 * 1024 * 1024;

type Answer = {
  file: string;
  kind: Returned["kind"];
  recipients: {
    address: string;
    class: "permanent" | "temporary";
    /** RFC 3463; null where nobody said. */
    status: string | null;
    reason: string;
    said: string;
    isDelayed: boolean;
  }[];
  complaint?: Returned["complaint"];
};

export function define(command: Command): void {
  noun(command);
  command
    .command("read")
    .description("bounce, complaint, auto-reply or ordinary mail; who was not reached, and why")
    .argument("<FILE...>", "returned mails as files; - is standard input")
    .option("--json", "print JSON: an array with an object for each file")
    .action(read);
}

/** A file that can't be read is named on standard error, after which the others are still read. */
async function read(files: string[], options: { json?: boolean }): Promise<void> {
  const { readReturnedFile } = await import("../mail/returned/file.ts");
  const answers: Answer[] = [];
  for (const file of files) {
    try {
      answers.push(answerFor(file, await readReturnedFile(await readInput(file, LARGEST))));
    } catch (error) {
      process.exitCode = 1;
      warn(clean(await sentenceOf(error)));
    }
  }
  if (options.json) printJson(answers);
  else for (const answer of answers) printAnswer(answer, files.length > 1);
}

const answerFor = (file: string, { kind, recipients, complaint }: Returned): Answer => ({
  file,
  kind,
  recipients: recipients.map((one) => ({
    address: one.address,
    class: one.class,
    status: one.status || null,
    reason: one.reason,
    said: one.said,
    isDelayed: one.isDelayed,
  })),
  ...(complaint && { complaint }),
});

const KINDS: Record<Returned["kind"], string> = {
  bounce: "a bounce: it was not delivered",
  complaint: "a complaint about a mail",
  "auto-reply": "an automatic reply; nothing came back",
  challenge: "a question to the sender; nothing came back",
  "delivery-notification": "a notice of delivery; nothing came back",
  ordinary: "ordinary mail",
};

function printAnswer({ file, kind, recipients, complaint }: Answer, isOneOfSeveral: boolean): void {
  if (isOneOfSeveral) print(`== ${clean(file)}`);
  print(KINDS[kind]);
  for (const one of recipients) {
    print(
      clean(
        `${one.address}: ${one.isDelayed ? "delayed" : one.class}${one.status ? `, ${one.status}` : ""}. ${one.reason}`,
      ),
    );
    if (one.said !== "") print(`  ${clean(one.said)}`);
  }
  if (complaint) print(clean(`${complaint.type}${complaint.complainants.map((one) => `, by ${one}`).join("")}`));
  if (isOneOfSeveral) print("");
}
