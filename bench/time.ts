/** Time for benches: milliseconds since 1970 with a fraction, comparable between processes of one machine. */
import { elapsed } from "../src/kit/clock.ts";

export const benchNow = (): number => performance.timeOrigin + elapsed();
