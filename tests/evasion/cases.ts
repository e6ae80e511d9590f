import { ARRANGEMENTS } from './arrangements.js';
import type { Carrier } from './carrier.js';
import { CARRIERS } from './carriers.js';
import { type BodyKind, type Draft, type RequestJson, toRequest } from './draft.js';
import { ENCODINGS } from './encodings.js';
import type { Evasion } from './evasion.js';
import { REWRITINGS } from './languages.js';
import { PAYLOADS, type Payload } from './payloads.js';
import { PLACES, type Place } from './places.js';
import type { Shop } from './shop.js';

/** One request and what it is. */
export interface Case {
  /** `subject @ place ~ evasion` or `… + carrier`: unique, and the same in every run. */
  readonly id: string;
  /** Name of the payload, or the benign value. */
  readonly subject: string;
  readonly attack: boolean;
  readonly place: Place;
  /** The plain one where only the carrier differs. */
  readonly evasion: Evasion;
  readonly carrier: Carrier | undefined;
  /** Of what is carried. */
  readonly kind: BodyKind | undefined;
  /** Id of the plain case that it is an evasion of; its own when it is plain. */
  readonly plain: string;
  readonly request: RequestJson;
}

/** The rows of the table of zones. */
export const EVASIONS: readonly Evasion[] = [...ENCODINGS, ...REWRITINGS, ...ARRANGEMENTS];
const PLAIN = EVASIONS[0]!;

/**
 * Payloads, and benign values, that a place is tried with: in turns, so that over all places of a column each evasion
 * meets them all, and `npm run evasion -- --all` tries everything.
 */
const PER_EVASION = 1;
/** What stands around a payload decides more than how it is written. */
const PER_ARRANGEMENT = 3;
const PER_CARRIER = { attack: 3, benign: 2 };
/** Benign values that a place is tried with plain; payloads are all. */
const BENIGN_PLAIN = 6;

interface Subject {
  readonly name: string;
  readonly text: string;
  readonly payload?: Payload;
}

/** Draws the same subjects in turns, so that all come up with all places and all evasions. */
class Turns {
  private readonly next = new Map<string, number>();

  take(key: string, subjects: readonly Subject[], count: number): Subject[] {
    // Each key starts elsewhere: what has one turn only would get the same subject always.
    const from = this.next.get(key) ?? seedOf(key);
    this.next.set(key, from + count);
    return Array.from({ length: Math.min(count, subjects.length) }, (_, k) => subjects[(from + k) % subjects.length]!);
  }
}

export interface CaseOptions {
  /** Every subject with every place, evasion and carrier, not in turns. Default false. */
  readonly all?: boolean;
  /** These payloads alone, and nothing benign. Default: all. */
  readonly payloads?: readonly Payload[];
}

/** The cases, attacks and benign; the same each time. */
export function makeCases(shop: Shop, { all = false, payloads }: CaseOptions = {}): Case[] {
  const cases = new Map<string, Case>();
  for (const attack of payloads === undefined ? [true, false] : [true]) {
    const turns = new Turns();
    for (const place of PLACES) {
      const subjects = attack ? payloadsOf(place, payloads ?? PAYLOADS) : benignOf(place, shop);
      const add = (subject: Subject, evasion: Evasion, carrier?: Carrier): void => {
        const made = makeCase(subject, place, evasion, carrier, shop);
        if (made === undefined) return;
        if (!cases.has(made.plain)) {
          const plain = makeCase(subject, place, PLAIN, undefined, shop);
          if (plain === undefined) return;
          cases.set(plain.id, plain);
        }
        cases.set(made.id, made);
      };
      for (const subject of attack ? subjects : subjects.slice(0, BENIGN_PLAIN)) add(subject, PLAIN);
      for (const evasion of EVASIONS.slice(1)) {
        if (!fits(place, evasion, attack)) continue;
        const fitting = subjects.filter(
          ({ payload }) => !payload || (evasion.classes?.includes(payload.class) ?? true),
        );
        const few = ARRANGEMENTS.includes(evasion) && !evasion.huge ? PER_ARRANGEMENT : PER_EVASION;
        const count = all ? fitting.length : few;
        for (const subject of turns.take(`${place.group} ${evasion.name}`, fitting, count)) add(subject, evasion);
      }
      for (const carrier of CARRIERS) {
        if (!attack && carrier.benign === false) continue;
        const count = all ? subjects.length : PER_CARRIER[attack ? 'attack' : 'benign'];
        for (const subject of turns.take(`${place.group} ${carrier.name}`, subjects, count))
          add(subject, PLAIN, carrier);
      }
    }
  }
  return [...cases.values()];
}

function payloadsOf({ classes }: Place, payloads: readonly Payload[]): Subject[] {
  return payloads
    .filter((payload) => classes?.includes(payload.class) ?? true)
    .map((payload) => ({
      ...payload,
      payload,
    }));
}

function benignOf({ benign }: Place, shop: Shop): Subject[] {
  return shop.values(benign).map((text) => ({ name: text, text }));
}

function fits(place: Place, evasion: Evasion, attack: boolean): boolean {
  if (!attack && evasion.benign === false) return false;
  if (evasion.percent && !place.percent) return false;
  if (evasion.long && place.short) return false;
  if (evasion.crowds && !place.crowds) return false;
  if (evasion.huge && !place.roomy) return false;
  return (
    !evasion.repeats || (evasion.name.startsWith('split') ? place.repeats === 'joined' : place.repeats !== undefined)
  );
}

/** @returns `undefined` where the place or the carrier cannot hold the value. */
function makeCase(
  subject: Subject,
  place: Place,
  evasion: Evasion,
  carrier: Carrier | undefined,
  shop: Shop,
): Case | undefined {
  const pool = shop.values(place.benign);
  const seed = seedOf(`${subject.name} ${place.name} ${evasion.name}`);
  const around = { words: (count: number) => shop.words(count, seed), other: pool[seed % pool.length]! };
  const content = evasion.apply(subject.text, around);
  const draft = content && place.build(content);
  const carried = carrier === undefined ? draft : draft && carriedBy(draft, carrier);
  if (carried === undefined) return undefined;
  const where = `${subject.name} @ ${place.name} ~ `;
  return {
    id: `${where}${evasion.name}${carrier === undefined ? '' : ` + ${carrier.name}`}`,
    subject: subject.name,
    attack: subject.payload !== undefined,
    place,
    evasion,
    carrier,
    kind: carried.kind,
    plain: where + PLAIN.name,
    request: toRequest(carried),
  };
}

function carriedBy(draft: Draft, carrier: Carrier): Draft | undefined {
  return draft.kind !== undefined && carrier.kinds.includes(draft.kind) ? carrier.apply(draft) : undefined;
}

/** A number from a text (FNV-1a), so that each case has words of its own and always the same. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193) >>> 0;
  return hash;
}
