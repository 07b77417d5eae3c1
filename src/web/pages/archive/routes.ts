/** Reading the archive, and caring for it: topics, posts, months, feeds and files. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as asSent from "./as-sent.ts";
import * as byId from "./by-id.ts";
import * as care from "./care.ts";
import * as edit from "./edit.ts";
import * as feed from "./feed.ts";
import * as follow from "./follow.ts";
import * as group from "./group.ts";
import * as mbox from "./mbox.ts";
import * as message from "./message.ts";
import * as month from "./month.ts";
import * as part from "./part.ts";
import * as raw from "./raw.ts";
import * as read from "./read.ts";
import * as tag from "./tag.ts";
import * as topic from "./topic.ts";

export function archiveRoutes(app: Hono<Environment>): void {
  app.get("/g/:name", group.topics);
  app.get("/g/:name/topic/:id{[0-9a-f-]{36}}", topic.thread);
  app.post("/g/:name/read", read.all);
  app.post("/g/:name/topic/:id{[0-9a-f-]{36}}/care", care.topic);
  app.post("/g/:name/:number{[1-9][0-9]{0,8}}/care", care.post);
  app.post("/g/:name/topic/:id{[0-9a-f-]{36}}/follow", follow.topic);
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
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}", message.one);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/raw", raw.text);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/html", asSent.page);
  app
    .get("/g/:name/:number{[1-9][0-9]{0,8}}/edit", edit.form)
    .post("/g/:name/:number{[1-9][0-9]{0,8}}/edit", edit.save);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/editions", edit.editions);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/part/:index{[0-9]{1,4}}", part.content);
}
