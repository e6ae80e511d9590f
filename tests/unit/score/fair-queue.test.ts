import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../src/score/fair-queue.js';

function drain<T>(queue: FairQueue<T>): T[] {
  const items: T[] = [];
  while (!queue.isEmpty) {
    expect(queue.peek()).toBe(queue.peek());
    items.push(queue.take()!);
  }
  return items;
}

describe('the fair queue', () => {
  it('serves lines by turns and items of a line in order', () => {
    const queue = new FairQueue<string>();
    queue.push(['a1', 'a2', 'a3']);
    queue.push(['b1']);
    queue.push([]);
    queue.push(['c1', 'c2']);
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    expect(queue.take()).toBeUndefined();
    expect(queue.peek()).toBeUndefined();
  });

  it('keeps what a sift accepts, from any point on', () => {
    const queue = new FairQueue<number>();
    queue.push([1, 2, 3, 4]);
    queue.push([5, 6]);
    queue.take();
    queue.sift((n) => n % 2 === 0);
    expect(drain(queue)).toEqual([6, 2, 4]);
  });

  it('neither loses nor reorders items over a long life', () => {
    const queue = new FairQueue<number>();
    const out: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      queue.push([i]);
      if (i % 3 > 0) out.push(queue.take()!);
    }
    expect([...out, ...drain(queue)]).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  });
});
