/**
 * Killing a service under load, and counting afterwards: every mail that was promised is archived once and with every
 * member; copies that came twice are counted against what was in flight at the kills.
 *
 * The bound on duplicates. A copy comes twice only when its worker was killed between the far side's taking it and the
 * commit of that result: what the far side took in the settler's window before a kill, and what was in the pipelines
 * of the open connections. The far side knows when it took each copy, so the bound is counted, not guessed:
 * for each kill of workers, all copies taken from WINDOW before it until the worker's connections were gone.
 * The death of PostgreSQL alone kills no worker and may cost no duplicate at all.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { elapsed, MINUTE, SECOND } from "../../src/kit/clock.ts";
import { type Injector, startInjector } from "./injector.ts";
import { isAlive, kill, type Service } from "./service.ts";

/** The settler writes every 50 ms; the rest is for two commits on a busy disk. */
const WINDOW = SECOND;

export type Victim = "worker" | "supervisor" | "postgres" | "everything";

export const twentyMembers = Array.from({ length: 20 }, (_, i) => `m${i}@far${i % 5}.test`);

export type Copy = { messageId: string; to: string; at: number };

export type Battle = {
  injector: Injector;
  strike(victim: Victim): Promise<void>;
  /** Ends the load, waits until the queue is empty and asserts the promises; answers the figures. */
  settle(): Promise<Figures>;
};

export type Figures = {
  mails: number;
  copies: number;
  duplicates: number;
  inFlight: number;
  resent: number;
  seconds: number;
};

export function startBattle(t: TestContext, service: Service, load: { connections: number; everyMs: number }): Battle {
  const copies: Copy[] = [];
  const windows: { from: number; to: number }[] = [];
  const takeNote = (): void => {
    for (const mail of service.farSide.mails.splice(0)) {
      const messageId = /^Message-ID: <([^>]+)>/im.exec(mail.raw.toString("latin1"))?.[1] ?? "";
      for (const to of mail.to) copies.push({ messageId, to, at: elapsed() });
    }
  };
  const noting = setInterval(takeNote, 10);
  const startedAt = elapsed();
  const injector = startInjector({
    port: service.smtpPort,
    ...load,
    mail: (number) => {
      const from = twentyMembers[number % twentyMembers.length]!;
      const messageId = `load-${number}@author.test`;
      const message = [
        `From: <${from}>`,
        "To: readers@groups.test",
        `Subject: Mail ${number}`,
        `Message-ID: <${messageId}>`,
        "Date: Sun, 01 Mar 2026 10:00:00 +0000",
        "",
        `This is mail ${number}.`,
        "It has some lines.\r\n".repeat(40),
      ].join("\r\n");
      return { from, to: "readers@groups.test", messageId, message };
    },
  });

  t.after(() => {
    injector.abandon();
    clearInterval(noting);
  });

  const strike = async (victim: Victim): Promise<void> => {
    const { supervisor, workers, postmaster, backends } = await service.processes();
    const from = elapsed() - WINDOW;
    if (victim === "worker") kill(workers[0]!);
    if (victim === "supervisor") kill(supervisor);
    if (victim === "postgres") kill(postmaster);
    if (victim === "everything") for (const pid of [supervisor, ...workers, postmaster, ...backends]) kill(pid);
    if (victim === "supervisor" || victim === "everything") {
      await goneOf(service, workers);
      takeNote();
      windows.push({ from, to: elapsed() });
      await service.start();
    } else if (victim === "worker") {
      await goneOf(service, [workers[0]!]);
      takeNote();
      windows.push({ from, to: elapsed() });
    }
  };

  const settle = async (): Promise<Figures> => {
    await injector.finish();
    const seconds = (elapsed() - startedAt) / SECOND;
    await service.quiet(2 * MINUTE);
    clearInterval(noting);
    takeNote();
    const inFlight = copies.filter((copy) => windows.some(({ from, to }) => copy.at >= from && copy.at <= to)).length;
    const counts = new Map<string, number>();
    for (const { messageId, to } of copies)
      counts.set(`${messageId} ${to}`, (counts.get(`${messageId} ${to}`) ?? 0) + 1);
    const missing = injector.acknowledged.flatMap(({ messageId }) =>
      twentyMembers.filter((to) => !counts.has(`${messageId} ${to}`)).map((to) => `${messageId} ${to}`),
    );
    assert.deepEqual(missing.slice(0, 10), [], `${missing.length} copies of mails with a 250 reached nobody`);
    const posts = await service.pool<{ message_id: string; count: number }[]>`
      select message_id, count(*)::int as count from posts group by message_id`;
    const archived = new Map(posts.map((post) => [post.message_id, post.count]));
    for (const { messageId } of injector.acknowledged)
      assert.equal(archived.get(messageId), 1, `${messageId} is archived once`);
    const [left] = await service.pool`
      select (select count(*) from mails)::int as mails, (select count(*) from deliveries)::int as deliveries,
        (select count(*) from sendings where sent <> planned or given_up > 0)::int as uneven`;
    assert.deepEqual({ ...left }, { mails: 0, deliveries: 0, uneven: 0 });
    const duplicates = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
    assert.ok(
      duplicates <= inFlight,
      `${duplicates} copies came twice, and only ${inFlight} were in flight at the kills`,
    );
    const resent = injector.acknowledged.filter((one) => one.tries > 1).length;
    return { mails: injector.acknowledged.length, copies: copies.length, duplicates, inFlight, resent, seconds };
  };
  return { injector, strike, settle };
}

async function goneOf(service: Service, pids: number[]): Promise<void> {
  for (const pid of pids) while (await isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  // What a dead worker had sent may still be on its way into the far side.
  while ([...service.farSide.open].some((socket) => socket.readableEnded && !socket.destroyed))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

export const sentence = (figures: Figures): string =>
  `${figures.mails} mails acknowledged in ${figures.seconds.toFixed(1)} s (${Math.round(figures.mails / figures.seconds)}/s), ` +
  `${figures.resent} of them sent more than once; ${figures.copies} copies, ${figures.duplicates} of them twice, ` +
  `${figures.inFlight} in flight at the kills`;
