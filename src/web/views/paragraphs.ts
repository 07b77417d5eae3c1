/** Plain text of several paragraphs as it may stand on a page. */
import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** An empty line divides; a single line end is kept. */
export const paragraphs = (text: string): Html =>
  html`${text
    .trim()
    .split(/\n\s*\n/)
    .map((one) => html`<p dir="auto">${one.split("\n").map((line, i) => (i === 0 ? line : html`<br>${line}`))}</p>`)}`;
