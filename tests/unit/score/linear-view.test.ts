import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CombineRule, compress, type Views } from '../../../src/score/combine.js';
import { LinearView } from '../../../src/score/linear-view.js';
import { loadNgramModel, readNgramModel } from '../../../src/score/ngram-file.js';

const fixture = fileURLToPath(new URL('../../fixtures/ngram.bin', import.meta.url));
const vectors = JSON.parse(readFileSync(new URL('../../vectors/linear.json', import.meta.url), 'utf8')) as {
  cases: { text: string; windows: [start: number, end: number, logit: number][] }[];
  views: Views;
  rule: [transformer: number, linear: number, ts: number, ls: number, combined: number][];
};
const view = new LinearView(loadNgramModel(fixture));

describe('the linear view', () => {
  it("gives the trainer's logit and window for every vector", () => {
    expect(vectors.cases.length).toBeGreaterThan(150);
    for (const { text, windows } of vectors.cases) {
      const best = windows.reduce((a, b) => (b[2] > a[2] ? b : a));
      const score = view.score(text);
      expect(score.logit, JSON.stringify(text)).toBeCloseTo(best[2], 9);
      expect([score.start, score.end], JSON.stringify(text)).toEqual(best.slice(0, 2));
    }
  });

  it('has no memory: a text scores the same whatever came before it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, text, (first, second) => {
        const alone = new LinearView(loadNgramModel(fixture)).score(second);
        view.score(first);
        expect(view.score(second)).toEqual(alone);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it('sees an n-gram wherever it stands behind the zone marker, and tells where', () => {
    const model = loadNgramModel(fixture);
    const codes = new Int8Array(model.codes.length);
    codes[featureOf('ΩΨΦ', model.shift)] = 127;
    const attentive = new LinearView({ ...model, codes, bias: 0 });
    expect(attentive.score(`\ue005name\ue00b${'x'.repeat(300)}`).logit).toBe(0);
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.nat({ max: 300 }), fc.nat(), (name, value, place) => {
        const body = `${'n'.repeat(name)}\ue00b${'x'.repeat(value)}`;
        const at = place % (body.length + 1);
        const { logit, start, end } = attentive.score(`\ue005${body.slice(0, at)}ΩΨΦ${body.slice(at)}`);
        expect(logit).toBeGreaterThan(0);
        expect(start).toBeLessThanOrEqual(at + 1);
        expect(end).toBeGreaterThanOrEqual(at + 4);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

/** As `ngrams.py` defines it, written once more so that the view's own arithmetic is not its judge. */
function featureOf(gram: string, shift: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < gram.length; i++) hash = Math.imul(hash ^ gram.charCodeAt(i), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> shift;
}

describe('ngram.bin', () => {
  const good = readFileSync(fixture);
  const spoiled = (spoil: (bytes: Buffer) => Buffer | undefined): Buffer => {
    const copy = Buffer.from(good);
    return spoil(copy) ?? copy;
  };

  it('loads as the trainer wrote it', () => {
    const model = loadNgramModel(fixture);
    expect(model).toMatchObject({ window: 48, stride: 24, shift: 20, bias: -0.75, scale: 0.002 });
    expect(model.codes.length).toBe(4096);
  });

  const breakages: [message: string, spoil: (bytes: Buffer) => Buffer | undefined][] = [
    ['x.bin: size: expected at least 32 bytes, got 31 bytes', (b) => b.subarray(0, 31)],
    ['x.bin: magic: expected "NGRM", got "NGRX"', (b) => void b.write('NGRX')],
    ['x.bin: version: expected 1, got 2', (b) => void b.writeUInt16LE(2, 4)],
    ['x.bin: n-grams: expected 3 to 5, got 3 to 6', (b) => void b.writeUInt8(6, 7)],
    ['x.bin: bits: expected 8 to 22, got 31', (b) => void b.writeUInt8(31, 8)],
    ['x.bin: bytes a code: expected 1, got 2', (b) => void b.writeUInt8(2, 9)],
    ['x.bin: window: expected 5 to 1024, got 0', (b) => void b.writeUInt16LE(0, 10)],
    [
      'x.bin: stride: expected 1 to 48, or text between windows would go unseen, got 0',
      (b) => void b.writeUInt16LE(0, 12),
    ],
    [
      'x.bin: stride: expected 1 to 48, or text between windows would go unseen, got 49',
      (b) => void b.writeUInt16LE(49, 12),
    ],
    ['x.bin: bias: expected a finite number, got NaN', (b) => void b.writeDoubleLE(Number.NaN, 16)],
    ['x.bin: scale: expected a finite number above 0, got 0', (b) => void b.writeDoubleLE(0, 24)],
    ['x.bin: size: expected 4128 bytes, got 4127 bytes', (b) => b.subarray(0, -1)],
    ['x.bin: size: expected 4128 bytes, got 4129 bytes', (b) => Buffer.concat([b, Buffer.alloc(1)])],
  ];
  it.each(breakages)('is refused with "%s"', (message, spoil) => {
    expect(() => readNgramModel(spoiled(spoil), 'x.bin')).toThrow(message);
  });
});

describe('the rule', () => {
  const rule = new CombineRule(vectors.views);
  const logit = fc.double({ min: -100, max: 100, noNaN: true });

  it("gives the trainer's numbers", () => {
    for (const [transformer, linear, ts, ls, combined] of vectors.rule) {
      expect(rule.transformerSurprise(transformer)).toBeCloseTo(ts, 9);
      expect(rule.linearSurprise(linear)).toBeCloseTo(ls, 9);
      expect(rule.combine(ts, ls)).toBeCloseTo(combined, 9);
    }
  });

  it('is monotone in both views, within the bound, and never above what the linear view allows', () => {
    fc.assert(
      fc.property(logit, logit, logit, logit, (t1, t2, l1, l2) => {
        const [low, high] = [
          rule.combine(rule.transformerSurprise(Math.min(t1, t2)), rule.linearSurprise(Math.min(l1, l2))),
          rule.combine(rule.transformerSurprise(Math.max(t1, t2)), rule.linearSurprise(Math.max(l1, l2))),
        ];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(rule.bound);
        expect(high).toBeLessThanOrEqual(rule.atMost(rule.linearSurprise(Math.max(l1, l2))));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('leaves surprises alone up to half the bound, and keeps the order of stranger ones', () => {
    for (const surprise of [0, 1.7, 3]) expect(compress(surprise, 6)).toBe(surprise);
    expect(compress(3 + 1e-9, 6)).toBeCloseTo(3, 8);
    let last = 3;
    for (let surprise = 3.1; surprise < 40; surprise += 0.1) {
      const now = compress(surprise, 6);
      expect(now).toBeGreaterThan(last);
      expect(now).toBeLessThan(surprise);
      last = now;
    }
    expect(compress(1e6, 6)).toBe(6);
  });
});
