/** A gate: so many may be inside at once; the others wait outside in the order in which they came. */
export class Gate {
  private room: number;
  private readonly outside: (() => void)[] = [];

  constructor(room: number) {
    this.room = room;
  }

  /** Resolves when there is room; who was let in must `leave`. */
  enter(): Promise<void> {
    if (this.room > 0) {
      this.room -= 1;
      return Promise.resolve();
    }
    return new Promise((come) => this.outside.push(come));
  }

  leave(): void {
    const next = this.outside.shift();
    if (next) next();
    else this.room += 1;
  }
}
