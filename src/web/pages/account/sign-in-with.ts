/** Signing in by another service that the operator has named: there and back. */

import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { NotHere } from "../../rights.ts";
import { arrived, nextFrom } from "../../sign-in/arrive.ts";
import { show } from "./sign-in.ts";

/** GET /sign-in/with/:provider?next=PATH */
export async function begin(c: Page): Promise<Response> {
  const { signIn } = c.var.house;
  const provider = providerOf(c);
  const next = nextFrom(c.req.query("next"));
  const begun = await signIn.providers.begin(provider, next);
  if (!begun)
    return show(
      c,
      { email: "", next, failed: t`${provider.label} can't be reached at the moment: take another way.` },
      503,
    );
  for (const cookie of begun.cookies) c.header("set-cookie", cookie, { append: true });
  c.header("cache-control", "no-store");
  return c.redirect(begun.url, 303);
}

/** GET /sign-in/with/:provider/back: what the service answers, brought by the browser. */
export async function back(c: Page): Promise<Response> {
  const { signIn, pool } = c.var.house;
  const provider = providerOf(c);
  const visitor = await c.var.visitor();
  const { came, cookies } = await signIn.providers.comeBack(
    provider,
    c.req.query(),
    c.req.raw.headers,
    visitor?.personId,
  );
  for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
  switch (came.kind) {
    case "failed":
      return show(
        c,
        {
          email: "",
          next: "/",
          failed: t`Signing in with ${provider.label} did not work: try again, or take another way.`,
        },
        400,
      );
    case "taken":
      return c.redirect("/account/security?done=taken", 303);
    case "unproved":
      return show(
        c,
        {
          email: came.email.slice(0, 254),
          next: came.next,
          failed: t`${provider.label} does not vouch for your address here. Have a link mailed to you; in your account you can then connect the two.`,
        },
        403,
      );
    case "linked":
      return c.redirect(came.next, 303);
    case "who": {
      const { who, name } = came;
      if (name !== "" && who.isNew) await transact(pool, (sql) => directory.renamePerson(sql, who.personId, name));
      const entered = await signIn.enter(who, c.req.raw.headers);
      return arrived(c, entered, who.address, came.next);
    }
  }
}

function providerOf(c: Page) {
  const id = c.req.param("provider");
  const provider = c.var.house.signIn.providers.list.find((one) => one.id === id);
  if (!provider) throw new NotHere();
  return provider;
}
