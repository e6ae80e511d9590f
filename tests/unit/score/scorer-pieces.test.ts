import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { CanonicalField } from '../../../src/canonicalize/canonical-request.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { CombineRule } from '../../../src/score/combine.js';
import { LinearView } from '../../../src/score/linear-view.js';
import type { MemoryView } from '../../../src/score/memory-view.js';
import { loadNgramModel } from '../../../src/score/ngram-file.js';
import { countPieces, cutOf, cutPiece } from '../../../src/score/pieces.js';
import { Scorer } from '../../../src/score/scorer.js';
import type { View } from '../../../src/score/view.js';
import type { Encoding } from '../../../src/tokenize/encoding.js';
import { Tokenizer } from '../../../src/tokenize/tokenizer.js';
import { CALIBRATION as calibration, VIEWS } from './two-views.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const rule = new CombineRule({ ...VIEWS, surpriseBound: 4 });
const tokenizer = Tokenizer.load(at('vectors/tokenizer.json'), { tokens: 96, overlap: 24, prefixTokens: 16 });
const shape = { units: 96, stride: 48 };
const never = new AbortController().signal;

/** Pseudo-random numbers in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** What stands for the Transformer: a window's worst token, most of them harmless. */
const peculiar = (ids: Uint16Array): number =>
  Math.max(...Array.from(ids, (id) => 16 * ((Math.imul(id, 2_654_435_761) >>> 0) / 2 ** 32) ** 20)) - 10;

interface Setting {
  readonly cascade: boolean;
  readonly linear?: LinearView;
  readonly logitOf?: (ids: Uint16Array) => number;
  readonly shifts?: Float64Array;
  readonly budget?: number;
}

const fixture = loadNgramModel(at('fixtures/ngram.bin'));
// The fixture's logits reach from -20 to 20; these spread over the tables like those of a trained view.
const spread = new LinearView({ ...fixture, bias: -3, scale: fixture.scale / 2 });

function open({ cascade, linear = spread, logitOf = peculiar, shifts, budget = 0.002 }: Setting) {
  const asked: string[] = [];
  const view: View = {
    name: 'given',
    score: async ({ fields, windows }) => ({
      windows: windows.map(({ ids, field }) => {
        asked.push(fields[field]!.text);
        return { logit: logitOf(ids), from: Math.max(1, ids.length - 4), to: ids.length };
      }),
      cacheHits: 0,
    }),
  };
  const summary = { mature: false, requests: 1, known: 0, judged: 0, fresh: 0 };
  const memory = {
    options: { calibration },
    look: () => ({
      summary,
      knows: () => false,
      // As memory does: a discount that news, counted the more the odder a value is, takes away.
      adjust: (i: number, surprise: number) => surprise + shifts![i]! + Math.min(1, Math.max(0, surprise - 1)) / 2,
      describe: () => ({ kind: 'new' }),
    }),
  } as unknown as MemoryView;
  const scorer = new Scorer({
    modelId: 'm',
    view,
    second: { linear, pieces: shape, rule, cascade, ...(shifts !== undefined && { memory }) },
    calibration,
    budget,
    topFields: 100,
    spanOf: (text, ordinal, from, to) => tokenizer.spanOf(text, ordinal, from, to),
  });
  return async (fields: CanonicalField[], maxWindows = 1e9) => {
    const screening = scorer.screen(fields);
    const encoding: Encoding = tokenizer.encode(screening.open, { maxWindows });
    return { ...(await scorer.score(screening, encoding, never)), screening, encoding, asked };
  };
}

const field = (name: string, value: string): CanonicalField => ({
  zone: 'body',
  name,
  value,
  text: `${MARKERS.BODY}${name}${MARKERS.VALUE}${value}`,
});

const WORDS = [
  'red',
  'shoes',
  "it's",
  '1 or 2',
  '<b>',
  '{{a}}',
  '../x',
  '漢字',
  '😀',
  'select',
  '-- ',
  'lorem',
  'x=1;',
];

function requestFrom(seed: number): CanonicalField[] {
  const random = randomFrom(seed);
  return Array.from({ length: 1 + Math.floor(random() * 4) }, (_, i) => {
    const count = random() < 0.3 ? 3 : Math.floor(random() * 120);
    const words = Array.from({ length: count }, () => WORDS[Math.floor(random() ** 2 * WORDS.length)]!);
    return field(`n${i}`, words.join(random() < 0.5 ? ' ' : '') + String(seed));
  });
}

/** The definition: of every piece both surprises' mean, of the field the largest. */
function defined({ text }: CanonicalField): number {
  const { logit, pieces = Float64Array.of(logit) } = spread.score(text);
  const cut = cutOf(text);
  expect(pieces.length).toBe(countPieces(text.length, cut, shape));
  return Math.max(
    ...Array.from(pieces, (linear, i) => {
      const windows = tokenizer.encodeWindows(cutPiece(text, cut, i, shape).text);
      return rule.combine(rule.transformerSurprise(Math.max(...windows.map(peculiar))), rule.linearSurprise(linear));
    }),
  );
}

describe('fields of several pieces', () => {
  it.each([
    ['without memory', false],
    ['with memory', true],
  ])('are decided alike with the cascade on and off, %s', async (_name, withMemory) => {
    const seen = { denied: 0, allowed: 0, settled: 0, partly: 0, known: 0, unknown: 0 };
    for (let seed = 1; seed <= 250; seed++) {
      const fields = requestFrom(seed);
      const random = randomFrom(seed + 7);
      const shifts = withMemory ? Float64Array.from(fields, () => 1.5 * random() - 1) : undefined;
      const on = await open({ cascade: true, shifts })(fields);
      const off = await open({ cascade: false, shifts })(fields);
      fields.forEach((one, i) => {
        expect(off.surprises[i]).toBeCloseTo(defined(one), 12);
        const pieces = on.screening.linear![i]!.pieces?.length ?? 1;
        const judged = on.screening.open.pieces!.filter((piece) => piece.field === i).length;
        if (judged === 0) expect(on.surprises[i]).toBeNaN();
        if (judged === pieces || !Number.isNaN(on.surprises[i]!)) expect(on.surprises[i]).toBe(off.surprises[i]);
        if (judged > 0 && judged < pieces) {
          seen.partly++;
          if (Number.isNaN(on.surprises[i]!)) seen.unknown++;
          else seen.known++;
        }
      });
      expect(on.score >= 0.5).toBe(off.score >= 0.5);
      if (off.score >= 0.5) {
        const denied = ({ fields }: typeof off) =>
          fields.filter((f) => f.score >= 0.5).map((f) => [f.field.name, f.raw, f.span]);
        expect(on.raw).toBe(off.raw);
        expect(denied(on)).toEqual(denied(off));
        seen.denied++;
      } else seen.allowed++;
      seen.settled += off.asked.length - on.asked.length;
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(9);
  });

  // Both views know the payload alone, and the Transformer the less the more words stand beside it.
  const payload = "' OR 1=1 UNION SELECT--";
  const ids = new Set(tokenizer.encodeText(payload));
  const drowning = (window: Uint16Array): number => {
    const known = Array.from(window).filter((id) => ids.has(id)).length;
    return (24 * known) / window.length - 10;
  };
  const codes = new Int8Array(fixture.codes.length);
  const marking = new LinearView({ ...fixture, codes, bias: -6, scale: 0.01 });
  for (let i = 0; i + 3 <= payload.length; i++) codes[featureOf(payload.slice(i, i + 3), fixture.shift)] = 40;
  const words = (count: number): string => Array.from({ length: count }, () => 'meadow').join(' ');
  const settings = { linear: marking, logitOf: drowning };

  it('score what their worst piece does: words around a payload do not matter', async () => {
    const one = field('note', `${words(75)} ${payload} ${words(75)}`);
    const cut = cutOf(one.text);
    const { pieces } = marking.score(one.text);
    const scores = Array.from(pieces!, (linear, i) => {
      const { text } = cutPiece(one.text, cut, i, shape);
      const transformer = Math.max(...tokenizer.encodeWindows(text).map(drowning));
      return { text, raw: rule.combine(rule.transformerSurprise(transformer), rule.linearSurprise(linear)) };
    });
    const worst = scores.reduce((a, b) => (b.raw > a.raw ? b : a));
    expect(worst.text).toContain(payload);
    const cascaded = await open({ ...settings, cascade: true })([one]);
    expect(cascaded.raw).toBe(worst.raw);
    expect(cascaded.asked.length).toBeLessThan(4);
    expect((await open({ ...settings, cascade: false })([one])).raw).toBe(worst.raw);
    // Whole strides of more words before it, and any number behind it, are the same to its pieces.
    const more = field('note', `${'meadow '.repeat(48)}${one.value} ${words(700)}`);
    expect((await open({ ...settings, cascade: true })([more])).raw).toBe(worst.raw);
  });

  it('show where in the field the run stands', async () => {
    for (const before of [0, 1, 20, 75, 200]) {
      const one = field('note', `${words(before)} ${payload}`);
      const logitOf = (window: Uint16Array): number => (window.some((id) => ids.has(id)) ? 6 : -8);
      const { fields } = await open({ ...settings, logitOf, cascade: true })([one]);
      const [start, end] = fields[0]!.span;
      expect(end).toBe(one.text.length);
      expect(payload).toContain(one.text.slice(start, end));
      expect(end - start).toBeGreaterThan(3);
    }
  });

  it('keep the likeliest pieces within a budget; the others are not known', async () => {
    const one = field('note', `x ${payload} ${words(40)} ${payload} ${payload} ${words(40)} ${payload}`);
    const off = open({ ...settings, cascade: false });
    const whole = await off([one]);
    const { screening, encoding, surprises } = await off([one], 3);
    const kept = encoding.windows.map(({ field }) => screening.open.pieces![field]!);
    const byPriority = [...screening.open.pieces!].sort((a, b) => b.priority - a.priority);
    const likeliest = byPriority.slice(0, 3).sort((a, b) => a.ordinal - b.ordinal);
    expect(byPriority[0]!.priority).toBeGreaterThan(byPriority[3]!.priority);
    expect(kept).toEqual(likeliest);
    const units = screening.open.pieces!.reduce((sum, piece) => sum + piece.units, 0);
    expect(units).toBe(one.text.length);
    expect(encoding.droppedUnits).toBe(units - kept.reduce((sum, piece) => sum + piece.units, 0));
    expect(whole.surprises[0]).not.toBeNaN();
    expect(surprises[0]).toBeNaN();
  });
});

/** As `ngrams.py` defines it. */
function featureOf(gram: string, shift: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < gram.length; i++) hash = Math.imul(hash ^ gram.charCodeAt(i), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> shift;
}
