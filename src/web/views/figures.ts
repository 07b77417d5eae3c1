/** Figures with their units, as people write them. */
const whole = new Intl.NumberFormat("en-GB");

export const figure = (number: number): string => whole.format(number);

/** `1 post`, `1,204 posts` */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${figure(number)} ${number === 1 ? one : many}`;

/** `820 bytes`, `14 kB`, `2.3 MB` */
export function sizeInWords(bytes: number): string {
  if (bytes < 1000) return counted(bytes, "byte");
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
