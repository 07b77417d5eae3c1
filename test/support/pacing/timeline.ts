/** Virtual time: what is planned is run in order, and the time jumps from one event to the next. */
export class Timeline {
  now = 0;
  private readonly heap: { at: number; turn: number; run: () => void }[] = [];
  private turns = 0;

  plan(afterMs: number, run: () => void): void {
    const { heap } = this;
    heap.push({ at: this.now + Math.max(0, afterMs), turn: this.turns++, run });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.before(i, parent)) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  runUntil(end: number): void {
    const { heap } = this;
    while (heap.length > 0 && heap[0]!.at <= end) {
      this.swap(0, heap.length - 1);
      const { at, run } = heap.pop()!;
      this.sink();
      this.now = at;
      run();
    }
    this.now = end;
  }

  private sink(): void {
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (left < this.heap.length && this.before(left, least)) least = left;
      if (right < this.heap.length && this.before(right, least)) least = right;
      if (least === i) return;
      this.swap(i, least);
      i = least;
    }
  }

  private before(a: number, b: number): boolean {
    const [x, y] = [this.heap[a]!, this.heap[b]!];
    return x.at < y.at || (x.at === y.at && x.turn < y.turn);
  }

  private swap(a: number, b: number): void {
    [this.heap[a], this.heap[b]] = [this.heap[b]!, this.heap[a]!];
  }
}
