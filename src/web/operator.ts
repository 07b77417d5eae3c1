/**
 * Operators: who is signed in and one of them, and who holds the cookie that the link of `smartgroups provider page` gives.
 * Asked on every request.
 */
import { getCookie } from "hono/cookie";
import * as keys from "../keys/keys.ts";
import { t } from "../language/language.ts";
import type { Page } from "./house.ts";
import { NotAllowed } from "./rights.ts";

export const COOKIE = "smartgroups.operator";

/** Is it an operator who is looking? */
export const isOperator = async (c: Page): Promise<boolean> =>
  (await hasPass(c)) || ((await c.var.visitor())?.isOperator ?? false);

/** By the link of a command. */
export async function hasPass(c: Page): Promise<boolean> {
  const pass = getCookie(c, COOKIE);
  if (!pass) return false;
  const { tokenSecret, clock } = c.var.house;
  return keys.isOperatorPass(await tokenSecret(), "cookie", pass, clock.now());
}

/** Thrown at who is none; says how to become one. */
export class OperatorsOnly extends NotAllowed {
  constructor() {
    super(
      t`This is for the operators of the service: the command smartgroups provider page prints a link that opens it.`,
    );
  }
}

export async function operatorsOnly(c: Page): Promise<void> {
  if (!(await isOperator(c))) throw new OperatorsOnly();
}
