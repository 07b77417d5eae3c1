/**
 * The language of a request: the visitor's own choice, kept in a cookie, else what their browser asks for.
 *
 * Everything an answer is made of is said in it, however far down it is written (language/language.ts). The choice is a
 * form on every page: a press of a button, back to the same page.
 */
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { catalogues, inLanguage, languageFor } from "../language/language.ts";
import type { Environment, Page } from "./house.ts";
import { ownPath } from "./own-path.ts";
import { textOf } from "./views/forms.ts";

const COOKIE = "language";

export const languages: MiddlewareHandler<Environment> = (c, next) => inLanguage(languageOf(c), next);

function languageOf(c: Page): string {
  const chosen = getCookie(c, COOKIE) ?? "";
  return catalogues().has(chosen) ? chosen : languageFor(c.req.header("accept-language") ?? "");
}

/** POST /language: `language` is a tag, `next` the page to go back to. */
export async function choose(c: Page): Promise<Response> {
  const typed = await c.req.parseBody();
  const language = textOf(typed, "language");
  if (catalogues().has(language))
    setCookie(c, COOKIE, language, {
      path: "/",
      maxAge: 365 * 86_400,
      sameSite: "Lax",
      httpOnly: true,
      secure: c.var.house.config.url.startsWith("https:"),
    });
  return c.redirect(ownPath(textOf(typed, "next")), 303);
}
