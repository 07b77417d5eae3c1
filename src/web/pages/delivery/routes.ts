/** What became of a post and its copies, and why somebody got it or not. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as delivery from "./delivery.ts";
import * as deliveryCsv from "./delivery-csv.ts";
import * as deliveryHistory from "./delivery-history.ts";
import * as tracker from "./tracker.ts";
import * as why from "./why.ts";

export function deliveryRoutes(app: Hono<Environment>): void {
  app.get("/g/:name/members/:id/delivery", deliveryHistory.page);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/delivery", delivery.page);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/why", why.page);
  app.get("/g/:name/:number{[1-9][0-9]{0,8}}/delivery.csv", deliveryCsv.file);
  app.get("/mail/:id", tracker.page);
}
