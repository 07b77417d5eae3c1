/**
 * What a phone or a desktop needs to keep us among its programs (W3C Web Application Manifest). There is no service
 * worker: pages are asked for anew, so an installed Smartgroups never shows yesterday's mail as today's.
 */
import { directionNow, localeNow, t } from "../../../language/language.ts";
import { assetUrl } from "../../assets.ts";
import type { Page } from "../../house.ts";

/** GET /manifest.webmanifest, in the language of who asks */
export function manifest(c: Page): Response {
  const { assets, config } = c.var.house;
  const icon = (name: string, sizes: string, type: string) => ({ src: assetUrl(assets, name), sizes, type });
  const content = {
    id: "/",
    name: `Smartgroups · ${new URL(config.url).host}`,
    short_name: "Smartgroups",
    description: t`Groups that write to each other by mail, and their archives.`,
    lang: localeNow(),
    dir: directionNow(),
    start_url: "/",
    scope: "/",
    display: "minimal-ui",
    background_color: "#fbfaf7",
    theme_color: "#fbfaf7",
    icons: [
      icon("stamp.svg", "any", "image/svg+xml"),
      icon("icon-192.png", "192x192", "image/png"),
      icon("icon-512.png", "512x512", "image/png"),
      { ...icon("icon-512.png", "512x512", "image/png"), purpose: "maskable" },
    ],
  };
  c.header("cache-control", "private, max-age=3600");
  c.header("vary", "Accept-Language, Cookie");
  return c.body(JSON.stringify(content), 200, { "content-type": "application/manifest+json" });
}
