/** Figures with their units, as people write them. */
import { figureOf, localeNow, tn } from "../../language/language.ts";

export const figure = figureOf;

/** `820 bytes`, `14 kB`, `2.3 MB` */
export function sizeInWords(bytes: number): string {
  if (bytes < 1000) return tn(bytes, "{0} byte", "{0} bytes");
  const isLarge = bytes >= 1_000_000;
  const format = new Intl.NumberFormat(localeNow(), isLarge ? ONE_DIGIT : { maximumFractionDigits: 0 });
  return `${format.format(bytes / (isLarge ? 1_000_000 : 1000))} ${isLarge ? "MB" : "kB"}`;
}

const ONE_DIGIT = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
