/**
 * Appetite: how many deliveries a lane takes ahead of need. Enough for a second at its present rate, so that it never
 * waits for the database, and not more, so that memory is bounded and what comes now is soon in its turn.
 */
import { elapsed } from "../kit/clock.ts";

const AHEAD_SECONDS = 1;
const LEAST = 100;
const MOST = 4000;
const MOST_ROWS = 200;
const NEWS = 4;
const NEWS_EVERY = 250;

export class Appetite {
  private second = 0;
  private inThisSecond = 0;
  private inTheLast = 0;
  private recipientsARow = 20;
  private ahead = LEAST;
  private newsAt = Number.NEGATIVE_INFINITY;

  /** A mail to so many recipients began, at `now` milliseconds. */
  ate(recipients: number, now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.inTheLast = second === this.second + 1 ? this.inThisSecond : 0;
      this.inThisSecond = 0;
      this.second = second;
    }
    this.inThisSecond += recipients;
  }

  /** A delivery of so many recipients was taken. */
  took(recipients: number): void {
    this.recipientsARow = Math.max(1, 0.8 * this.recipientsARow + 0.2 * recipients);
  }

  /** What had just come was looked at. */
  heardNews(): void {
    this.newsAt = elapsed();
  }

  /** With so many recipients in hand, is it time for more? A cheap question. */
  isLow(load: number): boolean {
    return load <= this.ahead / 2;
  }

  /** How many recipients are more than this lane should keep from others: another node may send them sooner. */
  excess(load: number): number {
    return Math.max(0, load - 2 * this.ahead);
  }

  /**
   * How many deliveries to take when `load` recipients are in hand and `most` may be sent. Of what has just come a few
   * are taken all the same: they may be first in the order.
   */
  rows(load: number, most: number, hasNews: boolean): number {
    const rate = Math.max(this.inThisSecond, this.inTheLast);
    this.ahead = Math.min(MOST, Math.max(LEAST, AHEAD_SECONDS * rate), most);
    if (this.isLow(load)) return Math.min(MOST_ROWS, Math.max(1, Math.ceil((this.ahead - load) / this.recipientsARow)));
    return hasNews && elapsed() - this.newsAt >= NEWS_EVERY ? NEWS : 0;
  }
}
