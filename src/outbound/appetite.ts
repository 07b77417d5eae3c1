/**
 * Appetite: how many deliveries a lane takes ahead of need. Enough for a second at its present rate, so that it never
 * waits for the database, and not more, so that memory is bounded and what comes now is soon in its turn.
 */
const AHEAD_SECONDS = 1;
const LEAST = 200;
const MOST = 4000;
const MOST_ROWS = 200;
const NEWS = 8;

export class Appetite {
  private second = 0;
  private inThisSecond = 0;
  private inTheLast = 0;
  private recipientsARow = 20;
  private lowWater = LEAST / 2;

  /** A mail began, at `now` milliseconds. */
  ate(now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.inTheLast = second === this.second + 1 ? this.inThisSecond : 0;
      this.inThisSecond = 0;
      this.second = second;
    }
    this.inThisSecond += 1;
  }

  /** A delivery of so many recipients was taken. */
  took(recipients: number): void {
    this.recipientsARow = Math.max(1, 0.8 * this.recipientsARow + 0.2 * recipients);
  }

  /** With so many recipients in hand, is it time for more? A cheap question. */
  isLow(load: number): boolean {
    return load <= this.lowWater;
  }

  /**
   * How many deliveries to take when `load` recipients are in hand and `most` may be sent. Of what has just come a few
   * are taken all the same: they may be first in the order.
   */
  rows(load: number, most: number, hasNews: boolean): number {
    const rate = Math.max(this.inThisSecond, this.inTheLast);
    const ahead = Math.min(MOST, Math.max(LEAST, AHEAD_SECONDS * rate), most);
    this.lowWater = ahead / 2;
    if (load > this.lowWater) return hasNews && load < 2 * MOST ? NEWS : 0;
    return Math.min(MOST_ROWS, Math.max(1, Math.ceil((ahead - load) / this.recipientsARow)));
  }
}
