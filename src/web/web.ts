/**
 * The web: every address it answers, and the server behind them. Pages are in pages/, a folder a subject with its routes, one
 * file a page, handler above view.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { compress } from "hono/compress";
import type { Registry } from "prom-client";
import type { Pool } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { api } from "./api/api.ts";
import { asset, readAssets } from "./assets.ts";
import { newCache } from "./cache.ts";
import { notFoundPage, troublePage } from "./errors.ts";
import { type Environment, type House, newTokenSecret, type WebConfig } from "./house.ts";
import { choose, languages } from "./languages.ts";
import { accountRoutes } from "./pages/account/routes.ts";
import { archiveRoutes } from "./pages/archive/routes.ts";
import { deliveryRoutes } from "./pages/delivery/routes.ts";
import { groupsRoutes } from "./pages/groups/routes.ts";
import { joiningRoutes } from "./pages/joining/routes.ts";
import { membersRoutes } from "./pages/members/routes.ts";
import { moderationRoutes } from "./pages/moderation/routes.ts";
import { serviceRoutes } from "./pages/service/routes.ts";
import { writingRoutes } from "./pages/writing/routes.ts";
import { boundedForms, ownForms, securityHeaders, withoutNul } from "./security.ts";
import { newSignIn } from "./sign-in/sign-in.ts";
import { visitors } from "./visitors.ts";

export { forgetSignIn, signInRowsOf } from "./sign-in/rows.ts";
export { unlock, waysOf } from "./sign-in/unlock.ts";

/** Where to serve; port 0 takes a free one. */
export type Listen = { host: string; port: number };

export type WebOptions = {
  listen: Listen[];
  pool: Pool;
  config: WebConfig;
  clock: Clock;
  log: Log;
  registry?: Registry;
  lease?: House["lease"];
};

function routes(house: House): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(compress(), visitors(house), languages, securityHeaders(house));
  app.route("/api/v1", api(house)); // before the guards of the pages: it has its own, and answers in JSON
  app.use(withoutNul, ownForms(house), boundedForms(house));
  app.notFound(notFoundPage);
  app.onError(troublePage);

  app.get("/assets/:version/:name", asset);
  app.post("/language", choose);
  archiveRoutes(app);
  deliveryRoutes(app);
  writingRoutes(app);
  groupsRoutes(app);
  joiningRoutes(app);
  membersRoutes(app);
  moderationRoutes(app);
  accountRoutes(app);
  serviceRoutes(app, house);
  return app;
}

/** Starts to serve; answers the ports (asked for with 0, given by the system), and the app for tests. */
export async function startWeb(
  options: WebOptions,
): Promise<{ ports: number[]; stop(): Promise<void>; app: Hono<Environment> }> {
  const { listen, registry, ...given } = options;
  const means = { ...given, tokenSecret: newTokenSecret(given) };
  const house: House = {
    ...means,
    registry,
    assets: await readAssets(),
    signIn: newSignIn(means),
    readings: newCache(32 * 1024 * 1024),
    memberCounts: newCache(10_000),
  };
  const app = routes(house);
  const servers = await Promise.all(listen.map((at) => open(app, at)));
  return {
    app,
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    stop: async () => {
      await Promise.all(servers.map(close));
    },
  };
}

function open(app: Hono<Environment>, at: Listen): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: at.host, port: at.port }, () => resolve(server)) as Server;
    server.once("error", reject);
    server.requestTimeout = 300_000; // a file over a slow line
  });
}

/** Lets answers under way finish, and closes connections that only wait. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2000).unref();
  });
}
