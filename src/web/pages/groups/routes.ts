/** Groups themselves: found, made, described, set, worded, renamed and ended. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as about from "./about.ts";
import * as directoryPage from "./directory.ts";
import * as end from "./end.ts";
import * as groups from "./groups.ts";
import * as letter from "./letter.ts";
import * as letters from "./letters.ts";
import * as newGroup from "./new-group.ts";
import * as rename from "./rename.ts";
import * as settings from "./settings.ts";

export function groupsRoutes(app: Hono<Environment>): void {
  app.get("/", groups.list);
  app.get("/groups", directoryPage.page);
  app.get("/groups/new", newGroup.form).post("/groups/new", newGroup.make);
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
}
