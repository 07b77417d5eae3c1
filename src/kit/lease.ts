/**
 * A lease as its holder sees it: may we go on with what we hold?
 *
 * The lease is good for HOLD from the moment at which a question was asked to which the database answered that we are
 * still entered. It lapses as soon as one of two clocks says so: the monotonic one, and the time since boot, which
 * counts a suspend. Whoever was away for longer than GAP, frozen or starved, asks anew before it goes on, however good
 * the lease still looks. When the database says that we are not entered any more, the lease is lost for good.
 *
 * Those who watch us (queue/workers.ts) wait for WATCHED, which is longer than HOLD: what was begun in the last moment
 * of a lease is through before anybody else begins. Whose clock decides what: docs/decisions/0080-whose-clock.md.
 */
import { between, type Moment, moment, SECOND } from "./clock.ts";

export const HOLD = 7 * SECOND;
export const WATCHED = 9 * SECOND;
const GAP = 2 * SECOND;
/** A question that got no answer is asked again so soon. */
const ASK_AGAIN = SECOND / 2;
/** Often enough that only an absence makes a gap. */
const TICK = SECOND / 2;

/**
 * - held: go on
 * - unsure: begin nothing until the database has been asked
 * - lapsed: begin nothing, and give back what is not begun: others may think that we are dead
 * - lost: others have what we held; stop
 */
export type Standing = "held" | "unsure" | "lapsed" | "lost";

export type LeaseOptions = {
  /** Has the database asked, at once, whether we are entered; what it says comes by `confirm` or `lose`. */
  ask(): void;
  now?: () => Moment;
};

export class Lease {
  private readonly ask: () => void;
  private readonly now: () => Moment;
  private confirmedAt: Moment;
  private checkedAt: Moment;
  private askedAt: Moment | undefined;
  /** Answers to questions from before this moment say nothing. */
  private doubtedAt: Moment | undefined;
  private isLost = false;
  /** As it was told last. */
  private told: Standing = "held";
  private readonly followers = new Set<(standing: Standing) => void>();
  private readonly ticking: NodeJS.Timeout;

  /** `enteredAt`: when we asked to be entered. */
  constructor(enteredAt: Moment, { ask, now = moment }: LeaseOptions) {
    this.ask = ask;
    this.now = now;
    this.confirmedAt = enteredAt;
    this.checkedAt = now();
    this.ticking = setInterval(() => this.standing(), TICK).unref();
  }

  /** How it stands now. Asks when there is doubt. */
  standing(): Standing {
    this.told = this.weigh();
    return this.told;
  }

  get isHeld(): boolean {
    return this.standing() === "held";
  }

  /** Resolves when it is certain: true when we hold it, false when it is lost. */
  async sure(): Promise<boolean> {
    let standing = this.standing();
    while (standing !== "held" && standing !== "lost")
      standing = await new Promise<Standing>((resolve) => {
        const follow = (now: Standing): void => {
          this.followers.delete(follow);
          resolve(now);
        };
        this.followers.add(follow);
      });
    return standing === "held";
  }

  /** The database has answered a question of this moment: we are entered. */
  confirm(askedAt: Moment): void {
    if (this.isLost) return;
    if (askedAt.monotonic > this.confirmedAt.monotonic) this.confirmedAt = askedAt;
    if (this.doubtedAt && askedAt.monotonic >= this.doubtedAt.monotonic) this.doubtedAt = undefined;
    if (this.told !== "held" && this.standing() === "held") this.tell("held");
  }

  /** The database has answered: we are not entered any more. */
  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    clearInterval(this.ticking);
    this.tell("lost");
  }

  /** Calls `follower` whenever a doubt is over, and when the lease is lost. */
  follow(follower: (standing: Standing) => void): void {
    this.followers.add(follower);
  }

  /** Its holder ends. */
  end(): void {
    clearInterval(this.ticking);
  }

  private weigh(): Standing {
    if (this.isLost) return "lost";
    const now = this.now();
    if (between(this.checkedAt, now) > GAP) this.doubtedAt = now;
    this.checkedAt = now;
    const hasLapsed = between(this.confirmedAt, now) > HOLD;
    if (!hasLapsed && !this.doubtedAt) return "held";
    if (!this.askedAt || between(this.askedAt, now) > ASK_AGAIN) {
      this.askedAt = now;
      this.ask();
    }
    return hasLapsed ? "lapsed" : "unsure";
  }

  private tell(standing: Standing): void {
    for (const follower of [...this.followers]) follower(standing);
  }
}
