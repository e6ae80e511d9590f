import type { KnownFailures } from './known-failures.js';
import type { Result } from './run-evasion.js';

/** What the results say, against what is known. */
export interface Judgement {
  /** Plain payloads that are denied, of all. */
  readonly plainDenied: { readonly count: number; readonly of: number };
  /** Evasions of a payload that is denied plain in the same place, and benign cases whose plain form passes. */
  readonly attacks: readonly Result[];
  readonly benign: readonly Result[];
  /** Of those: attacks that pass, benign requests that are denied, either when they could not be scored. */
  readonly failures: readonly Result[];
  /** Failures that no list names. */
  readonly unlisted: readonly Result[];
  /** Listed cases that clearly do not fail any more, or do not exist. */
  readonly stale: readonly string[];
}

/** Both verdicts are one rounding away within this distance of the threshold; such a listed case need not fail. */
const NARROW = 0.02;
const THRESHOLD = 0.5;

export function judge(results: readonly Result[], known: KnownFailures): Judgement {
  const byId = new Map(results.map((result) => [result.case.id, result]));
  const plainOf = ({ case: { plain } }: Result): Result => byId.get(plain)!;
  const isPlain = ({ case: { id, plain } }: Result): boolean => id === plain;
  const plainAttacks = results.filter((result) => result.case.attack && isPlain(result));
  const attacks = results.filter((result) => result.case.attack && !isPlain(result) && plainOf(result).denied);
  const benign = results.filter((result) => !result.case.attack && (isPlain(result) || !plainOf(result).denied));
  const failures = [
    ...attacks.filter(({ denied }) => !denied),
    ...benign.filter(({ denied, score }) => denied || score === null),
  ];
  const listed = new Set(known.flatMap(({ cases }) => cases));
  const failing = new Set(failures.map((result) => result.case.id));
  return {
    plainDenied: { count: plainAttacks.filter(({ denied }) => denied).length, of: plainAttacks.length },
    attacks,
    benign,
    failures,
    unlisted: failures.filter((result) => !listed.has(result.case.id)),
    stale: [...listed].filter((id) => {
      const score = byId.get(id)?.score;
      return !failing.has(id) && (typeof score !== 'number' || Math.abs(score - THRESHOLD) > NARROW);
    }),
  };
}
