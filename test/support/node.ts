/**
 * A whole node for a journey: all roles in this process, a database of its own, a scripted far side, a clock to move.
 *
 * Mail goes in by real SMTP and comes out by real SMTP. DNS is a small zone handed in, so nothing leaves the machine.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Config, readConfig } from "../../src/config.ts";
import type { Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { type HeldClock, heldClock, SECOND } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import { type Services, startServices } from "../../src/node/services.ts";
import type { TransportParts } from "../../src/node/transport.ts";
import type { Timeouts } from "../../src/outbound/outbound.ts";
import { cloneDatabase } from "./database.ts";
import { enterWorker } from "./entered.ts";
import { type FarSide, type FarSideOptions, startFarSide } from "./far-side.ts";
import { type Sent, sendMail } from "./send.ts";
import { trackingIn } from "./tracking.ts";

export type Wanted = {
  group?: string;
  members?: string[];
  settings?: Record<string, string>;
  environment?: Record<string, string>;
  /** TXT and other records for authentication: `{"_dmarc.author.test TXT": [["v=DMARC1; p=reject"]]}`. */
  zone?: Record<string, string[][] | string[]>;
  roles?: string;
  farSide?: FarSideOptions;
  /** By MX instead of a route, so that DANE and MTA-STS count; every host that DNS names is the far side. */
  transport?: TransportParts & { nameServer: { host: string; port: number } };
  /** Far sides beside the one, by the domain they take mail for. */
  others?: Map<string, FarSide>;
  timeouts?: Timeouts;
  /** Its own connections to the database, instead of those of the test. */
  ownPools?: boolean;
};

export type TestNode = {
  services: Services;
  pool: Pool;
  clock: HeldClock;
  farSide: FarSide;
  config: Config;
  domain: string;
  group: directory.Group;
  smtpPort: number;
  webUrl: string;
  /** Sends a post to the group by SMTP; answers what the server said. */
  post(post: PostWords): Promise<Sent>;
  /** Sends any mail by SMTP. */
  send(envelope: { from: string; to: string[] }, message: string | Buffer): Promise<Sent>;
  /** Waits until nothing is waiting or taken in the queue. */
  quiet(): Promise<void>;
  /** Moves the clock on, in steps, letting work that falls due be done. */
  pass(ms: number, stepMs?: number): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
};

export type PostWords = {
  from: string;
  subject?: string;
  text?: string;
  messageId?: string;
  headers?: string[];
  to?: string;
};

let counter = 0;

export async function startNode(t: TestContext, wanted: Wanted = {}): Promise<TestNode> {
  // What a test leaves is tidied up in the order in which it was made: the node stops before its database goes.
  let tidyUp = async (): Promise<void> => undefined;
  t.after(() => tidyUp());
  const { pool, locks, target } = await cloneDatabase(t);
  const farSide = await startFarSide(wanted.farSide);
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-node-"));
  const routes = join(folder, "routes.json");
  await writeFile(
    routes,
    JSON.stringify(
      Object.fromEntries(
        [["*", farSide] as const, ...(wanted.others ?? [])].map(([domain, { port }]) => [
          domain,
          { host: "127.0.0.1", port },
        ]),
      ),
    ),
  );
  const config = readConfig({
    SMARTGROUPS_DOMAIN: "groups.test",
    SMARTGROUPS_SMTP: "127.0.0.1:0",
    SMARTGROUPS_WEB: "127.0.0.1:0",
    SMARTGROUPS_URL: "http://groups.test",
    ...(wanted.transport
      ? { SMARTGROUPS_RESOLVER: `${wanted.transport.nameServer.host}:${wanted.transport.nameServer.port}` }
      : { SMARTGROUPS_ROUTES: routes }),
    SMARTGROUPS_WORKERS: "1",
    SMARTGROUPS_NODE: "test",
    SMARTGROUPS_LOG: "silent",
    SMARTGROUPS_ROLES: wanted.roles ?? "intake,pipeline,outbound,chores",
    ...wanted.environment,
  });
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const group = await directory.addGroup(
    pool,
    { name: wanted.group ?? "readers", title: "Readers", ...wanted.settings },
    clock,
  );
  await directory.addMembers(
    pool,
    group.id,
    (wanted.members ?? []).map((address) => ({ address, name: "" })),
    "test",
    clock,
  );
  const run = async (): Promise<Services> => {
    const { worker, lease, leave } = await enterWorker(
      { pool, target },
      { node: config.node, roles: config.roles, clock },
    );
    const running = await startServices({
      config,
      target,
      worker,
      lease,
      clock,
      log: silent,
      everyMs: 150,
      ...(!wanted.ownPools && { pools: { work: pool, locks } }),
      ...(wanted.transport && {
        transport: { everyMs: 150, reach: { port: farSide.port, mayCall: () => true }, ...wanted.transport },
      }),
      ...(wanted.timeouts && { timeouts: wanted.timeouts }),
      authResolver: async (name, type) => {
        const found = wanted.zone?.[`${name} ${type}`];
        if (found) return found;
        throw Object.assign(new Error(`no ${type} of ${name}`), { code: "ENOTFOUND" });
      },
    }).catch(async (error) => {
      await leave();
      throw error;
    });
    return { ...running, stop: () => running.stop().finally(leave) };
  };
  let services = await run().catch(async (error) => {
    await farSide.close();
    throw error;
  });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await services.stop();
  };
  tidyUp = async () => {
    await stop();
    await farSide.close();
    const tracking = farSide.mails.flatMap((mail) => trackingIn(mail.raw));
    if (tracking.length > 0) throw new Error(`A mail of ours would tell who reads it: ${tracking[0]}`);
    await rm(folder, { recursive: true, force: true });
  };
  const port = (): number => services.smtp[0]!.port;
  const node: TestNode = {
    get services() {
      return services;
    },
    pool,
    clock,
    farSide,
    config,
    domain: config.domain,
    group,
    get smtpPort() {
      return port();
    },
    get webUrl() {
      return `http://127.0.0.1:${services.web[0]!.port}`;
    },
    post: (post) =>
      sendMail(
        port(),
        { from: post.from, to: [post.to ?? `${group.name}@${config.domain}`] },
        write(post, group, config),
      ),
    send: (envelope, message) => sendMail(port(), envelope, message),
    quiet: async () => {
      // What waits for a provider that is probed now and then stays where it is: quiet, too, when nobody took it though all
      // were told to look.
      let same = 0;
      let before = -1;
      for (let i = 0; i < 400; i += 1) {
        const [row] = await pool<{ busy: number; still: number }[]>`
          select (select count(*) from mails where state in ('waiting', 'taken') and due_at <= ${clock.now()})::int
            + (select count(*) from deliveries where state = 'taken' or (state = 'deferred' and due_at <= ${clock.now()}))::int
            as busy,
            (select count(*) from deliveries where state = 'waiting' and due_at <= ${clock.now()})::int as still`;
        if (row!.busy + row!.still === 0) return;
        same = row!.busy === 0 && row!.still === before ? same + 1 : 0;
        before = row!.still;
        if (same >= 30) return;
        if (same % 10 === 5) await pool.notify("smartgroups", "delivery");
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error("the queue did not become quiet within ten seconds");
    },
    pass: async (ms, stepMs = ms) => {
      for (let left = ms; left > 0; left -= stepMs) {
        clock.pass(Math.min(stepMs, left));
        await new Promise((resolve) => setTimeout(resolve, 80));
        await node.quiet();
      }
    },
    restart: async () => {
      await services.stop();
      clock.pass(SECOND);
      services = await run();
    },
    stop,
  };
  return node;
}

/** A plain post as a mail program would write it. */
export function write(post: PostWords, group: { name: string }, config: { domain: string }): string {
  counter += 1;
  return [
    `From: ${post.from.includes("<") ? post.from : `${post.from.split("@")[0]} <${post.from}>`}`,
    `To: ${post.to ?? `${group.name}@${config.domain}`}`,
    `Subject: ${post.subject ?? "Chapter two"}`,
    `Message-ID: <${post.messageId ?? `test-${process.pid}-${counter}@author.test`}>`,
    "Date: Sun, 01 Mar 2026 10:00:00 +0000",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    ...(post.headers ?? []),
    "",
    post.text ?? "Has anybody read it?",
    "",
  ].join("\r\n");
}
