/** Held posts, reports, rules, and the log of what was done. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as answers from "./answers.ts";
import * as emergency from "./emergency.ts";
import * as held from "./held.ts";
import * as heldEdit from "./held-edit.ts";
import * as heldList from "./held-list.ts";
import * as heldSource from "./held-source.ts";
import * as log from "./log.ts";
import * as report from "./report.ts";
import * as reports from "./reports.ts";
import * as rules from "./rules.ts";

export function moderationRoutes(app: Hono<Environment>): void {
  app.get("/g/:name/log", log.page);
  app.get("/g/:name/reports", reports.list);
  app.post("/g/:name/reports/:number{[1-9][0-9]{0,8}}", reports.decide);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/report", report.form)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/report", report.send);
  app.get("/g/:name/rules", rules.list).post("/g/:name/rules", rules.change);
  app.post("/g/:name/emergency", emergency.turn);
  app.get("/g/:name/held", held.desk);
  app.get("/g/:name/held/list", heldList.list).post("/g/:name/held/list", heldList.decide);
  app.get("/g/:name/held/:id", held.one).post("/g/:name/held/:id", held.decide);
  app.get("/g/:name/held/:id/edit", heldEdit.form).post("/g/:name/held/:id/edit", heldEdit.save);
  app.get("/g/:name/held/:id/raw", heldSource.text);
  app.get("/g/:name/held/:id/part/:index{[0-9]{1,4}}", heldSource.part);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/original", heldSource.original);
  app.get("/g/:name/answers", answers.list).post("/g/:name/answers", answers.change);
}
