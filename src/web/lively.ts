/** The groups that everybody may know of, by their newest post: looked up once a minute, whoever asks. */
import * as archive from "../archive/archive.ts";
import * as directory from "../directory/directory.ts";
import { MINUTE } from "../kit/clock.ts";
import type { House } from "./house.ts";

/** Beyond these a visitor looks for a word, or goes by title. */
const MOST = 1000;

type Kept = { at: number; ids: Promise<string[]> };
const kept = new WeakMap<House, Kept>();

/** Ids, the liveliest first. */
export function lively(house: House): Promise<string[]> {
  const now = house.clock.now().getTime();
  const known = kept.get(house);
  if (known && now - known.at < MINUTE) return known.ids;
  const ids = lookUp(house);
  kept.set(house, { at: now, ids });
  ids.catch(() => kept.delete(house));
  return ids;
}

async function lookUp({ pool }: House): Promise<string[]> {
  const ids = await archive.liveliest(pool, 5 * MOST);
  const listed = new Set((await directory.listedAmong(pool, ids)).map((one) => one.id));
  return ids.filter((id) => listed.has(id)).slice(0, MOST);
}
