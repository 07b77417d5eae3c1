/**
 * The JSON API: the same nouns as the commands, in the same shapes, with the rights of the pages.
 *
 * It is mounted before the guard of the forms and has its own: what writes must be JSON, which no form of another site
 * can send, and must come from our own origin as forms must. Other sites' scripts read nothing here: there is no CORS.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { isPassing } from "../../db/sql.ts";
import { Refusal, reasonOf } from "../../kit/errors.ts";
import { elsewhere } from "../errors.ts";
import type { Environment, House, Page } from "../house.ts";
import * as raw from "../pages/archive/raw.ts";
import * as heldSource from "../pages/moderation/held-source.ts";
import { NotAllowed, NotHere, SignInFirst } from "../rights.ts";
import { BadRequest, sayError } from "./answer.ts";
import * as evidence from "./evidence.ts";
import * as groupChanges from "./group-changes.ts";
import * as groups from "./groups.ts";
import * as memberHealth from "./health.ts";
import * as held from "./held.ts";
import * as joining from "./joining.ts";
import * as letters from "./letters.ts";
import * as mails from "./mails.ts";
import * as membership from "./membership.ts";
import { openapi } from "./openapi.ts";
import * as posts from "./posts.ts";
import * as providers from "./providers.ts";
import * as rules from "./rules.ts";
import { newStatus } from "./status.ts";
import * as topics from "./topics.ts";

/** Half a million characters of text, however they are escaped. */
const LARGEST = 4 * 1024 * 1024;

const NAME = ":name{[A-Za-z0-9._-]{1,40}}";
const NUMBER = ":number{[1-9][0-9]{0,8}}";
const ID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

export function api(house: House): Hono<Environment> {
  const app = new Hono<Environment>();
  app.onError(trouble);

  app.get("/openapi.json", (c) => c.json(openapi));
  app.get("/status", newStatus(house));
  const settings = bodyLimit({ maxSize: 100_000, onError: tooLarge });
  app.get("/groups", groups.list).post("/groups", ownJson, settings, groupChanges.make);
  app.post(`/groups/${NAME}`, ownJson, settings, groupChanges.change);
  app.post(`/groups/${NAME}/end`, ownJson, settings, groupChanges.end);
  app.get(`/groups/${NAME}`, groups.one);
  app.get(`/groups/${NAME}/members`, groups.members);
  app.get(`/groups/${NAME}/membership`, membership.own);
  app.post(`/groups/${NAME}/membership`, ownJson, bodyLimit({ maxSize: 10_000, onError: tooLarge }), membership.change);
  app.get(`/groups/${NAME}/rules`, rules.list);
  app.post(`/groups/${NAME}/rules`, ownJson, bodyLimit({ maxSize: 10_000, onError: tooLarge }), rules.add);
  app.delete(`/groups/${NAME}/rules/:id{${ID}}`, ownRequest, rules.remove);
  const small = bodyLimit({ maxSize: 40_000, onError: tooLarge });
  app.get(`/groups/${NAME}/requests`, joining.requests);
  app.post(`/groups/${NAME}/requests/:id{${ID}}`, ownJson, small, joining.decide);
  app.get(`/groups/${NAME}/invitations`, joining.invitations);
  app.post(`/groups/${NAME}/invitations`, ownJson, small, joining.invite);
  app.delete(`/groups/${NAME}/invitations/:id{${ID}}`, ownRequest, joining.takeBack);
  app.get(`/groups/${NAME}/held`, held.list);
  app.get(`/groups/${NAME}/held/:id{${ID}}`, held.one);
  app.post(`/groups/${NAME}/held/:id{${ID}}`, ownJson, bodyLimit({ maxSize: 40_000, onError: tooLarge }), held.decide);
  app.get(`/groups/${NAME}/held/:id{${ID}}/raw`, heldSource.text);
  app.get(`/groups/${NAME}/health`, memberHealth.list);
  app.get(`/groups/${NAME}/letters`, letters.list);
  app.get(`/groups/${NAME}/letters/:letter`, letters.one);
  app.post(
    `/groups/${NAME}/letters/:letter`,
    ownJson,
    bodyLimit({ maxSize: 100_000, onError: tooLarge }),
    letters.change,
  );
  app.get(`/groups/${NAME}/topics`, topics.list);
  app.get(`/groups/${NAME}/topics/:id{${ID}}`, topics.one);
  app.get(`/groups/${NAME}/posts/${NUMBER}`, posts.one);
  app.get(`/groups/${NAME}/posts/${NUMBER}/raw`, raw.text);
  app.get(`/groups/${NAME}/posts/${NUMBER}/delivery`, evidence.report);
  app.get(`/groups/${NAME}/posts/${NUMBER}/recipients`, evidence.recipients);
  app.get(`/groups/${NAME}/members/:address/deliveries`, evidence.history);
  app.post(`/groups/${NAME}/posts`, ownJson, bodyLimit({ maxSize: LARGEST, onError: tooLarge }), posts.send);
  app.get(`/mails/:id{${ID}}`, mails.one);
  app.get("/providers", providers.list);
  app.get("/providers/:provider", providers.one);
  app.post("/providers/:provider", ownJson, bodyLimit({ maxSize: 10_000, onError: tooLarge }), providers.change);

  app.all("*", notHere);
  return app;
}

/** Lets through JSON that was sent from our own origin. */
async function ownJson(c: Page, next: () => Promise<void>): Promise<Response | undefined> {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header("content-type") ?? ""))
    throw new BadRequest("Send JSON, with Content-Type: application/json.", 415);
  return ownRequest(c, next);
}

/** Lets through what was sent from our own origin. */
async function ownRequest(c: Page, next: () => Promise<void>): Promise<Response | undefined> {
  const origin = c.req.header("origin");
  const own = new URL(c.var.house.config.url).origin;
  const isOwn = origin === own || origin === new URL(c.req.url).origin;
  if (!isOwn && c.req.header("sec-fetch-site") !== "same-origin")
    return sayError(c, 403, "from_elsewhere", `Posts are taken from our own origin only: send Origin: ${own}.`);
  await next();
  return undefined;
}

const tooLarge = (c: Page): Response => sayError(c, 413, "too_large", "This is larger than a post may be (4 MB).");

const notHere = (c: Page): Response =>
  sayError(c, 404, "not_found", "There is nothing here for you to see: see /api/v1/openapi.json for what there is.");

const BAD = { 400: "bad_request", 413: "too_large", 415: "not_json" } as const;

/** Bad news, as errors.ts tells it on pages. */
async function trouble(error: Error, c: Page): Promise<Response> {
  const { log } = c.var.house;
  if (error instanceof NotHere) return (await elsewhere(c)) ?? notHere(c);
  if (error instanceof BadRequest) return sayError(c, error.status, BAD[error.status], error.message);
  if (error instanceof SignInFirst)
    return sayError(c, 401, "sign_in_first", "Sign in first, and send the cookie of your session.");
  if (error instanceof NotAllowed) return sayError(c, 403, "not_allowed", error.message);
  if (error instanceof Refusal) return sayError(c, 400, "bad_request", error.message);
  if (isPassing(error)) {
    log.warn({ path: c.req.path, err: reasonOf(error) }, "not answered: the database is away");
    c.header("retry-after", "10");
    return sayError(c, 503, "away", "The database is away for the moment: ask again in a few seconds.");
  }
  log.error({ path: c.req.path, err: error }, "the API failed");
  return sayError(c, 500, "failed", "The fault is ours and has been written to the log. Mail is not touched by it.");
}
