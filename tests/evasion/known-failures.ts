import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Result } from './run-evasion.js';

/** Cases that fail with the shipped model, and why. */
const schema = z.array(
  z.strictObject({
    /** Why they fail, and what would change that. */
    reason: z.string().min(20),
    /** Name of the evasion or carrier, `benign` before it for benign requests. */
    what: z.string(),
    cases: z.array(z.string()).min(1),
  }),
);
export type KnownFailures = z.output<typeof schema>;

/** The list, in a folder that the formatter leaves alone. */
export const KNOWN_FAILURES = new URL('fixtures/known-failures.json', import.meta.url);

/** @throws Error when the file is no such list. */
export function readKnownFailures(): KnownFailures {
  return schema.parse(JSON.parse(readFileSync(KNOWN_FAILURES, 'utf8')));
}

/** A reason that somebody has to replace; the test does not accept it. */
export const NO_REASON = 'to be looked into: no reason given yet';

/** The list that these failures make, with the reasons that the old list has for the same evasion or carrier. */
export function listFailures(failures: readonly Result[], old: KnownFailures): KnownFailures {
  const reasons = new Map(old.map(({ what, reason }) => [what, reason]));
  const groups = new Map<string, string[]>();
  for (const { case: one } of failures) {
    const what = `${one.attack ? '' : 'benign, '}${one.carrier?.name ?? one.evasion.name}`;
    const group = groups.get(what);
    if (group === undefined) groups.set(what, [one.id]);
    else group.push(one.id);
  }
  return [...groups].map(([what, cases]) => ({ reason: reasons.get(what) ?? NO_REASON, what, cases: cases.sort() }));
}
