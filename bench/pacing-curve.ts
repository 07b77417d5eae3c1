/** Draws two courses against what the provider would have taken: an SVG in the colours of docs/design.md, for light and dark. */
import { MINUTE } from "../src/kit/clock.ts";
import { BUCKET, type Course } from "../test/support/pacing/drive.ts";

const WIDTH = 760;
const HEIGHT = 346;
const PLOT = { left: 64, right: 740, top: 62, bottom: 216 };
/** Buckets joined to a point, so that the clock's minutes of a provider do not look like a saw. */
const JOINED = 3;

const STYLE = `
  svg { --paper: #fbfaf7; --ink: #1d1c1a; --soft: #55524c; --line: #e2dfd6; --could: #e9e3d4; --us: #2a5d8a; --peer: #805300; --stop: #a3221a }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #171615; --ink: #e9e6df; --soft: #b9b4a9; --line: #34312d; --could: #3a352a; --us: #8cbbe6; --peer: #dfb25c; --stop: #f08c80 }
  }
  text { font: 13px "Source Sans 3", "Source Sans Pro", system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums }
  .title { font: 600 17px Literata, Georgia, serif; fill: var(--ink) }
  .us { fill: none; stroke: var(--us); stroke-width: 2; stroke-linejoin: round }
  .peer { fill: none; stroke: var(--peer); stroke-width: 1.5; stroke-dasharray: 5 3; stroke-linejoin: round }
  .grid { stroke: var(--line) } .could { fill: var(--could) } .paper { fill: var(--paper) } .stop { fill: var(--stop) }`;

export function drawCourses(name: string, could: readonly number[], us: Course, peer: Course): string {
  const minutes = (could.length * BUCKET) / MINUTE;
  const rates = { could: joined(could), us: joined(us.taken).map(toRate), peer: joined(peer.taken).map(toRate) };
  const most = 1.06 * Math.max(...rates.could, ...rates.us, ...rates.peer);
  const x = (minute: number): number => PLOT.left + ((PLOT.right - PLOT.left) * minute) / minutes;
  const y = (rate: number): number => PLOT.bottom - ((PLOT.bottom - PLOT.top) * rate) / most;
  const step = niceStep(most / 4);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  const line = (points: readonly number[]): string =>
    points.map((rate, i) => `${i === 0 ? "M" : "L"}${round(x(minuteOf(i + 0.5)))} ${round(y(rate))}`).join("");
  const area = could
    .map((rate, i) => {
      const [from, to] = [i, i + 1].map((bucket) => round(x((bucket * BUCKET) / MINUTE)));
      return `L${from} ${round(y(rate))}L${to} ${round(y(rate))}`;
    })
    .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}: mails taken a minute">
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="20" y="30">${name[0]!.toUpperCase()}${name.slice(1)}</text>
<rect class="could" x="${PLOT.right - 452}" y="19" width="14" height="12"/><text x="${PLOT.right - 432}" y="30">would take</text>
<path class="us" d="M${PLOT.right - 350} 25h26"/><text x="${PLOT.right - 318}" y="30">Smartgroups</text>
<path class="peer" d="M${PLOT.right - 222} 25h26"/><text x="${PLOT.right - 190}" y="30">as Postfix's documents say</text>
<text x="20" y="52">mails a minute</text>
<path class="could" d="M${PLOT.left} ${PLOT.bottom}${area}L${PLOT.right} ${PLOT.bottom}Z"/>
${ticks.map((rate) => `<path class="grid" d="M${PLOT.left} ${round(y(rate))}H${PLOT.right}"/><text x="${PLOT.left - 8}" y="${round(y(rate) + 4)}" text-anchor="end">${rate.toLocaleString("en")}</text>`).join("\n")}
<path class="peer" d="${line(rates.peer)}"/>
<path class="us" d="${line(rates.us)}"/>
${Array.from({ length: minutes / 5 + 1 }, (_, i) => `<text x="${round(x(i * 5))}" y="${PLOT.bottom + 18}" text-anchor="middle">${i * 5}${i === 0 ? " min" : ""}</text>`).join("")}
${refusals(us, x, PLOT.bottom + 58, "Smartgroups")}
${refusals(peer, x, PLOT.bottom + 98, "Postfix-like")}
</svg>
`;
}

/** A row of marks: the higher, the more was refused (ten times as many, a third higher). */
function refusals({ refused }: Course, x: (minute: number) => number, y: number, who: string): string {
  const count = refused.reduce((total, one) => total + one, 0);
  const marks = refused.flatMap((some, i) => {
    if (some === 0) return [];
    const height = round(4 + 4 * Math.log10(some));
    return [`M${round(x((i * BUCKET) / MINUTE))} ${y + 4}v-${height}h3v${height}z`];
  });
  const row = `<path class="grid" d="M${PLOT.left} ${y + 4.5}H${PLOT.right}"/><path class="stop" d="${marks.join("")}"/>`;
  return `${row}<text x="${PLOT.left}" y="${y + 18}">${who}: ${count.toLocaleString("en")} refused</text>`;
}

const minuteOf = (point: number): number => (point * JOINED * BUCKET) / MINUTE;
const toRate = (count: number): number => (count * MINUTE) / BUCKET;
const round = (value: number): number => Math.round(value * 10) / 10;

/** Means of each few buckets. */
function joined(counts: readonly number[]): number[] {
  return Array.from({ length: Math.floor(counts.length / JOINED) }, (_, i) => {
    const some = counts.slice(i * JOINED, (i + 1) * JOINED);
    return some.reduce((total, one) => total + one, 0) / some.length;
  });
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
}
