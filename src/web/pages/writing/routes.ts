/** Writing posts and replies, drafts, and private mail to an author. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as compose from "./compose.ts";
import * as drafts from "./drafts.ts";
import * as writeAuthor from "./write-author.ts";

export function writingRoutes(app: Hono<Environment>): void {
  app.get("/g/:name/new", compose.fresh).post("/g/:name/new", compose.send);
  app.get("/drafts", drafts.list).post("/drafts", drafts.change);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/reply", compose.reply)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/reply", compose.send);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/write", writeAuthor.form)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/write", writeAuthor.send);
}
