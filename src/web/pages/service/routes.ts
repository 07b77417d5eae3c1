/** The service: for its operators, for machines, and the local mailbox. */
import type { Hono } from "hono";
import type { Environment, House } from "../../house.ts";
import * as health from "./health.ts";
import * as mailbox from "./mailbox.ts";
import * as manifest from "./manifest.ts";
import * as operator from "./operator.ts";
import * as operatorPeople from "./operator-people.ts";
import * as providers from "./providers.ts";
import * as robots from "./robots.ts";

export function serviceRoutes(app: Hono<Environment>, house: House): void {
  app.get("/healthz", health.alive).get("/readyz", health.ready).get("/metrics", health.metrics);
  app.get("/robots.txt", robots.text);
  app.get("/manifest.webmanifest", manifest.manifest);
  app.get("/providers", providers.list);
  app.get("/providers/:name", providers.one).post("/providers/:name", providers.change);
  app.get("/operator/people", operatorPeople.search).post("/operator/people", operatorPeople.ban);
  app
    .get("/operator/people/:id{[0-9a-f-]{36}}", operatorPeople.one)
    .post("/operator/people/:id{[0-9a-f-]{36}}", operatorPeople.act);
  app.post("/operator/leave", operator.leave);
  app.get("/operator/:token", operator.arrive).post("/operator/:token", operator.enter);
  if (house.config.outbound.kind === "capture") {
    app.use("/mailbox", mailbox.onThisMachine).use("/mailbox/*", mailbox.onThisMachine);
    app.get("/mailbox", mailbox.list).get("/mailbox/:id", mailbox.one).get("/mailbox/:id/html", mailbox.asSent);
  }
}
