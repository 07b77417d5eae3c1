/**
 * The files behind a page: our style sheets and scripts, and the fonts from their npm packages.
 *
 * All are read once at start. Their address holds a hash of everything, so a browser may keep them for a year and still
 * never shows a new page in an old dress. The fonts' own style sheets are used, with their file names made ours.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "./house.ts";

export type Assets = { version: string; files: Map<string, { type: string; bytes: Buffer<ArrayBuffer> }> };

const OURS = new URL("./assets/", import.meta.url);
const SHEETS = [
  "@fontsource-variable/literata/wght.css",
  "@fontsource-variable/literata/wght-italic.css",
  "@fontsource-variable/source-sans-3/index.css",
  "@fontsource-variable/source-sans-3/wght-italic.css",
];
const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

export async function readAssets(): Promise<Assets> {
  const files: Assets["files"] = new Map();
  const add = (name: string, bytes: Buffer): void => {
    files.set(name, { type: TYPES[name.slice(name.lastIndexOf(".") + 1)]!, bytes: Buffer.from(bytes) });
  };
  for (const name of await readdir(OURS)) add(name, await readFile(new URL(name, OURS)));
  const faces: string[] = [];
  for (const sheet of SHEETS) {
    const path = fileURLToPath(import.meta.resolve(sheet));
    const css = await readFile(path, "utf8");
    faces.push(css.replaceAll("./files/", "").replaceAll("woff2-variations", "woff2"));
    for (const [, file] of css.matchAll(/\.\/files\/([\w-]+\.woff2)/g))
      add(file!, await readFile(join(dirname(path), "files", file!)));
  }
  add("type.css", Buffer.from(`${files.get("type.css")!.bytes.toString()}\n${faces.join("\n")}`));
  for (const [name, { bytes }] of files) if (name.endsWith(".css")) add(name, Buffer.from(tight(bytes.toString())));
  const hash = createHash("sha256");
  for (const name of [...files.keys()].sort()) hash.update(name).update(files.get(name)!.bytes);
  return { version: hash.digest("base64url").slice(0, 10), files };
}

/** A style sheet without its comments and blank lines: a fifth lighter. Strings of ours hold neither. */
const tight = (css: string): string =>
  css
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s*\n\s*/g, "\n")
    .trim();

export const assetUrl = (assets: Assets, name: string): string => `/assets/${assets.version}/${name}`;

/** GET /assets/:version/:name */
export function asset(c: Page): Response {
  const { assets } = c.var.house;
  const file = assets.files.get(c.req.param("name") ?? "");
  if (!file) return c.notFound() as Response;
  const isCurrent = c.req.param("version") === assets.version;
  c.header("content-type", file.type);
  c.header("cache-control", isCurrent ? "public, max-age=31536000, immutable" : "no-cache");
  return c.body(file.bytes);
}
