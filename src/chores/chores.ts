/**
 * Chores: what the clock asks for. Any node may do them; a named lock spares two from doing the same at once. Whoever is
 * frozen, or loses the lock, may still do so: each duty takes its rows and does a step in one transaction, so that it is
 * right without the lock too.
 *
 * - every two seconds: free what is held by nobody who is entered
 * - every quarter of a minute, and while there is some: write what people asked to have, and erase who asked to be
 * - every second: carry out what moderators decided, once it can't be taken back any more
 * - every half minute: remind of requests and invitations, and end old ones; let members who are back from a holiday
 *   get mail again; write the digests that are due;
 *   send what members wrote for a time that has come
 * - every ten seconds: let posts go on that waited for their time
 * - every half minute too: end groups whose removal is due, take out posts whose time is over
 * - every hour: open the settle log's next days, drop the old ones, forget what is past keeping; mend sums that say more
 *   than was planned; send TLS reports
 */
import { ifFree } from "../db/lock.ts";
import type { Pool, Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as drafts from "../drafts/drafts.ts";
import * as health from "../health/health.ts";
import { type Clock, DAY, HOUR, SECOND } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { startLoop } from "../kit/loop.ts";
import * as mailbox from "../mailbox/mailbox.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as privacy from "../privacy/privacy.ts";
import * as providers from "../providers/providers.ts";
import * as queue from "../queue/queue.ts";
import * as transport from "../transport/transport.ts";
import { sendDigests } from "./digests.ts";
import { writeSomeDownload } from "./downloads.ts";
import { eraseSome } from "./erasing.ts";
import { tendGroups } from "./groups.ts";
import { askTogether, settleDecisions } from "./held.ts";
import { tendJoining } from "./joining.ts";
import { endHolidays } from "./members.ts";
import { moderate } from "./moderation.ts";
import { sendReminders } from "./reminders.ts";
import { sendScheduled } from "./scheduled.ts";
import { sendTlsReports } from "./tls-reports.ts";

export type ChoresOptions = {
  pool: Pool;
  /** A pool of their own for locks, so that waiting for one can't starve work. */
  locks: Pool;
  logKeptMs: number;
  domain: string;
  url: string;
  /** Our own domain, and the DNS to ask where TLS reports go; without it none are sent. */
  reports?: { domain: string; dns: Pick<transport.Dns, "txt"> };
  clock: Clock;
  log: Log;
  /** What the web knows of how somebody signs in. */
  signIn?: SignInRows;
  /** How often to look after members, for tests whose clock is moved. */
  everyMs?: number;
};

/** Sessions, passwords and the like: asked for and forgotten by address. */
export type SignInRows = {
  rowsOf(sql: Sql, addresses: string[], personId: string): Promise<Record<string, unknown>>;
  forget(sql: Sql, addresses: string[], personId: string): Promise<void>;
};

const SWEEP_EVERY = 2 * SECOND;
const MEMBERS_EVERY = 30 * SECOND;
const DECISIONS_EVERY = SECOND;
const MODERATION_EVERY = 10 * SECOND;
const PRIVACY_EVERY = 15 * SECOND;
const ROUNDS = 200;
const GROUPS_EVERY = 30 * SECOND;
const LETTERS_KEPT = 30 * DAY;
const MAILBOX_KEPT = 30 * DAY;
const LANES_KEPT = 2 * DAY;
/** Long enough that "declined before" still says something, short enough to be forgotten. */
const HELD_KEPT = 400 * DAY;
const REQUESTS_KEPT = 30 * DAY;
const STANDINGS_KEPT = 400 * DAY;
const TLS_RESULTS_KEPT = 30 * DAY;

export { settleDecisions } from "./held.ts";

export type Chores = { stop(): Promise<void> };

export function startChores(options: ChoresOptions): Chores {
  const { pool, locks, clock, log } = options;
  const sweeping = startLoop(
    "sweep",
    async () => {
      await ifFree(locks, "sweep", async () => {
        const freed = await queue.sweep(pool);
        if (freed.mails + freed.deliveries > 0) log.info(freed, "freed what those who are gone had taken");
      });
      return "idle";
    },
    { everyMs: SWEEP_EVERY, log },
  );
  const keeping = startLoop(
    "housekeeping",
    async () => {
      await ifFree(locks, "housekeeping", async () => {
        await keepHouse(pool, options.logKeptMs, clock.now());
        for (const sum of await queue.mendSums(pool, new Date(clock.now().getTime() - options.logKeptMs)))
          log.warn(sum, "a sum said more than was planned, and is mended");
        const { reports } = options;
        if (reports) await sendTlsReports({ pool, clock, ...reports });
      });
      return "idle";
    },
    { everyMs: HOUR, log },
  );
  const { domain, url } = options;
  const caring = startLoop(
    "members",
    async () => {
      await ifFree(locks, "members", async () => {
        await endHolidays({ pool, domain, url, clock });
        await tendJoining({ pool, domain, url, clock });
        await sendScheduled({ pool, domain, url, clock, log });
        await sendDigests({ pool, domain, url, clock, log });
        await sendReminders({ pool, domain, url, clock });
      });
      return "idle";
    },
    { everyMs: options.everyMs ?? MEMBERS_EVERY, log },
  );
  const moderating = startLoop(
    "moderation",
    async () => {
      await ifFree(locks, "moderation", async () => {
        await moderate({ pool, domain, url, clock });
        await askTogether({ pool, domain, url, clock });
      });
      return "idle";
    },
    { everyMs: options.everyMs ?? MODERATION_EVERY, log },
  );
  const { signIn } = options;
  const minding = startLoop(
    "privacy",
    async (stopping) => {
      if (!signIn) return "idle";
      const means = { pool, domain, url, clock, signInRows: signIn.rowsOf, forgetSignIn: signIn.forget };
      let isMore = false;
      await ifFree(locks, "privacy", async () => {
        for (let round = 0; round < ROUNDS && !stopping.aborted; round += 1) {
          isMore = (await eraseSome(means)) || (await writeSomeDownload(means));
          if (!isMore) return;
        }
      });
      return isMore ? "more" : "idle";
    },
    { everyMs: options.everyMs ?? PRIVACY_EVERY, log },
  );
  const tending = startLoop(
    "groups",
    async () => (await ifFree(locks, "groups", () => tendGroups({ pool, domain, url, clock, log }))) ?? "idle",
    { everyMs: options.everyMs ?? GROUPS_EVERY, log },
  );
  const deciding = startLoop(
    "decisions",
    async () => ((await settleDecisions({ pool, domain, url, clock, log })) > 0 ? "more" : "idle"),
    { everyMs: options.everyMs ?? DECISIONS_EVERY, log },
  );
  return {
    stop: async () => {
      await Promise.all([
        sweeping.stop(),
        keeping.stop(),
        caring.stop(),
        moderating.stop(),
        minding.stop(),
        tending.stop(),
        deciding.stop(),
      ]);
    },
  };
}

async function keepHouse(pool: Pool, logKeptMs: number, now: Date): Promise<void> {
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  for (const days of [0, 1, 2]) await queue.openLogDay(pool, new Date(now.getTime() + days * DAY));
  await queue.dropLogDays(pool, ago(logKeptMs));
  await queue.sweepPieces(pool, ago(DAY));
  await queue.forgetLanes(pool, ago(LANES_KEPT));
  await notices.forget(pool, ago(LETTERS_KEPT));
  await mailbox.forget(pool, ago(MAILBOX_KEPT));
  await health.forgetFaded(pool, ago(health.KEPT));
  await moderation.forgetHeld(pool, ago(HELD_KEPT));
  await directory.forgetRequests(pool, ago(REQUESTS_KEPT));
  await directory.forgetClaims(pool, now);
  await drafts.forgetDrafts(pool, ago(drafts.DRAFTS_KEPT));
  await privacy.forgetDownloads(pool, now);
  await privacy.forgetErasures(pool, now);
  await providers.forget(pool, ago(STANDINGS_KEPT));
  await transport.forgetPolicies(pool, now);
  await transport.forgetResults(pool, ago(TLS_RESULTS_KEPT));
  await transport.forgetReports(pool, ago(TLS_RESULTS_KEPT));
}
