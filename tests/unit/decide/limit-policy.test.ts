import { describe, expect, test } from 'vitest';
import type { LimitName } from '../../../src/canonicalize/canonical-request.js';
import { configSchema } from '../../../src/config.js';
import { decide } from '../../../src/decide/decide.js';
import type { LimitPolicies } from '../../../src/decide/limit-policy.js';

const DEFAULTS = configSchema.parse({}).onLimit;

function verdict(limits: LimitName[], policies: Partial<LimitPolicies>, score: number, mode: 'enforce' | 'monitor') {
  const context = {
    requestId: '1',
    mode,
    modelId: 'm',
    canonical: { bytesInspected: 1, bytesReceived: 2, limits },
    onLimit: { ...DEFAULTS, ...policies },
    timings: { canonicalize: 0, screen: 0, tokenize: 0, score: 0, total: 0 },
  };
  const { action, wouldDeny, reason } = decide({ score, logit: 0, modelId: 'm', fields: [] } as never, context);
  return [action, wouldDeny, reason];
}

describe('a limit that bit', () => {
  test('leaves the verdict to the score by default', () => {
    expect(verdict(['body_bytes'], {}, 0.1, 'enforce')).toEqual(['allow', false, 'normal']);
    expect(verdict(['body_bytes'], {}, 0.9, 'enforce')).toEqual(['deny', true, 'anomaly']);
  });

  test('denies where the policy says so, and monitor mode only tells', () => {
    expect(verdict(['body_bytes'], { bodyBytes: 'deny' }, 0.1, 'enforce')).toEqual(['deny', true, 'limit']);
    expect(verdict(['body_bytes'], { bodyBytes: 'deny' }, 0.1, 'monitor')).toEqual(['allow', true, 'limit']);
    expect(verdict(['body_bytes'], { bodyBytes: 'deny' }, 0.9, 'enforce')).toEqual(['deny', true, 'anomaly']);
    expect(verdict([], { bodyBytes: 'deny' }, 0.1, 'enforce')).toEqual(['allow', false, 'normal']);
  });

  test('allows only where every limit that bit says so', () => {
    expect(verdict(['binary'], { binary: 'allow' }, 0.9, 'enforce')).toEqual(['allow', false, 'limit']);
    expect(verdict(['binary', 'fields'], { binary: 'allow' }, 0.9, 'enforce')).toEqual(['deny', true, 'anomaly']);
    const strict = { binary: 'allow', fields: 'deny' } as const;
    expect(verdict(['binary', 'fields'], strict, 0.1, 'enforce')).toEqual(['deny', true, 'limit']);
  });

  test('a secret is no limit unless its own policy says so', () => {
    expect(verdict(['secret'], { proxyTruncated: 'deny' }, 0.1, 'enforce')).toEqual(['allow', false, 'normal']);
    expect(verdict(['secret', 'binary'], { binary: 'allow' }, 0.9, 'enforce')).toEqual(['allow', false, 'limit']);
    expect(verdict(['secret', 'binary'], { binary: 'deny' }, 0.1, 'enforce')).toEqual(['deny', true, 'limit']);
  });

  test.each([
    ['body_bytes', 'bodyBytes'],
    ['fields', 'fields'],
    ['depth', 'depth'],
    ['decode_steps', 'decodeSteps'],
    ['value_bytes', 'valueBytes'],
    ['windows', 'windows'],
    ['binary', 'binary'],
    ['content_encoding', 'contentEncoding'],
    ['cpu_time', 'cpuTime'],
    ['proxy_truncated', 'proxyTruncated'],
    ['secret', 'secret'],
    ['tunnel', 'tunnel'],
    ['trailers', 'trailers'],
  ] as const)('%s goes by the key %s', (limit, key) => {
    expect(verdict([limit], { [key]: 'deny' }, 0.1, 'enforce')).toEqual(['deny', true, 'limit']);
    expect(Object.keys(DEFAULTS)).toContain(key);
  });
});
