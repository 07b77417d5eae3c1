/** What was found out and is believed for a while: bounded, and forgets first what was used least lately. */
import type { Clock } from "./clock.ts";

export class Memory<T> {
  // A Map keeps the order of insertion: what is used is put in again, so the first key is the least used.
  private readonly known = new Map<string, { value: T; until: number }>();
  private readonly clock: Clock;
  private readonly most: number;

  constructor(clock: Clock, most: number) {
    this.clock = clock;
    this.most = most;
  }

  get(key: string): T | undefined {
    const one = this.known.get(key);
    if (!one) return undefined;
    this.known.delete(key);
    if (this.clock.now().getTime() >= one.until) return undefined;
    this.known.set(key, one);
    return one.value;
  }

  keep(key: string, value: T, ms: number): T {
    this.known.delete(key);
    this.known.set(key, { value, until: this.clock.now().getTime() + ms });
    if (this.known.size > this.most) this.known.delete(this.known.keys().next().value!);
    return value;
  }
}
