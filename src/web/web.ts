/** The web: every address it answers, and the server behind them. Pages are in pages/, one file each, handler above view. */
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
import * as about from "./pages/about.ts";
import * as account from "./pages/account.ts";
import * as accountAddress from "./pages/account-address.ts";
import * as accountData from "./pages/account-data.ts";
import * as accountErase from "./pages/account-erase.ts";
import * as security from "./pages/account-security.ts";
import * as answers from "./pages/answers.ts";
import * as asSent from "./pages/as-sent.ts";
import * as back from "./pages/back.ts";
import * as bans from "./pages/bans.ts";
import * as byId from "./pages/by-id.ts";
import * as care from "./pages/care.ts";
import * as compose from "./pages/compose.ts";
import * as delivery from "./pages/delivery.ts";
import * as deliveryCsv from "./pages/delivery-csv.ts";
import * as deliveryHistory from "./pages/delivery-history.ts";
import * as directoryPage from "./pages/directory.ts";
import * as drafts from "./pages/drafts.ts";
import * as edit from "./pages/edit.ts";
import * as emergency from "./pages/emergency.ts";
import * as end from "./pages/end.ts";
import * as feed from "./pages/feed.ts";
import * as follow from "./pages/follow.ts";
import * as group from "./pages/group.ts";
import * as groupHealth from "./pages/group-health.ts";
import * as groups from "./pages/groups.ts";
import * as health from "./pages/health.ts";
import * as held from "./pages/held.ts";
import * as heldEdit from "./pages/held-edit.ts";
import * as heldList from "./pages/held-list.ts";
import * as heldSource from "./pages/held-source.ts";
import * as invitation from "./pages/invitation.ts";
import * as invitations from "./pages/invitations.ts";
import * as join from "./pages/join.ts";
import * as joinGroup from "./pages/join-group.ts";
import * as leave from "./pages/leave.ts";
import * as letter from "./pages/letter.ts";
import * as letters from "./pages/letters.ts";
import * as log from "./pages/log.ts";
import * as mailbox from "./pages/mailbox.ts";
import * as manifest from "./pages/manifest.ts";
import * as mbox from "./pages/mbox.ts";
import * as member from "./pages/member.ts";
import * as memberHealth from "./pages/member-health.ts";
import * as members from "./pages/members.ts";
import * as membership from "./pages/membership.ts";
import * as message from "./pages/message.ts";
import * as month from "./pages/month.ts";
import * as myMembership from "./pages/my-membership.ts";
import * as newGroup from "./pages/new-group.ts";
import * as operator from "./pages/operator.ts";
import * as operatorPeople from "./pages/operator-people.ts";
import * as part from "./pages/part.ts";
import * as passkey from "./pages/passkey.ts";
import * as people from "./pages/people.ts";
import * as providers from "./pages/providers.ts";
import * as raw from "./pages/raw.ts";
import * as read from "./pages/read.ts";
import * as rename from "./pages/rename.ts";
import * as report from "./pages/report.ts";
import * as reports from "./pages/reports.ts";
import * as requests from "./pages/requests.ts";
import * as robots from "./pages/robots.ts";
import * as rules from "./pages/rules.ts";
import * as second from "./pages/second-factor.ts";
import * as settings from "./pages/settings.ts";
import * as setup from "./pages/setup.ts";
import * as signIn from "./pages/sign-in.ts";
import * as signInWith from "./pages/sign-in-with.ts";
import * as tag from "./pages/tag.ts";
import * as topic from "./pages/topic.ts";
import * as tracker from "./pages/tracker.ts";
import * as welcome from "./pages/welcome.ts";
import * as why from "./pages/why.ts";
import * as writeAuthor from "./pages/write-author.ts";
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
};

function routes(house: House): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(compress(), visitors(house), languages, securityHeaders(house));
  app.route("/api/v1", api(house)); // before the guards of the pages: it has its own, and answers in JSON
  app.use(withoutNul, ownForms(house), boundedForms(house));
  app.notFound(notFoundPage);
  app.onError(troublePage);

  app.get("/healthz", health.alive).get("/readyz", health.ready).get("/metrics", health.metrics);
  app.get("/robots.txt", robots.text);
  app.get("/manifest.webmanifest", manifest.manifest);
  app.get("/assets/:version/:name", asset);

  app.get("/", groups.list);
  app.get("/groups", directoryPage.page);
  app.get("/groups/new", newGroup.form).post("/groups/new", newGroup.make);
  app.get("/sign-in", signIn.form).post("/sign-in", signIn.send);
  app.post("/sign-in/password", signIn.password).post("/sign-in/passkey", passkey.use);
  app.get("/sign-in/second", second.form).post("/sign-in/second", second.show);
  app.get("/sign-in/with/:provider", signInWith.begin).get("/sign-in/with/:provider/back", signInWith.back);
  app.get("/sign-in/:token", signIn.arrive).post("/sign-in/:token", signIn.enter);
  app.post("/sign-out", signIn.leave);
  app.post("/language", choose);
  app.get("/setup/:token", setup.form).post("/setup/:token", setup.make);
  app.get("/account", account.page).post("/account", account.change);
  app.get("/account/data", accountData.page).post("/account/data", accountData.ask);
  app.get("/account/data/:id{[0-9a-f-]{36}}", accountData.file);
  app.get("/account/erase", accountErase.page).post("/account/erase", accountErase.ask);
  app.get("/account/erase/:token", accountErase.arrive).post("/account/erase/:token", accountErase.decide);
  app.get("/account/security", security.page).post("/account/security", security.change);
  app.post("/account/passkey", passkey.make);
  app.get("/account/welcome", welcome.form).post("/account/welcome", welcome.keep);
  app.get("/account/address/:token", accountAddress.ask).post("/account/address/:token", accountAddress.confirm);

  app.get("/g/:name", group.topics);
  app.get("/g/:name/topic/:id{[0-9a-f-]{36}}", topic.thread);
  app.post("/g/:name/read", read.all);
  app.post("/g/:name/topic/:id{[0-9a-f-]{36}}/care", care.topic);
  app.post("/g/:name/:number{[1-9][0-9]{0,8}}/care", care.post);
  app.post("/g/:name/topic/:id{[0-9a-f-]{36}}/follow", follow.topic);
  app.get("/g/:name/log", log.page);
  app.get("/g/:name/tag/:tag", tag.one);
  app.get("/g/:name/topic/:id{[0-9a-f-]{36}}/new", read.firstNew);
  app.get("/g/:name/topic/:id{[0-9a-f-]{36}}/mbox", mbox.topic);
  app.get("/g/:name/topic/:id{[0-9a-f-]{36}}/feed.atom", feed.topic);
  app.get("/g/:name/feed.atom", feed.group);
  app.get("/g/:name/mbox", mbox.group);
  app.get("/g/:name/:month{[0-9]{4}-[0-9]{2}}/mbox", mbox.month);
  app.get("/g/:name/by-id/:id{.{1,998}}", byId.post);
  app.get("/g/:name/months", month.list);
  app.get("/g/:name/:month{[0-9]{4}-[0-9]{2}}", month.one);
  app.get("/g/:name/new", compose.fresh).post("/g/:name/new", compose.send);
  app.get("/drafts", drafts.list).post("/drafts", drafts.change);
  app.get("/g/:name/join", joinGroup.form).post("/g/:name/join", joinGroup.join);
  app.get("/g/:name/requests", requests.list).post("/g/:name/requests", requests.decide);
  app.get("/g/:name/invitations", invitations.list).post("/g/:name/invitations", invitations.change);
  app.get("/invitation/:token", invitation.ask).post("/invitation/:token", invitation.decide);
  app.get("/g/:name/membership", myMembership.page).post("/g/:name/membership", myMembership.change);
  app.get("/g/:name/leave", membership.leaveForm).post("/g/:name/leave", membership.leave);
  app.get("/g/:name/people", people.listed);
  app.get("/g/:name/members", members.table);
  app
    .get("/g/:name/members/:id{[0-9a-f-]{36}}", member.page)
    .post("/g/:name/members/:id{[0-9a-f-]{36}}", member.change);
  app.get("/g/:name/settings", settings.overview);
  app
    .get("/g/:name/settings/:section{[a-z]{1,20}}", settings.section)
    .post("/g/:name/settings/:section{[a-z]{1,20}}", settings.save);
  app.get("/g/:name/letters", letters.list);
  app.get("/g/:name/letters/:letter", letter.edit).post("/g/:name/letters/:letter", letter.change);
  app.get("/g/:name/letters/:letter/preview", letter.preview).post("/g/:name/letters/:letter/preview", letter.preview);
  app.get("/g/:name/about", about.page);
  app.get("/g/:name/rename", rename.form).post("/g/:name/rename", rename.change);
  app.get("/g/:name/end", end.form).post("/g/:name/end", end.change);
  app.get("/g/:name/bans", bans.list).post("/g/:name/bans", bans.change);
  app.get("/g/:name/reports", reports.list);
  app.post("/g/:name/reports/:number{[1-9][0-9]{0,8}}", reports.decide);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/report", report.form)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/report", report.send);
  app.get("/g/:name/rules", rules.list).post("/g/:name/rules", rules.change);
  app.post("/g/:name/emergency", emergency.turn);
  app.get("/g/:name/health", groupHealth.list);
  app.get("/g/:name/health/:id", memberHealth.one).post("/g/:name/health/:id", memberHealth.act);
  app.get("/g/:name/members/:id/delivery", deliveryHistory.page);
  app.get("/g/:name/held", held.desk);
  app.get("/g/:name/held/list", heldList.list).post("/g/:name/held/list", heldList.decide);
  app.get("/g/:name/held/:id", held.one).post("/g/:name/held/:id", held.decide);
  app.get("/g/:name/held/:id/edit", heldEdit.form).post("/g/:name/held/:id/edit", heldEdit.save);
  app.get("/g/:name/held/:id/raw", heldSource.text);
  app.get("/g/:name/held/:id/part/:index{[0-9]{1,4}}", heldSource.part);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/original", heldSource.original);
  app.get("/g/:name/answers", answers.list).post("/g/:name/answers", answers.change);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}", message.one);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/raw", raw.text);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/html", asSent.page);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/delivery", delivery.page);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/edit", edit.form)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/edit", edit.save);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/editions", edit.editions);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/why", why.page);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/delivery.csv", deliveryCsv.file);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/part/:index{[0-9]{1,4}}", part.content);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/reply", compose.reply)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/reply", compose.send);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/write", writeAuthor.form)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/write", writeAuthor.send);

  app.get("/providers", providers.list);
  app.get("/providers/:name", providers.one).post("/providers/:name", providers.change);
  app.get("/operator/people", operatorPeople.search).post("/operator/people", operatorPeople.ban);
  app
    .get("/operator/people/:id{[0-9a-f-]{36}}", operatorPeople.one)
    .post("/operator/people/:id{[0-9a-f-]{36}}", operatorPeople.act);
  app.post("/operator/leave", operator.leave);
  app.get("/operator/:token", operator.arrive).post("/operator/:token", operator.enter);

  app.get("/mail/:id", tracker.page);
  app.get("/join/:token", join.ask).post("/join/:token", join.join);
  app.get("/back/:token", back.ask).post("/back/:token", back.back);
  app.get("/leave/:token", leave.ask).post("/leave/:token", leave.leave);
  app.get("/leave/:token/undo", leave.ask).post("/leave/:token/undo", leave.undo);

  if (house.config.outbound.kind === "capture") {
    app.use("/mailbox", mailbox.onThisMachine).use("/mailbox/*", mailbox.onThisMachine);
    app.get("/mailbox", mailbox.list).get("/mailbox/:id", mailbox.one).get("/mailbox/:id/html", mailbox.asSent);
  }
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
