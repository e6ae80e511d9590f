import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CanonicalRequest, Zone } from '../../../src/canonicalize/canonical-request.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import type { Verdict } from '../../../src/decide/verdict.js';
import { type DecisionLogOptions, decisionLog } from '../../../src/decision-log.js';
import { createLog } from '../../../src/log.js';
import type { FieldMemory } from '../../../src/score/memory-view.js';
import type { FieldScore } from '../../../src/score/score.js';
import { viewOf } from '../request/view-of.js';

const KEYS = JSON.parse(readFileSync(new URL('../../vectors/explanation.json', import.meta.url), 'utf8'));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ng-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const VIEW = viewOf({ target: '/search?q=boots&token=Hunter2Hunter2' });
const CANONICAL: CanonicalRequest = {
  fields: [],
  bytesInspected: 10,
  bytesReceived: 12,
  truncated: true,
  encodings: ['percent'],
  limits: ['fields'],
  uninspected: new Map([['fields', 2]]),
  oddities: ['malformed'],
};
const VERDICT: Verdict = {
  requestId: 'req-1',
  action: 'allow',
  wouldDeny: false,
  mode: 'enforce',
  reason: 'normal',
  score: 0.123456,
  threshold: 0.5,
  modelId: 'tiny-1',
  fields: [],
  bytesInspected: 10,
  bytesReceived: 12,
  timings: { canonicalize: 0.04, screen: 0.01, tokenize: 0.02, score: 1.23456789, total: 1.3 },
};
const DENY: Partial<Verdict> = { action: 'deny', wouldDeny: true, reason: 'anomaly', score: 0.9 };

const field = (zone: Zone, name: string, value: string, run = value): FieldScore => {
  const text = `${MARKERS.QUERY}${name}${MARKERS.VALUE}${value}`;
  const start = text.lastIndexOf(run);
  return { field: { zone, name, value, text }, raw: 3, score: 0.9, span: [start, start + run.length] };
};

/** The log's lines after these verdicts, as text and parsed. */
async function logged(
  verdicts: Partial<Verdict>[],
  options: Partial<DecisionLogOptions> = {},
  view = VIEW,
  level = 'info',
) {
  const to = join(dir, 'log');
  const log = createLog({ level, to });
  const write = decisionLog(log.logger, { sampleAllow: 1, redactNames: [], ...options });
  for (const verdict of verdicts) write(view, CANONICAL, { ...VERDICT, ...verdict });
  await log.close();
  const text = readFileSync(to, 'utf8');
  return {
    text,
    lines: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

describe('one line a request', () => {
  it('has everything that is needed at 3 a.m.', async () => {
    const view = { ...VIEW, target: '/search?q=boots%27+or+1=1--&token=Hunter2Hunter2' };
    const { lines } = await logged([{ ...DENY, fields: [field('query', 'q', "boots' or 1=1--", "' or")] }], {}, view);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      msg: 'deny',
      requestId: 'req-1',
      action: 'deny',
      wouldDeny: true,
      mode: 'enforce',
      reason: 'anomaly',
      score: 0.9,
      threshold: 0.5,
      modelId: 'tiny-1',
      bytesInspected: 10,
      bytesReceived: 12,
      client: '192.0.2.1',
      method: 'GET',
      host: 'shop.example',
      path: '/search?q=boots%27+or+1=1--&token=Xxxxxx0Xxxxxx0',
      fields: [
        {
          zone: 'query',
          name: 'q',
          score: 0.9,
          span: [5, 9],
          excerpt: "boots' or 1=1--",
          raw: { part: 'target', from: 15, to: 21, bytes: '%27+or' },
        },
      ],
      truncated: true,
      limits: ['fields'],
      uninspected: { fields: 2 },
      oddities: ['malformed'],
      encodings: ['percent'],
      ms: { canonicalize: 0.04, screen: 0.01, tokenize: 0.02, score: 1.2346, total: 1.3 },
    });
  });

  it.each<[Partial<Verdict>, string, string]>([
    [{}, 'info', 'allow'],
    [DENY, 'warn', 'deny'],
    [{ ...DENY, action: 'allow', mode: 'monitor' }, 'warn', 'would deny'],
    [{ notScored: 'deadline', reason: 'not_scored', score: null }, 'warn', 'not scored'],
  ])('%j', async (verdict, level, message) => {
    const { lines } = await logged([verdict]);
    expect(lines[0]).toMatchObject({
      level,
      msg: message,
      score: verdict.score === undefined ? 0.1235 : verdict.score,
    });
  });

  it('samples what passes, and nothing else', async () => {
    const unscored: Partial<Verdict> = { notScored: 'overloaded', reason: 'not_scored', score: null };
    const { lines } = await logged([{}, {}, {}, {}, {}, {}, DENY, unscored], { sampleAllow: 0.5 });
    expect(lines.map(({ msg }) => msg)).toEqual(['allow', 'allow', 'allow', 'deny', 'not scored']);
    rmSync(join(dir, 'log'));
    expect((await logged([{}, DENY], { sampleAllow: 0 })).lines.map(({ msg }) => msg)).toEqual(['deny']);
  });

  it('keeps to the level', async () => {
    expect((await logged([{}, DENY], {}, VIEW, 'warn')).lines.map(({ msg }) => msg)).toEqual(['deny']);
  });
});

describe('a field whose host has a history', () => {
  const memory: FieldMemory = {
    kind: 'field',
    ceiling: 1.256,
    values: 3,
    observations: 9,
    newSymbol: true,
    longer: false,
    shift: 0.5,
    // A line break, a blank and a comma.
    symbols: Uint32Array.of(1 << 0x0a, (1 << (0x20 - 32)) | (1 << (0x2c - 32)), 0, 0),
    longest: 40,
    nearest: () => [`${MARKERS.QUERY}q${MARKERS.VALUE}boots ${MARKERS.UUID}\u{1F4A9}`],
  };

  it('is explained by the keys that the command line and the report have too', async () => {
    const { lines } = await logged([{ ...DENY, fields: [{ ...field('query', 'q', 'boots'), memory }] }]);
    const [explained] = lines[0].fields;
    expect(Object.keys(explained)).toEqual(KEYS.explanation);
    expect(Object.keys(explained.normal)).toEqual(KEYS.normal);
    expect(explained.memory).toBe('ceiling 1.3 of 3 values, new symbol after 9 observations, +0.50');
    expect(explained.normal).toMatchObject({ ceiling: 1.26, symbols: '<000A> ,', nearest: ['boots [UUID]\\u{1f4a9}'] });
  });

  it('says where it has never shown the field, and nothing where it is not asked', async () => {
    const fresh: FieldScore = { ...field('query', 'q', 'boots'), memory: { kind: 'new' } };
    const { lines } = await logged([{ ...DENY, fields: [fresh, field('query', 'q', 'boots')] }]);
    expect(lines[0].fields[0]).toMatchObject({ memory: 'new field', normal: null });
    expect(lines[0].fields[1]).not.toHaveProperty('memory');
    expect(lines[0].fields[1]).not.toHaveProperty('normal');
  });

  it('tells of a request that passes what memory said, and no value', async () => {
    const { lines, text } = await logged([{ fields: [{ ...field('query', 'q', 'sandals'), memory }] }]);
    expect(Object.keys(lines[0].fields[0])).toEqual(KEYS.outline);
    expect(text).not.toMatch(/sandals|boots \[UUID/);
  });
});

describe('what must not be in it', () => {
  it('values of requests that pass', async () => {
    const { text, lines } = await logged([{ fields: [field('body', 'comment', 'private words')] }]);
    expect(text).not.toContain('private');
    expect(lines[0].fields).toEqual([{ zone: 'body', name: 'comment', score: 0.9 }]);
  });

  it.each<[string, FieldScore]>([
    ['secret name', field('body', 'new_password', "Hunter2Hunter2' or 1=1")],
    ['operator name', field('body', 'iban', 'Hunter2Hunter2')],
    ['cookie', field('cookie', 'theme', 'Hunter2Hunter2')],
    ['assignment inside a value', field('body', 'q', 'x; token=Hunter2Hunter2 y')],
    [
      'assignment whose name is before the excerpt',
      field('body', 'q', `password="${'a'.repeat(60)}Hunter2Hunter2"`, 'Hunter2'),
    ],
  ])('secrets: %s', async (_name, deciding) => {
    const { text } = await logged([{ ...DENY, fields: [deciding] }], { redactNames: ['iban'] });
    expect(text).not.toContain('Hunter2');
    expect(text).toContain('excerpt');
  });

  it.each<[string, string, FieldScore]>([
    ['of a secret name', '/?pin=Hunter2%27', field('query', 'pin', "Hunter2'")],
    ['of a value with a secret in it', "/?q='pin=Hunter2", field('query', 'q', "'pin=Hunter2", "'")],
    ['behind a placeholder', "/?q='Hunter2Hunter2Hunter2<", field('query', 'q', `'${MARKERS.OPAQUE}<`)],
  ])('the bytes %s, though where they stood', async (_name, target, deciding) => {
    const { lines } = await logged([{ ...DENY, fields: [deciding] }], {}, { ...VIEW, target });
    expect(lines[0].fields[0].raw).toEqual({ part: 'target', from: expect.any(Number), to: expect.any(Number) });
    expect(JSON.stringify(lines[0].fields)).not.toContain('Hunter2');
  });

  it('text that does something to a terminal, a page or a line reader', async () => {
    const evil = '\u001b[31m\n\r\u009b\u202e\u2028\u0000<\u{1F4A9}';
    const view = { ...VIEW, method: evil, host: evil, target: `/${evil}`, client: evil };
    const { text, lines } = await logged([{ ...DENY, fields: [field('query', evil, evil)] }], {}, view);
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(lines[0].host).toContain('\\u{1b}[31m\\u{a}');
  });

  it('more than is useful', async () => {
    const long = 'x'.repeat(100_000);
    const view = { ...VIEW, method: long, host: long, target: `/${long}`, client: long };
    const { text, lines } = await logged([{ ...DENY, fields: [field('query', long, `${long}\u{1F4A9}`)] }], {}, view);
    expect(text.length).toBeLessThan(1500);
    expect(lines[0].fields[0].excerpt.length).toBeLessThanOrEqual(80);
  });
});

describe('the excerpt', () => {
  const excerptOf = async (deciding: FieldScore) =>
    (await logged([{ ...DENY, fields: [deciding] }])).lines[0].fields[0].excerpt;

  it('starts a little before the run that decided, within the value', async () => {
    const value = `${'benign '.repeat(30)}<script>alert(1)</script>${' more'.repeat(30)}`;
    expect(await excerptOf(field('body', 'c', value, '<script>'))).toMatch(
      /^nign benign <script>alert\(1\)<\/script> more more/,
    );
  });

  it('writes placeholders for people', async () => {
    expect(await excerptOf(field('query', 'id', `${MARKERS.UUID}' or`, "' or"))).toBe("[UUID]' or");
  });

  it('says where no bytes belong to the span', async () => {
    const { lines } = await logged([{ ...DENY, fields: [field('query', 'q', 'of no request')] }]);
    expect(lines[0].fields[0].raw).toBeNull();
  });

  it('shows a name that decided', async () => {
    expect(await excerptOf(field('query', '<svg onload=1>', '', '<svg'))).toMatch(/^<svg onload=1>/);
  });
});

describe.skipIf(!existsSync('/dev/full'))('a log on a full disk', () => {
  it('loses lines, counts them, and goes on', async () => {
    let dropped = 0;
    const log = createLog({
      level: 'info',
      to: '/dev/full',
      onDropped: () => {
        dropped++;
      },
    });
    log.logger.info('lost');
    await expect.poll(() => dropped).toBeGreaterThan(0);
    log.logger.info('lost as well');
  });
});
