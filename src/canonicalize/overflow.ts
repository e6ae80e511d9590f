import type { Zone } from './canonical-request.js';
import { suspicionOf } from './suspicion.js';

/** More marks than this are one rank: a list of ranks stays short whatever the values are. */
const MAX_RANK = 32;

/** A field that came when there was no room for one of its own any more. */
export interface LateField {
  readonly name: string;
  /** Still encoded. */
  readonly value: string;
}

/**
 * Fields beyond `maxFields`: they wait undecoded, at the end the most suspicious of them are read, and what they hold is
 * joined into one more field of each zone.
 */
export class Overflow<Late extends LateField> {
  private readonly late: Late[] = [];
  private readonly joined = new Map<Zone, string[]>();
  private room: number;

  /** @param max UTF-16 units of the joined fields altogether. */
  constructor(private readonly max: number) {
    this.room = max;
  }

  wait(field: Late): void {
    this.late.push(field);
  }

  /** The most suspicious waiting fields that fit, in order of arrival, and how many units the others have. Linear. */
  choose(): { readonly chosen: readonly Late[]; readonly dropped: number } {
    const { late } = this;
    if (late.length === 0) return { chosen: late, dropped: 0 };
    const ranks: number[][] = Array.from({ length: MAX_RANK + 1 }, () => []);
    // Fields of one name come together: those of a list have the same few.
    const marksOf = new Map<string, number>();
    for (let i = 0; i < late.length; i++) {
      const { name, value } = late[i]!;
      let marks = marksOf.get(name);
      if (marks === undefined) {
        marks = suspicionOf(name);
        marksOf.set(name, marks);
      }
      ranks[Math.min(MAX_RANK, suspicionOf(value) + marks)]!.push(i);
    }
    const kept = new Uint8Array(late.length);
    let room = this.max;
    let dropped = 0;
    for (let rank = MAX_RANK; rank >= 0; rank--) {
      for (const i of ranks[rank]!) {
        const length = late[i]!.name.length + late[i]!.value.length + 2;
        if (length > room) dropped += length - 1;
        else {
          room -= length;
          kept[i] = 1;
        }
      }
    }
    return { chosen: late.filter((_, i) => kept[i] === 1), dropped };
  }

  /** Takes canonical text in. @returns false when there is no room for it. */
  join(zone: Zone, name: string, value: string): boolean {
    // One for `=`, one for the blank between two of them.
    const length = name.length + value.length + 2;
    if (length > this.room) return false;
    this.room -= length;
    const parts = this.joined.get(zone);
    if (parts === undefined) this.joined.set(zone, [`${name}=${value}`]);
    else parts.push(`${name}=${value}`);
    return true;
  }

  /** What was taken in, one text a zone. */
  texts(): [zone: Zone, text: string][] {
    return Array.from(this.joined, ([zone, parts]) => [zone, parts.join(' ')]);
  }
}
