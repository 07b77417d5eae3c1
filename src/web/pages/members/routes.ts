/** Members: how they get their mail, how it arrives, what they may do, who is kept out. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as bans from "./bans.ts";
import * as groupHealth from "./group-health.ts";
import * as member from "./member.ts";
import * as memberHealth from "./member-health.ts";
import * as members from "./members.ts";
import * as myMembership from "./my-membership.ts";
import * as people from "./people.ts";

export function membersRoutes(app: Hono<Environment>): void {
  app.get("/g/:name/membership", myMembership.page).post("/g/:name/membership", myMembership.change);
  app.get("/g/:name/people", people.listed);
  app.get("/g/:name/members", members.table);
  app
    .get("/g/:name/members/:id{[0-9a-f-]{36}}", member.page)
    .post("/g/:name/members/:id{[0-9a-f-]{36}}", member.change);
  app.get("/g/:name/bans", bans.list).post("/g/:name/bans", bans.change);
  app.get("/g/:name/health", groupHealth.list);
  app.get("/g/:name/health/:id", memberHealth.one).post("/g/:name/health/:id", memberHealth.act);
}
