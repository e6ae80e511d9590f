import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Zone } from '../../../src/canonicalize/canonical-request.js';
import { fieldOf } from '../../../src/canonicalize/field.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { explain, outline, type Reader } from '../../../src/explain/explanation.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { symbolsOf, symbolsText } from '../../../src/memory/sequence.js';
import { MemoryView } from '../../../src/score/memory-view.js';
import type { FieldScore } from '../../../src/score/score.js';
import { learn, newStore } from '../memory/support.js';
import { viewOf } from '../request/view-of.js';

const VECTORS = JSON.parse(readFileSync(new URL('../../vectors/explanation.json', import.meta.url), 'utf8'));
const OPEN: Reader = { fit: (text) => text, searched: 4096, bytes: 80 };

const scored = (zone: Zone, name: string, value: string, run: string): FieldScore => {
  const field = fieldOf(zone, name, value);
  const start = field.text.lastIndexOf(run);
  return { field, raw: 3, score: 0.9, span: [start, start + run.length], memory: { kind: 'new' } };
};

/** What the memory of the vectors' log says of the value judged there. */
function remembered() {
  const { learned, judged } = VECTORS.log;
  const store = newStore();
  for (const [text, surprise] of learned) learn(store, [text], { surprise });
  const rule = { base: 1, routeFrom: 20, noveltyFree: 0.3, noveltyWeight: 0.6, lengthWeight: 0.25, newsSpan: 1 };
  const memory = new LearnedMemory(store);
  const view = new MemoryView({
    rule: { ...rule, mostBonus: 1, mostDiscount: 2 },
    matureFrom: 1,
    calibration: undefined as never,
    current: () => memory,
  });
  const field = fieldOf('query', 'q', judged.slice(judged.indexOf(MARKERS.VALUE) + 1));
  return view.look('shop.test', [field])!.describe(field, 0);
}

describe('an explanation', () => {
  it('has the keys that all who write one have', () => {
    const view = viewOf({ target: '/', headers: [['x-a', "b' or"]] });
    const explained = explain(view, { ...scored('header', 'x-a', "b' or", "' or"), memory: remembered() }, OPEN);
    expect(Object.keys(explained)).toEqual(VECTORS.explanation);
    expect(Object.keys(explained.raw!)).toEqual(VECTORS.raw);
    expect(Object.keys(explained.normal!)).toEqual(VECTORS.normal);
    expect(Object.keys(outline(scored('query', 'q', 'x', 'x'), OPEN))).toEqual(VECTORS.outline);
  });

  it('tells what is normal as the trainer does of the same log', () => {
    expect(explain(viewOf(), { ...scored('query', 'q', 'x', 'x'), memory: remembered() }, OPEN).normal).toEqual(
      VECTORS.log.normal,
    );
  });

  it('writes symbols as the trainer does', () => {
    for (const { texts, written } of VECTORS.symbols) {
      const all = new Uint32Array(4);
      const own = new Uint32Array(4);
      for (const text of texts) {
        symbolsOf(text, own);
        own.forEach((word, i) => {
          all[i]! |= word;
        });
      }
      expect(symbolsText(all)).toBe(written);
    }
  });

  it('begins a little before what decided, in the name only where that did alone', () => {
    const excerptOf = (one: FieldScore): string => explain(viewOf(), one, OPEN).excerpt;
    expect(excerptOf(scored('query', 'q', `${'x'.repeat(50)}' or`, "' or"))).toBe(`${'x'.repeat(12)}' or`);
    expect(excerptOf(scored('query', "q';--", 'x', "';--"))).toBe("';--[VALUE]x");
    expect(excerptOf({ ...scored('query', 'q', 'red', ''), span: [0, 6] })).toBe('red');
    expect(excerptOf({ ...scored('query', 'q', 'red', ''), span: [0, 0] })).toBe('red');
  });

  it('shows a secret to its owner alone', () => {
    const view = viewOf({ target: '/?pin=Hunter2%27' });
    const pin = scored('query', 'pin', "Hunter2'", "Hunter2'");
    expect(explain(view, pin, OPEN)).toMatchObject({ excerpt: "Hunter2'", raw: { bytes: 'Hunter2%27' } });
    const told = JSON.stringify(explain(view, pin, { ...OPEN, hide: () => "Xxxxxx0'" }));
    expect(told).toContain("Xxxxxx0'");
    expect(told).not.toContain('Hunter2');
  });
});
