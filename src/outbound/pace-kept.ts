/** Takes up a pace that was kept as JSON. Only what we could have written is believed; anything else begins anew. */
import type { Limits } from "../providers/providers.ts";
import { levelAt } from "./level.ts";
import { FIRST_PAUSE, newPace, type Pace } from "./pace.ts";

export function resumePace(kept: unknown, limits: Limits, now: number): Pace {
  const fresh = newPace(limits, now);
  return isLike(kept, fresh) &&
    isLevel(kept["connections"]) &&
    isLevel(kept["recipients"]) &&
    isRate(kept) &&
    isPause(kept)
    ? (kept as unknown as Pace)
    : fresh;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same fields, and numbers where there are numbers. */
const isLike = (value: unknown, model: object): value is Fields =>
  isFields(value) &&
  Object.keys(value).length === Object.keys(model).length &&
  Object.entries(model).every(([name, own]) =>
    typeof own === "number" ? Number.isFinite(value[name]) : name in value,
  );

const isLevel = (value: unknown): boolean =>
  isLike(value, levelAt(1)) && Number(value["now"]) >= 1 && (value["top"] === null || Number(value["top"]) >= 1);

const isRate = (kept: Fields): boolean => kept["rate"] === null || isLevel(kept["rate"]);

const isPause = ({ suspended, pauseMs }: Fields): boolean =>
  Number(pauseMs) >= FIRST_PAUSE &&
  (suspended === null ||
    (isLike(suspended, { since: 0, sense: "", probeAt: 0 }) && typeof suspended["sense"] === "string"));
