import { beforeAll, describe, expect, it } from 'vitest';
import { CARRIERS } from '../../evasion/carriers.js';
import { type Case, EVASIONS, makeCases } from '../../evasion/cases.js';
import { BODY_KINDS } from '../../evasion/draft.js';
import { type Judgement, judge } from '../../evasion/judge.js';
import { type KnownFailures, NO_REASON, readKnownFailures } from '../../evasion/known-failures.js';
import { PAYLOADS } from '../../evasion/payloads.js';
import { GROUPS, PLACES } from '../../evasion/places.js';
import { type Result, runCases } from '../../evasion/run-evasion.js';
import { openShop } from '../../evasion/shop.js';
import { renderMarkdown, tablesOf } from '../../evasion/tables.js';

describe('evasions, down the corridor with the shipped bundle', () => {
  let cases: Case[];
  let results: Result[];
  let known: KnownFailures;
  let judgement: Judgement;

  beforeAll(async () => {
    cases = makeCases(await openShop());
    results = await runCases(cases);
    known = readKnownFailures();
    judgement = judge(results, known);
  }, 300_000);

  it('are many: every evasion and carrier in every column that it fits', () => {
    const { attacks, benign } = judgement;
    expect(attacks.length).toBeGreaterThanOrEqual(4000);
    expect(benign.length).toBeGreaterThanOrEqual(3000);
    const seen = new Set(
      attacks.flatMap(({ case: one }) => [one.evasion.name, one.carrier?.name, one.place.name, one.subject]),
    );
    for (const { name } of [...EVASIONS, ...CARRIERS, ...PLACES, ...PAYLOADS]) expect(seen).toContain(name);
    expect(new Set(attacks.map(({ case: one }) => one.place.group))).toEqual(new Set(GROUPS));
    expect(new Set(attacks.flatMap(({ case: { carrier, kind } }) => (carrier ? [kind] : [])))).toEqual(
      new Set(BODY_KINDS),
    );
  });

  it('start from payloads that are denied plain, each nearly everywhere', () => {
    const { plainDenied } = judgement;
    expect(plainDenied.of).toBeGreaterThanOrEqual(800);
    expect(plainDenied.count / plainDenied.of).toBeGreaterThanOrEqual(0.97);
    for (const { name } of PAYLOADS) {
      const plain = results.filter((result) => result.case.subject === name && result.case.id === result.case.plain);
      const denied = plain.filter((result) => result.denied).length;
      expect(denied / plain.length, name).toBeGreaterThanOrEqual(0.85);
    }
  });

  it('are denied like the plain payload, and benign values pass, but for the listed cases', () => {
    const unlisted = judgement.unlisted.map(
      ({ raw, case: { id, attack } }) => `${attack ? 'passes' : 'denied'} ${raw.toFixed(2)} ${id}`,
    );
    expect(unlisted, 'npm run evasion -- --failures').toEqual([]);
  });

  it('are listed only while they fail, each with a reason', () => {
    expect(judgement.stale, 'npm run evasion -- --list-failures').toEqual([]);
    for (const { reason } of known) expect(reason).not.toBe(NO_REASON);
    const listed = known.flatMap(({ cases }) => cases);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('make the tables of docs/INSPECTION.md', () => {
    const tables = tablesOf(judgement, true);
    const total = tables.reduce((sum, { rows }) => sum + rows.at(-1)!.attacks.of, 0);
    expect(total).toBe(judgement.attacks.length);
    for (const table of tables) expect(renderMarkdown(table).split('\n')).toHaveLength(table.rows.length + 2);
  });
});
