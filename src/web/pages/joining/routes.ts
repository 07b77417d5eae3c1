/** Joining, being invited, coming back and leaving. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as back from "./back.ts";
import * as invitation from "./invitation.ts";
import * as invitations from "./invitations.ts";
import * as join from "./join.ts";
import * as joinGroup from "./join-group.ts";
import * as leave from "./leave.ts";
import * as membership from "./membership.ts";
import * as requests from "./requests.ts";

export function joiningRoutes(app: Hono<Environment>): void {
  app.get("/g/:name/join", joinGroup.form).post("/g/:name/join", joinGroup.join);
  app.get("/g/:name/requests", requests.list).post("/g/:name/requests", requests.decide);
  app.get("/g/:name/invitations", invitations.list).post("/g/:name/invitations", invitations.change);
  app.get("/invitation/:token", invitation.ask).post("/invitation/:token", invitation.decide);
  app.get("/g/:name/leave", membership.leaveForm).post("/g/:name/leave", membership.leave);
  app.get("/join/:token", join.ask).post("/join/:token", join.join);
  app.get("/back/:token", back.ask).post("/back/:token", back.back);
  app.get("/leave/:token", leave.ask).post("/leave/:token", leave.leave);
  app.get("/leave/:token/undo", leave.ask).post("/leave/:token/undo", leave.undo);
}
