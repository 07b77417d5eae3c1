/** Mail that waits for a person: held for a moderator, or unreadable. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import type { Config } from "../config.ts";
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { codeOf, Refusal } from "../kit/errors.ts";
import { isId } from "../kit/id.ts";
import * as queue from "../queue/queue.ts";
import { withDatabase } from "./database.ts";
import { groupCalled } from "./group-called.ts";
import { print, printJson, printTable, stamp } from "./terminal.ts";
import { messageIdOf } from "./trace.ts";

const SHOWN = 1000;
/** Who approves from the command line: no member in particular. */
const OPERATOR = "00000000-0000-0000-0000-000000000000";

export async function held(config: Config, name: string | undefined, options: { json?: boolean }): Promise<void> {
  await withDatabase(config, async ({ pool }) => {
    const address = name === undefined ? null : `${(await groupCalled(pool, name)).name}@${config.domain}`;
    show(await queue.aside(pool, "held", address, SHOWN), options, "Nothing waits for a moderator.");
  });
}

export async function unreadable(config: Config, options: { json?: boolean }): Promise<void> {
  await withDatabase(config, async ({ pool }) => {
    show(await queue.aside(pool, "unreadable", null, SHOWN), options, "No mail is set aside.");
  });
}

function show(mails: queue.AsideMail[], options: { json?: boolean }, none: string): void {
  if (options.json) {
    printJson(mails);
    return;
  }
  const rows = mails.map((mail) => [
    mail.id,
    stamp(mail.receivedAt),
    mail.sender,
    mail.recipients.join(" "),
    mail.problem,
  ]);
  printTable(["id", "received", "from", "to", "why"], rows, none);
}

export async function approve(config: Config, id: string): Promise<void> {
  await withDatabase(config, async ({ pool, clock }) => {
    const mail = await mailCalled(pool, id, "held");
    if (!(await transact(pool, (sql) => queue.approve(sql, mail.id, OPERATOR, clock.now())))) throw gone(id);
    print(`${mail.id} approved`);
  });
}

export async function decline(config: Config, id: string, reason: string): Promise<void> {
  await withDatabase(config, async ({ pool, clock }) => {
    const mail = await mailCalled(pool, id, "held");
    const raw = await queue.rawOf(pool, mail.id);
    const outcomes: queue.Outcome[] = [];
    for (const recipient of mail.recipients) {
      const group = await directory.groupCalled(pool, recipient.slice(0, recipient.lastIndexOf("@")));
      outcomes.push({
        mailId: mail.id,
        recipient,
        receivedAt: mail.receivedAt,
        at: clock.now(),
        outcome: "declined",
        detail: reason,
        messageId: (raw && messageIdOf(raw)) ?? null,
        sender: mail.sender,
        groupId: group?.id ?? null,
        postId: null,
      });
    }
    await transact(pool, async (sql) => {
      for (const outcome of outcomes) if (!(await queue.decline(sql, mail.id, outcome))) throw gone(id);
    });
    print(`${mail.id} declined`);
  });
}

export async function retry(config: Config, id: string): Promise<void> {
  await withDatabase(config, async ({ pool, clock }) => {
    const mail = await mailCalled(pool, id, "unreadable");
    if (!(await transact(pool, (sql) => queue.tryAgain(sql, mail.id, clock.now())))) throw gone(id);
    print(`${mail.id} will be tried again`);
  });
}

export async function raw(config: Config, id: string): Promise<void> {
  const bytes = await withDatabase(config, async ({ pool }) => queue.rawOf(pool, (await mailCalled(pool, id)).id));
  if (!bytes) throw gone(id);
  await pipeline(Readable.from([bytes]), createZstdDecompress(), process.stdout, { end: false }).catch(
    (error: unknown) => {
      if (codeOf(error) !== "EPIPE" && codeOf(error) !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    },
  );
}

async function mailCalled(pool: Pool, id: string, state?: "held" | "unreadable"): Promise<queue.WaitingMail> {
  const known = isId(id.toLowerCase()) ? await queue.waitingMail(pool, id.toLowerCase()) : undefined;
  if (!known) throw new Refusal(`No mail in the queue has the id ${id}: smartgroups trace may know what became of it.`);
  if (state !== undefined && known.state !== state)
    throw new Refusal(`The mail ${id} is ${known.state}, not ${state}: smartgroups trace ${id} tells more.`);
  return known;
}

const gone = (id: string): Refusal =>
  new Refusal(`The mail ${id} was dealt with meanwhile: smartgroups trace ${id} tells how.`);
