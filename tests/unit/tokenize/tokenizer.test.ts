import { describe, expect, it } from 'vitest';
import type { CanonicalRequest } from '../../../src/canonicalize/canonical-request.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { Tokenizer } from '../../../src/tokenize/tokenizer.js';

const path = new URL('../../vectors/tokenizer.json', import.meta.url).pathname;
const tokenizer = Tokenizer.load(path, { tokens: 96, overlap: 24, prefixTokens: 16 });

function request(...values: string[]): CanonicalRequest {
  const fields = values.map((value) => ({
    zone: 'query' as const,
    name: 'q',
    value,
    text: `${MARKERS.QUERY}q${MARKERS.VALUE}${value}`,
  }));
  return { fields, bytesInspected: 0, bytesReceived: 0, truncated: false, encodings: [], limits: [] };
}

const long = (seed: string, words: number): string =>
  Array.from({ length: words }, (_, i) => `${seed}${i} :`).join(' ');

describe('encoding a request', () => {
  it('gives each field its windows, grouped and numbered', () => {
    const encoding = tokenizer.encode(request('shoes', long('w', 100), ''), { maxWindows: 512 });
    expect(encoding.windows.map((w) => [w.field, w.ordinal])).toEqual([
      [0, 0],
      ...Array.from({ length: encoding.windows.length - 2 }, (_, i) => [1, i]),
      [2, 0],
    ]);
    expect(encoding.windows.length).toBeGreaterThan(4);
    expect(encoding.windows.every((w) => w.ids[0] === 1 && w.ids[1] === 5)).toBe(true);
    expect(encoding.tokens).toBe(encoding.windows.reduce((sum, w) => sum + w.ids.length, 0));
    expect(encoding.droppedUnits).toBe(0);
  });

  it('counts what the window budget leaves out, and keeps first, last and suspicious windows as they were', () => {
    const padded = `${long('w', 200)} ' or (1=1) -- ${long('w', 200)}`;
    const all = tokenizer.encode(request('shoes', padded, 'x'), { maxWindows: 512 });
    const fit = tokenizer.encode(request('shoes', padded, 'x'), { maxWindows: 6 });
    expect(fit.windows.length).toBe(6);
    const padding = all.windows.length - 2;
    expect(fit.droppedUnits).toBeCloseTo((all.fields[1]!.text.length * (padding - 4)) / padding, 9);
    const last = all.windows.filter((w) => w.field === 1).length - 1;
    const kept = fit.windows.map((w) => `${w.field}.${w.ordinal}`);
    expect(kept).toEqual(expect.arrayContaining(['0.0', '1.0', `1.${last}`, '2.0']));
    const needle = Array.from(tokenizer.encodeText(" ' or (")).join();
    expect(fit.windows.some(({ ids }) => Array.from(ids).join().includes(needle))).toBe(true);
    for (const window of fit.windows) {
      const same = all.windows.find((w) => w.field === window.field && w.ordinal === window.ordinal)!;
      expect(Array.from(window.ids)).toEqual(Array.from(same.ids));
    }
  });

  it('counts fields that get no window at all', () => {
    const encoding = tokenizer.encode(request('a', 'b', 'c', 'd'), { maxWindows: 3 });
    expect(encoding.windows.length).toBe(3);
    expect(encoding.droppedUnits).toBe(4);
    expect(encoding.fields.length).toBe(4);
  });

  it('keeps pieces by what it is told of them, whatever they read like', () => {
    const fields = [`'-- <(1)>`, 'plain', long('w', 60), 'odd', 'tail'].map((text) => ({ text }));
    const piece = (priority: number, units: number) => ({ priority, units });
    const pieces = [piece(-8, 48), piece(5, 30), piece(4, 40), piece(7, 7), piece(6, 6)];
    const whole = tokenizer.encode({ fields }, { maxWindows: 512 });
    const ofLong = whole.windows.filter(({ field }) => field === 2).length;
    expect(ofLong).toBeGreaterThan(2);
    const fit = tokenizer.encode({ fields, pieces }, { maxWindows: 4 });
    expect(fit.windows.map(({ field, ordinal }) => [field, ordinal])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
    ]);
    expect(fit.droppedUnits).toBeCloseTo(48 + 40 * (1 - 1 / ofLong), 9);
    for (const window of fit.windows) {
      const same = whole.windows.find((w) => w.field === window.field && w.ordinal === window.ordinal)!;
      expect(Array.from(window.ids)).toEqual(Array.from(same.ids));
    }
    expect(tokenizer.encode({ fields, pieces }, { maxWindows: 2 }).windows.map(({ field }) => field)).toEqual([3, 4]);
  });

  it('takes a lone surrogate for U+FFFD', () => {
    expect(tokenizer.encodeText('a\ud800b\udc00')).toEqual(tokenizer.encodeText('a\ufffdb\ufffd'));
  });
});

describe('spans', () => {
  const text = request(`café 😀 ${long('v', 80)} needle'; ${long('z', 80)}`).fields[0]!.text;
  const windows = tokenizer.encodeWindows(text);

  it('of a whole window are the text it was cut from', () => {
    windows.forEach((ids, ordinal) => {
      const [start, end] = tokenizer.spanOf(text, ordinal, ordinal === 0 ? 0 : 4, ids.length);
      const again = tokenizer.encodeText(text.slice(start, end));
      const body = Array.from(ids.subarray(ordinal === 0 ? 1 : 4));
      // A cut inside a character or a word makes other tokens at the edges alone.
      expect(Array.from(again.subarray(3, -3))).toEqual(body.slice(3, 3 + again.length - 6));
    });
    expect(tokenizer.spanOf(text, windows.length - 1, 4, windows.at(-1)!.length)[1]).toBe(text.length);
  });

  it('find a needle in whichever window holds it', () => {
    const needle = Array.from(tokenizer.encodeText(' needle'));
    const found = windows.flatMap((ids, ordinal) => {
      const at = Array.from(ids).findIndex((_, i) => needle.every((id, k) => ids[i + k] === id));
      return at < 0 ? [] : [tokenizer.spanOf(text, ordinal, at, at + needle.length)];
    });
    expect(found.length).toBeGreaterThan(0);
    for (const [start, end] of found) expect(text.slice(start, end)).toBe(' needle');
  });

  it('widen to whole characters', () => {
    const emoji = `${MARKERS.QUERY}q${MARKERS.VALUE}a😀b`;
    const ids = tokenizer.encodeWindows(emoji)[0]!;
    for (let i = 1; i < ids.length; i++) {
      const [start, end] = tokenizer.spanOf(emoji, 0, i, i + 1);
      expect(() => encodeURIComponent(emoji.slice(start, end))).not.toThrow();
      expect(end).toBeGreaterThan(start);
    }
  });

  it('of a run that begins in the repeated prefix name only the body', () => {
    const [start] = tokenizer.spanOf(text, 1, 2, 8);
    expect(start).toBe(tokenizer.spanOf(text, 1, 4, 8)[0]);
    expect(tokenizer.spanOf(text, 0, 0, 1)).toEqual([0, 0]);
  });
});

describe('a tokenizer with more ids than the model has embeddings', () => {
  it('is refused', () => {
    const shape = { tokens: 96, overlap: 24, prefixTokens: 16 };
    expect(() => Tokenizer.load(path, shape, 559)).toThrow(
      "the vocabulary must be at most the model's 559 ids, but is 560",
    );
    expect(() => Tokenizer.load(path, shape, 560)).not.toThrow();
  });
});
