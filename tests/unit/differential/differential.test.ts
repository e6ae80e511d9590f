import { describe, expect, it } from 'vitest';
import { canonicalizeValue } from '../../../src/canonicalize/canonicalize-value.js';
import { loadCanonicalizer, viewOfWire } from '../../differential/canonicalizer.js';
import { differentialCommand } from '../../differential/command.js';
import { findUnseen, type Seen } from '../../differential/compare.js';
import { dechunked } from '../../differential/exchange.js';
import { generatedCase } from '../../differential/generate.js';
import { runDifferential } from '../../differential/run-differential.js';
import { PROBE, seedCases } from '../../differential/seeds.js';
import { wireCase } from '../../differential/wire-case.js';
import { plainApp } from './plain-app.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

describe('what Node, its query strings and busboy see', () => {
  it('is scored, hand-written and mutated requests alike', async () => {
    const canonicalizer = await loadCanonicalizer(ROOT);
    const cases = [...seedCases(), ...Array.from({ length: 300 }, (_, index) => generatedCase(11, index))];
    const { sent, answered, values, findings } = await runDifferential(plainApp, cases, {
      canonicalizer,
      timeoutMs: 5000,
    });
    expect(sent).toBe(cases.length);
    expect(answered).toBeGreaterThan(sent * 0.9);
    expect(values).toBeGreaterThan(3000);
    // Of the probe only: what random grammars make is for `npm run differential`, where a person looks at it.
    const probed = findings.filter(({ kind, value }) => kind === 'unseen' && /zq'|bq>/.test(value));
    expect(probed).toEqual([]);
  }, 60_000);

  it('is found missing when it is not scored', async () => {
    const canonicalizer = {
      ...(await loadCanonicalizer(ROOT)),
      inspect: () => ({ fields: [], truncated: false, limits: [] }),
    };
    const cases = seedCases().filter(({ id }) =>
      ['query plain', 'form plain', 'JSON plain', 'multipart plain'].includes(id),
    );
    const { findings } = await runDifferential(plainApp, cases, { canonicalizer, timeoutMs: 5000 });
    expect(findings.map(({ case: id, where, value, kind }) => [id, where, value, kind])).toEqual([
      ['query plain', 'query', PROBE, 'unseen'],
      ['form plain', 'form', PROBE, 'unseen'],
      ['multipart plain', 'multipart', PROBE, 'unseen'],
      ['JSON plain', 'json', PROBE, 'unseen'],
    ]);
  });
});

describe('the comparison', () => {
  const kinds = (value: string, texts: string[], truncated = false, where = 'form'): string[] => {
    const seen: Seen[] = [{ where, name: 'a', value }];
    const inspected = { fields: texts.map((text) => ({ text })), truncated, limits: [] };
    return findUnseen(seen, inspected, canonicalizeValue).map(({ kind }) => kind);
  };
  const text = (value: string): string => `\ue008a\ue00b${value}`;

  it.each([
    ['a value as it is', `x'"<b>`, [`x'"<b>`]],
    ['a value that is encoded once more', '%27"<b>', [`'"<b>`]],
    ['a value without signs', 'hello, world 3.5', []],
    ['blanks and numbers, whatever they are', `a  1234567890 '"`, [`a \ue012'"`]],
    ['the leaves of JSON', `{"a":"x'\\"y","b":[1,"<c>"]}`, [`x'"y`, '<c>']],
    ['JSON inside JSON', JSON.stringify({ a: JSON.stringify({ b: `'"<` }) }), [`'"<`]],
    ['the pairs of a form', `a=x'"&b=<c>`, [`x'"`, '<c>']],
    ['the lines of a multipart body', `--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'"<\r\n--X--`, [`x'"<`]],
    ['the printable runs of binary data', `\0\x01\x02abcdefgh'"<\0\0\0`, [`abcdefgh'"<`]],
    ['the strings of GraphQL', `{ a(b: "x'\\"<y") { c } }`, ['{ a(b: "") { c } }', `x'"<y`]],
  ])('takes %s for scored', (_what, value, texts) => {
    expect(kinds(value, texts.map(text))).toEqual([]);
  });

  it.each([
    ['unseen', `x'"<b>`, ['x']],
    ['unseen', `x'"<b>`, []],
    ['unseen', `{"a":"x'\\"y","b":"<c>"}`, [`x'"y`]],
    ['altered', `x'"<b>`, [`y x\\'\\"<b> z`]],
    ['noise', '\ufffd\x01\ufffd\x02*\ufffd', []],
  ])('finds %s: %j in %j', (kind, value, texts) => {
    expect(kinds(value, texts.map(text))).toEqual([kind]);
  });

  it('knows what PHP makes of names', () => {
    expect(kinds(`a_b_c_'"<`, [`a.b c['"<`], false, 'form name')).toEqual([]);
    expect(kinds(`a_b_c_'"<`, [`a.b c['"<`])).toEqual(['altered']);
  });

  it('has nothing to find where bytes are known not to be inspected', () => {
    expect(kinds(`x'"<b>`, [], true)).toEqual([]);
  });
});

describe('the requests', () => {
  it('are as many as they are named, and each goes to the wire whole', () => {
    const cases = seedCases();
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThan(300);
    for (const { bytes } of cases) expect(bytes.toString('latin1')).toMatch(/^[A-Z]+ \S.* HTTP\/1\.1\r\n/);
  });

  it('are mutated by seed and index alone', () => {
    for (const index of [0, 1, 99]) {
      expect(generatedCase(1, index)).toEqual(generatedCase(1, index));
      expect(generatedCase(1, index).bytes).not.toEqual(generatedCase(2, index).bytes);
    }
  });

  it('in chunks are read back', () => {
    const { bytes } = wireCase('x', { body: 'a=1&b=2', chunks: [3, 1], chunkExtension: ';x=y', trailers: ['A: b'] });
    const view = viewOfWire(bytes);
    expect(view.body.toString()).toBe('a=1&b=2');
    expect(view.headers).toContainEqual(['transfer-encoding', 'chunked']);
    expect(dechunked(Buffer.from('3\r\nabc\r\nzz\r\n')).toString()).toBe('abc');
  });
});

describe('the differential command', () => {
  it.each([
    [['--generated', 'x'], '--generated: expected an integer'],
    [['--seed', '-1'], '--seed'],
    [['--bad'], "Unknown option '--bad'"],
  ])('refuses %j', async (args, message) => {
    await expect(differentialCommand(args)).rejects.toThrow(message);
  });
});
