/** Signing in, the account of a person, and the first run. */
import type { Hono } from "hono";
import type { Environment } from "../../house.ts";
import * as account from "./account.ts";
import * as accountAddress from "./account-address.ts";
import * as accountData from "./account-data.ts";
import * as accountErase from "./account-erase.ts";
import * as security from "./account-security.ts";
import * as passkey from "./passkey.ts";
import * as second from "./second-factor.ts";
import * as setup from "./setup.ts";
import * as signIn from "./sign-in.ts";
import * as signInWith from "./sign-in-with.ts";
import * as welcome from "./welcome.ts";

export function accountRoutes(app: Hono<Environment>): void {
  app.get("/sign-in", signIn.form).post("/sign-in", signIn.send);
  app.post("/sign-in/password", signIn.password).post("/sign-in/passkey", passkey.use);
  app.get("/sign-in/second", second.form).post("/sign-in/second", second.show);
  app.get("/sign-in/with/:provider", signInWith.begin).get("/sign-in/with/:provider/back", signInWith.back);
  app.get("/sign-in/:token", signIn.arrive).post("/sign-in/:token", signIn.enter);
  app.post("/sign-out", signIn.leave);
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
}
