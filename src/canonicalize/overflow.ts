import type { Zone } from './canonical-request.js';
import { suspicionOf } from './suspicion.js';

/** A field too many, as `name=value`. */
interface Part {
  readonly zone: Zone;
  readonly text: string;
}

/** More marks than this are one rank: a list of ranks stays short whatever the values are. */
const MAX_RANK = 32;

/** Holds the fields beyond `maxFields`; at the end the most suspicious of them, joined, are one more field of each zone. */
export class Overflow {
  private readonly parts: Part[] = [];

  add(zone: Zone, name: string, value: string): void {
    this.parts.push({ zone, text: `${name}=${value}` });
  }

  /** Joins what fits into `max` UTF-16 units altogether, the most suspicious first, in order of arrival. Linear. */
  join(max: number): { readonly joined: ReadonlyMap<Zone, string>; readonly dropped: number } {
    const { parts } = this;
    const ranks: number[][] = Array.from({ length: MAX_RANK + 1 }, () => []);
    for (let i = 0; i < parts.length; i++) ranks[Math.min(MAX_RANK, suspicionOf(parts[i]!.text))]!.push(i);
    const kept = new Uint8Array(parts.length);
    let room = max;
    let dropped = 0;
    for (let rank = MAX_RANK; rank >= 0; rank--) {
      for (const i of ranks[rank]!) {
        // One more for the blank between two of them.
        const length = parts[i]!.text.length + 1;
        if (length > room) dropped += length - 1;
        else {
          room -= length;
          kept[i] = 1;
        }
      }
    }
    const lists = new Map<Zone, string[]>();
    for (let i = 0; i < parts.length; i++) {
      if (kept[i] === 0) continue;
      const { zone, text } = parts[i]!;
      const list = lists.get(zone);
      if (list === undefined) lists.set(zone, [text]);
      else list.push(text);
    }
    return { joined: new Map(Array.from(lists, ([zone, list]) => [zone, list.join(' ')])), dropped };
  }
}
