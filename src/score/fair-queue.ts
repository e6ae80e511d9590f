/** A queue of lines that take turns: a request with 300 windows delays one with a single window by one window a turn. */
export class FairQueue<T> {
  private lines: { items: readonly T[]; next: number }[] = [];
  private head = 0;

  get isEmpty(): boolean {
    return this.head === this.lines.length;
  }

  /** Adds the items of one owner as a line at the end. */
  push(items: readonly T[]): void {
    if (items.length > 0) this.lines.push({ items, next: 0 });
  }

  /** The item that {@link take} would give. */
  peek(): T | undefined {
    const line = this.lines[this.head];
    return line?.items[line.next];
  }

  /** Takes the next item of the line whose turn it is. */
  take(): T | undefined {
    if (this.isEmpty) return undefined;
    const line = this.lines[this.head++]!;
    const item = line.items[line.next++]!;
    if (line.next < line.items.length) this.lines.push(line);
    if (this.head > 1024 && this.head * 2 > this.lines.length) {
      this.lines = this.lines.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** Takes everything out, in turns, and puts back what `keep` accepts. */
  sift(keep: (item: T) => boolean): void {
    const lines = this.lines.slice(this.head);
    this.lines = [];
    this.head = 0;
    for (const { items, next } of lines) this.push(items.slice(next).filter(keep));
  }
}
