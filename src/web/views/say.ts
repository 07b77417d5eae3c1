/** Sentences with markup or pages' pieces in them, in the language of the moment. */
import { html } from "hono/html";
import { piecesOf } from "../../language/language.ts";
import type { Html } from "./layout.ts";

/** As `html`: what stands in the sentence is markup, what is filled in is escaped unless it is markup itself. */
export function th(strings: TemplateStringsArray, ...values: unknown[]): Html {
  const { pieces, order } = piecesOf(strings);
  return html(Object.assign(pieces, { raw: pieces }), ...order.map((index) => values[index]));
}
