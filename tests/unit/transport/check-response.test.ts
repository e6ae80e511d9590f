import { describe, expect, it } from 'vitest';
import type { NotScoredReason, Verdict } from '../../../src/decide/verdict.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { prefersHtml } from '../../../src/transport/accept.js';
import { toRequestView } from '../../../src/transport/check-request.js';
import { type NotScoredPolicy, toCheckAnswer } from '../../../src/transport/check-response.js';
import { type CheckResponseMessage, checkMethod } from '../../../src/transport/protocol.js';
import { checkOf, headersOf, rawHeaders, verdictOf } from './harness.js';

const viewOf = (...headers: [string, string][]): RequestView =>
  toRequestView(checkOf({ header_map: rawHeaders(...headers) }), { maxRequestBytes: 1000 });

/** The response after a trip over the wire. */
function respond(overrides: Partial<Verdict>, view = viewOf(), policy: NotScoredPolicy = 'failure-mode') {
  const answer = toCheckAnswer(verdictOf(view, { requestId: 'req-1', ...overrides }), view, policy);
  if ('error' in answer) return answer.error;
  return checkMethod.responseDeserialize(checkMethod.responseSerialize(answer.response) as Buffer);
}
const responded = (...given: Parameters<typeof respond>) => respond(...given) as CheckResponseMessage;

const field = (zone: 'query', name: string) => ({
  field: { zone, name, value: 'secret value', text: '' },
  raw: 1,
  score: 0.9,
  span: [0, 0] as const,
});

describe('allow', () => {
  it('tells the upstream, overwriting whatever the client sent', () => {
    const response = responded({});
    expect(response.status.code ?? 0).toBe(0);
    const { headers } = response.ok_response!;
    expect(headersOf(headers)).toEqual({
      'x-normgate-verdict': 'allow',
      'x-normgate-score': '0.1250',
      'x-normgate-request-id': 'req-1',
      'x-normgate-model': 'tiny-1',
    });
    expect(headers.map((option) => option.append_action)).toEqual([2, 2, 2, 2]);
  });

  it('says would-deny in monitor mode', () => {
    const response = responded({ mode: 'monitor', wouldDeny: true, score: 0.9 });
    expect(headersOf(response.ok_response!.headers)['x-normgate-verdict']).toBe('would-deny');
  });

  it('removes names under our prefix that it does not overwrite, however they are spelt', () => {
    const view = viewOf(
      ['x-normgate-score', '0.0'],
      ['x-normgate-admin', '1'],
      ['x_normgate_score', '0.0'],
      ['x-normgate_verdict', 'allow'],
      ['x-normgates', 'other'],
      ['x-other', '1'],
    );
    expect(responded({}, view).ok_response!.headers_to_remove).toEqual([
      'x-normgate-admin',
      'x_normgate_score',
      'x-normgate_verdict',
    ]);
    const unscored = responded({ notScored: 'deadline', score: null, mode: 'monitor' }, view);
    expect(unscored.ok_response!.headers_to_remove).toContain('x-normgate-score');
  });

  it('sends header values that are printable ASCII and not empty', () => {
    const response = responded({ modelId: 'm\u00e9\n\r', requestId: '' });
    for (const value of Object.values(headersOf(response.ok_response!.headers))) {
      expect(value).toMatch(/^[\x20-\x7e]+$/);
    }
  });
});

describe('deny', () => {
  const deny = {
    action: 'deny',
    wouldDeny: true,
    reason: 'anomaly',
    score: 0.98765,
    fields: [field('query', 'q')],
  } as const;

  it('answers 403 with JSON that names the request and nothing else', () => {
    const response = responded(deny);
    expect(response.status.code).toBe(7);
    expect(response.denied_response!.status.code).toBe(403);
    const { body, headers } = response.denied_response!;
    expect(JSON.parse(body)).toEqual({ error: 'forbidden', message: 'This request was blocked.', requestId: 'req-1' });
    expect(headersOf(headers)).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-normgate-request-id': 'req-1',
    });
  });

  it('answers HTML to a browser', () => {
    const view = viewOf(['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8']);
    const { body, headers } = responded({ ...deny, requestId: 'req-1<script>' }, view).denied_response!;
    expect(headersOf(headers)['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain('<code>req-1script</code>');
  });

  it('tells an attacker neither score nor model nor field', () => {
    for (const accept of ['text/html', 'application/json']) {
      const { body, headers } = responded(deny, viewOf(['accept', accept])).denied_response!;
      const seen = body + JSON.stringify(headersOf(headers));
      for (const word of ['0.98', 'tiny-1', 'query', 'secret', 'anomaly', 'score']) expect(seen).not.toContain(word);
    }
  });
});

describe('dynamic metadata', () => {
  it('carries the verdict, with field names only and those printable', () => {
    const response = responded({
      action: 'deny',
      wouldDeny: true,
      reason: 'anomaly',
      score: 0.75,
      fields: [field('query', 'q\n\u202e"'), field('query', 'n'.repeat(500))],
    });
    const { fields } = response.dynamic_metadata!;
    expect(fields.verdict).toEqual({ stringValue: 'deny' });
    expect(fields.score).toEqual({ numberValue: 0.75 });
    expect(fields.would_deny).toEqual({ boolValue: true });
    expect(fields.request_id).toEqual({ stringValue: 'req-1' });
    const names = fields.fields!.listValue!.values.map((value) => value.stringValue!);
    expect(names[0]).toBe('query:q\\u{a}\\u{202e}"');
    expect(names[1]!.length).toBeLessThan(80);
    expect(JSON.stringify(response)).not.toContain('secret value');
  });
});

describe('not scored', () => {
  const reasons: NotScoredReason[] = ['deadline', 'overloaded', 'cancelled', 'backend_failed', 'internal'];

  it.each(reasons)('%s: leaves the decision to the proxy by default', (notScored) => {
    expect(respond({ notScored, reason: 'not_scored', score: null })).toBe(notScored);
  });

  it('allows or denies by policy', () => {
    const verdict = { notScored: 'deadline', reason: 'not_scored', score: null } as const;
    const allowed = responded(verdict, viewOf(), 'allow');
    expect(headersOf(allowed.ok_response!.headers)).toMatchObject({ 'x-normgate-verdict': 'not-scored' });
    expect(headersOf(allowed.ok_response!.headers)).not.toHaveProperty('x-normgate-score');
    expect(allowed.dynamic_metadata!.fields.score).toEqual({ nullValue: 0 });
    expect(allowed.dynamic_metadata!.fields.not_scored).toEqual({ stringValue: 'deadline' });
    expect(responded(verdict, viewOf(), 'deny').denied_response!.status.code).toBe(403);
  });

  it.each<NotScoredPolicy>(['failure-mode', 'allow', 'deny'])('monitor mode lets it pass under %s', (policy) => {
    const response = responded({ notScored: 'overloaded', score: null, mode: 'monitor' }, viewOf(), policy);
    expect(headersOf(response.ok_response!.headers)['x-normgate-verdict']).toBe('not-scored');
  });
});

describe('Accept', () => {
  it.each([
    ['', false],
    ['*/*', false],
    ['application/json', false],
    ['text/html', true],
    ['TEXT/HTML', true],
    ['text/html, */*', true],
    ['text/html;q=0.9, application/json', false],
    ['text/html, application/json;q=0.9', true],
    ['text/html;q=0', false],
    ['text/html;q=1.5', false],
    ['text/html;q=0.2, */*;q=0.8', false],
    ['application/xhtml+xml', true],
    [`${'a/b,'.repeat(100_000)}text/html`, false],
  ])('%j: HTML %s', (accept, html) => {
    expect(prefersHtml(accept)).toBe(html);
  });
});
