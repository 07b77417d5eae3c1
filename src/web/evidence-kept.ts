/** From when on the settle log is there to be read. */
import { DAY } from "../kit/clock.ts";
import type { House } from "./house.ts";

export const logKept = ({ config }: Pick<House, "config">): number => config.logKept ?? 30 * DAY;

export const keptSince = (house: Pick<House, "config" | "clock">): Date =>
  new Date(house.clock.now().getTime() - logKept(house));
