/** A file with a returned mail in it: one mail, or an mbox, whose mails are taken together as one answer. */
import { Readable } from "node:stream";
import { splitMbox } from "../mbox.ts";
import { type Returned, readReturned } from "./returned.ts";

const FROM = Buffer.from("From ");
const MOST_MAILS = 1000;

export async function readReturnedFile(bytes: Buffer): Promise<Returned> {
  const all: Returned[] = [];
  if (bytes.subarray(0, FROM.length).equals(FROM))
    for await (const mail of splitMbox(Readable.from([bytes]))) {
      if (mail.problem === undefined) all.push(readReturned(mail.raw));
      if (all.length >= MOST_MAILS) break;
    }
  if (all.length < 2) return readReturned(bytes);
  const told = all.find((one) => one.kind !== "ordinary") ?? all[0]!;
  const alike = all.filter((one) => one.kind === told.kind);
  const recipients = new Map(alike.flatMap((one) => one.recipients).map((one) => [one.address, one]));
  return { ...told, recipients: [...recipients.values()] };
}
