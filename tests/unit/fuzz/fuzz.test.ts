import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CanonicalRequest } from '../../../src/canonicalize/canonical-request.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import type { Encoding } from '../../../src/tokenize/encoding.js';
import { type Failure, fuzz, type Progress } from '../../fuzz/campaign.js';
import { fuzzCommand } from '../../fuzz/command.js';
import { openCorridor } from '../../fuzz/corridor.js';
import { canonicalFault, encodingFault } from '../../fuzz/invariants.js';
import { encodeCheck, type FuzzMessage, makeMessage } from '../../fuzz/message.js';
import { minimize } from '../../fuzz/minimize.js';
import { Random } from '../../fuzz/random.js';
import { readVectors, saveVector } from '../../fuzz/vector.js';

const campaign = {
  seed: 7,
  from: 0,
  checkpoint: 500,
  // Other tests run beside it: only a hang is worth a failure here. `npm run fuzz` holds messages to 200 ms.
  timeLimitMs: 5000,
  heapGrowthBytes: 256 * 1024 * 1024,
};

describe('a short run of the fuzzer', () => {
  it('breaks nothing', async () => {
    const failures: Failure[] = [];
    const { next, outcomes } = await fuzz({ ...campaign, runs: 1500, onFailure: (failure) => failures.push(failure) });
    expect(failures.map(({ index, fault, detail }) => ({ index, fault, detail }))).toEqual([]);
    expect(next).toBe(1500);
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
  }, 60_000);

  it('goes on where another stopped', async () => {
    const indices: number[] = [];
    let left = 20;
    const options = {
      ...campaign,
      checkpoint: 1,
      onFailure: () => {},
      onCheckpoint: ({ next }: { next: number }) => indices.push(next),
    };
    const { next } = await fuzz({ ...options, runs: 100, stopped: () => left-- <= 0 });
    expect(next).toBe(20);
    await fuzz({ ...options, from: next, runs: 2 });
    expect(indices.slice(-2)).toEqual([21, 22]);
  });
});

describe('messages that broke a rule, or come close to', () => {
  const vectors = readVectors();
  it('are there', () => expect(vectors.size).toBeGreaterThan(0));

  it.each([...vectors])('%s', async (_file, { message }) => {
    const corridor = await openCorridor();
    const { fault, detail, ms } = await corridor.pass(message);
    expect({ fault, detail }).toEqual({ fault: undefined, detail: undefined });
    expect(ms).toBeLessThan(campaign.timeLimitMs);
  });
});

describe('what is fuzzed', () => {
  it('depends on seed and index alone', () => {
    for (const index of [0, 1, 12_345, 2 ** 33]) {
      expect(makeMessage(3, index)).toEqual(makeMessage(3, index));
      expect(makeMessage(3, index)).not.toEqual(makeMessage(4, index));
    }
  });

  it('is of every kind', () => {
    const messages = Array.from({ length: 3000 }, (_, index) => makeMessage(1, index));
    const types = messages.flatMap(({ headers }) => headers.filter(([name]) => name === 'content-type'));
    for (const kind of ['json', 'urlencoded', 'multipart', 'xml', 'graphql', 'grpc', 'text/plain', 'octet-stream']) {
      expect(types.filter(([, type]) => type.includes(kind)).length, kind).toBeGreaterThan(10);
    }
    expect(new Set(messages.map(({ style }) => style))).toEqual(new Set(['raw', 'plain', 'both', 'wire']));
    expect(Math.max(...messages.map(({ body }) => body.length))).toBeGreaterThan(60_000);
  });

  it('draws evenly', () => {
    const random = new Random(1, 2);
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 8000; i++) counts[random.below(8)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('the invariants', () => {
  const field = { zone: 'query', name: 'q', value: 'x', text: `${MARKERS.QUERY}q${MARKERS.VALUE}x` } as const;
  const sound: CanonicalRequest = {
    fields: [field],
    bytesInspected: 5,
    bytesReceived: 5,
    truncated: false,
    encodings: [],
    limits: [],
  };
  const withField = (part: Partial<typeof field> | { value: string; text: string }): CanonicalRequest => ({
    ...sound,
    fields: [{ ...field, ...part } as (typeof sound.fields)[number]],
  });
  const valued = (value: string): CanonicalRequest =>
    withField({ value, text: `${MARKERS.QUERY}q${MARKERS.VALUE}${value}` });

  it('hold for a sound request', () => {
    expect(canonicalFault(sound, DEFAULT_LIMITS)).toBeUndefined();
    expect(canonicalFault(valued(`a${MARKERS.UUID}b`), DEFAULT_LIMITS)).toBeUndefined();
  });

  it.each([
    ['more bytes inspected than received', { ...sound, bytesInspected: 6 }],
    ['bytesInspected is no count', { ...sound, bytesInspected: -1 }],
    ['bytes left out, but not truncated', { ...sound, bytesInspected: 4 }],
    ['bytes left out without a limit named', { ...sound, bytesInspected: 4, truncated: true }],
    ['more fields than the limit', { ...sound, fields: new Array(600).fill(field) }],
    ['a forged marker', valued(`a${MARKERS.QUERY}b`)],
    ['a forged marker', valued(MARKERS.VALUE)],
    ['a lone surrogate', valued('\ud800')],
    ['a text that is not its name and value', withField({ value: 'y' } as never)],
    ['a text that does not start with markers alone', withField({ value: 'x', text: `q${MARKERS.VALUE}x` })],
    [
      'a text that starts with a marker of another kind',
      withField({ value: 'x', text: `${MARKERS.CLS}q${MARKERS.VALUE}x` }),
    ],
  ])('name what is broken: %s', (fault, canonical) => {
    expect(canonicalFault(canonical as CanonicalRequest, DEFAULT_LIMITS)).toBe(fault);
  });

  const budget = { shape: { tokens: 4, overlap: 1, prefixTokens: 1 }, vocabSize: 300, maxWindows: 2 };
  const encoding = (ids: number[][], rest: Partial<Encoding> = {}): Encoding => ({
    fields: [field],
    windows: ids.map((one, ordinal) => ({ ids: Uint16Array.from(one), field: 0, ordinal })),
    tokens: ids.flat().length,
    droppedUnits: 0,
    ...rest,
  });

  it.each([
    [undefined, encoding([[1, 50, 60, 70]])],
    [
      'more windows than the budget',
      encoding([
        [1, 5],
        [1, 5],
        [1, 5],
      ]),
    ],
    ['a window of the wrong length', encoding([[1, 5, 6, 7, 8]])],
    ['a window without CLS', encoding([[5, 6]])],
    ['a token id beyond the vocabulary', encoding([[1, 300]])],
    ['a control token inside a window', encoding([[1, 5, 2]])],
    ['a wrong count of tokens', encoding([[1, 5]], { tokens: 3 })],
    ['a field without a window', encoding([])],
  ])('of model inputs: %s', (fault, inputs) => {
    expect(encodingFault(inputs, budget)).toBe(fault);
  });
});

describe('a failure', () => {
  const message: FuzzMessage = {
    method: 'POST',
    target: '/a/b?c=BUG&d',
    headers: [
      ['a', 'b'],
      ['c', 'xxKEYyy'],
    ],
    body: 'x'.repeat(3000),
    style: 'raw',
  };

  it('is made small', async () => {
    const fails = async ({ target, headers }: FuzzMessage): Promise<boolean> =>
      target.includes('BUG') && headers.some(([, value]) => value.includes('KEY'));
    expect(await minimize(message, fails)).toEqual({
      method: '',
      target: 'BUG',
      headers: [['c', 'KEY']],
      body: '',
      style: 'raw',
    });
  });

  it('is saved and read back, bytes included', () => {
    const directory = mkdtempSync(join(tmpdir(), 'normgate-fuzz-'));
    const odd = { ...message, target: '/\x7f\x80\xff\u00e9', body: '\x00\xff' };
    saveVector({ fault: 'threw Error', message: odd }, 'x', directory);
    expect([...readVectors(directory).values()]).toEqual([{ fault: 'threw Error', message: odd }]);
  });

  it('of the transport to read what protobuf can is one', async () => {
    const corridor = await openCorridor();
    const wire = encodeCheck(message).toString('latin1');
    const cut = { ...message, style: 'wire', body: wire.slice(0, 40) } as const;
    expect(await corridor.pass(cut)).toMatchObject({ outcome: 'rejected' });
    expect(await corridor.pass({ ...cut, body: wire })).toMatchObject({ fault: undefined });
  });
});

describe('the fuzz command', () => {
  it('goes on where it stopped, counts included', async () => {
    const out = mkdtempSync(join(tmpdir(), 'normgate-fuzz-'));
    const args = ['--runs', '60', '--real', '0', '--seed', '3', '--out', out, '--vectors', out];
    const state = () => JSON.parse(readFileSync(join(out, 'state-3.json'), 'utf8')) as Progress;
    expect(await fuzzCommand(args)).toBe(0);
    const half = state();
    expect(await fuzzCommand([...args, '--resume'])).toBe(0);
    const whole = state();
    expect([half.next, whole.next]).toEqual([60, 120]);
    const counted = ({ outcomes: { allow, deny, rejected } }: Progress): number => allow + deny + rejected;
    expect([counted(half), counted(whole)]).toEqual([60, 120]);
    expect(whole.bytes).toBeGreaterThan(half.bytes);
  });

  it.each([
    [['--runs', '0'], '--runs: expected an integer from 1'],
    [['--seed', '-1'], '--seed'],
    [['--resume', '--out', '/nowhere'], '--resume: expected the state of an earlier run'],
  ])('refuses %j', async (args, message) => {
    await expect(fuzzCommand(args)).rejects.toThrow(message);
  });
});
