import type { Zone } from './canonical-request.js';
import { suspicionOf } from './suspicion.js';

/** More marks than this are one rank: a list of ranks stays short whatever the values are. */
const MAX_RANK = 32;

/** A field that came when there was no room for one of its own any more. */
export interface LateField {
  readonly name: string;
  /** Still encoded. */
  readonly value: string;
  /** Bytes that the name takes in the request: of a path through a document, the last step. */
  readonly nameBytes: number;
}

/** With what divides it from the next. */
const bytesOf = (nameBytes: number, value: string): number => nameBytes + value.length + 1;

interface Waiting<Late> {
  readonly field: Late;
  /** UTF-16 units that it takes, with `=` between name and value and a blank behind. */
  readonly units: number;
  /** Bytes of the request that it takes. */
  readonly bytes: number;
  readonly arrival: number;
}

/**
 * Fields beyond `maxFields`: they wait undecoded, at the end the most suspicious of them are read, and what they hold is
 * joined into one more field of each zone. Of those that wait, only what may still fit is kept.
 */
export class Overflow<Late extends LateField> {
  /** By number of marks; ranks below `lowest` have no room any more. */
  private readonly ranks: (Waiting<Late>[] | undefined)[] = [];
  /** Of each rank, how many units wait. */
  private readonly units = new Array<number>(MAX_RANK + 1).fill(0);
  private lowest = 0;
  /** Units that wait in all ranks. */
  private waiting = 0;
  private dropped = 0;
  private arrivals = 0;
  /** Fields of one name come together: those of a list have the same few. */
  private readonly marksOf = new Map<string, number>();
  private readonly joined = new Map<Zone, string[]>();
  private room: number;

  /** @param max UTF-16 units of the joined fields altogether. */
  constructor(private readonly max: number) {
    this.room = max;
  }

  /**
   * Whether a field may still get room; one that may not is counted as dropped.
   *
   * @param value still encoded.
   * @param nameBytes as {@link LateField} has them.
   * @returns its rank, for {@link wait}; -1 when there is no room for it.
   */
  rankOf(name: string, value: string, nameBytes: number): number {
    let marks = this.marksOf.get(name);
    if (marks === undefined) {
      marks = suspicionOf(name);
      this.marksOf.set(name, marks);
    }
    const rank = Math.min(MAX_RANK, suspicionOf(value) + marks);
    if (rank >= this.lowest && this.units[rank]! < this.max) return rank;
    this.dropped += bytesOf(nameBytes, value);
    return -1;
  }

  wait(rank: number, field: Late): void {
    const { name, value, nameBytes } = field;
    const units = name.length + value.length + 2;
    this.ranks[rank] ??= [];
    this.ranks[rank].push({ field, units, bytes: bytesOf(nameBytes, value), arrival: this.arrivals++ });
    this.units[rank]! += units;
    this.waiting += units;
    while (this.waiting - this.units[this.lowest]! >= this.max) this.dropLowest();
  }

  /** The most suspicious waiting fields that fit, in order of arrival, and how many units the others had. */
  choose(): { readonly chosen: readonly Late[]; readonly dropped: number } {
    const kept: Waiting<Late>[] = [];
    let { max: room, dropped } = this;
    for (let rank = MAX_RANK; rank >= this.lowest; rank--) {
      for (const one of this.ranks[rank] ?? []) {
        if (one.units > room) dropped += one.bytes;
        else {
          room -= one.units;
          kept.push(one);
        }
      }
    }
    kept.sort((a, b) => a.arrival - b.arrival);
    return { chosen: kept.map(({ field }) => field), dropped };
  }

  /** The ranks above have taken all the room. */
  private dropLowest(): void {
    const units = this.units[this.lowest]!;
    for (const { bytes } of this.ranks[this.lowest] ?? []) this.dropped += bytes;
    this.waiting -= units;
    this.ranks[this.lowest] = undefined;
    this.units[this.lowest] = 0;
    this.lowest++;
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
