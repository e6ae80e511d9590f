import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminServer } from '../../../src/admin/admin-server.js';
import { Metrics } from '../../../src/admin/metrics.js';
import { Readiness } from '../../../src/admin/readiness.js';
import type { CanonicalRequest } from '../../../src/canonicalize/canonical-request.js';
import type { Verdict } from '../../../src/decide/verdict.js';
import { ConfigError } from '../../../src/errors.js';

const CANONICAL: CanonicalRequest = {
  fields: [],
  bytesInspected: 90,
  bytesReceived: 100,
  truncated: true,
  encodings: [],
  limits: ['fields', 'depth'],
  uninspected: new Map([['fields', 10]]),
  oddities: ['dtd'],
};
const VERDICT: Verdict = {
  requestId: 'r',
  action: 'deny',
  wouldDeny: true,
  mode: 'enforce',
  reason: 'anomaly',
  score: 0.75,
  threshold: 0.5,
  modelId: 'tiny-1',
  fields: [],
  bytesInspected: 90,
  bytesReceived: 100,
  timings: { canonicalize: 0.04, screen: 0.01, tokenize: 0.02, score: 1.5, total: 1.56 },
};

let metrics: Metrics;
let readiness: Readiness<'model' | 'backend'>;
let server: AdminServer;
let url: string;
const changes: boolean[] = [];

beforeEach(async () => {
  metrics = new Metrics({ version: '1.2.3' });
  changes.length = 0;
  readiness = new Readiness(['model', 'backend'], (ready) => changes.push(ready));
  server = new AdminServer({
    listen: '127.0.0.1:0',
    metrics: () => metrics.render(),
    readiness: () => readiness.report(),
  });
  url = `http://${await server.start()}`;
});
afterEach(() => server.stop());

const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();

describe('metrics', () => {
  it('starts every series at zero, so that the first event shows in a rate', async () => {
    const text = await scrape();
    for (const series of [
      'normgate_checks_total{action="deny",reason="anomaly"} 0',
      'normgate_not_scored_total{reason="deadline"} 0',
      'normgate_check_failures_total{code="message_too_large"} 0',
      'normgate_limit_total{limit="proxy_truncated"} 0',
      'normgate_capture_dropped_total{reason="queue_full"} 0',
      'normgate_cache_lookups_total{result="hit"} 0',
      'normgate_log_dropped_total 0',
    ]) {
      expect(text).toContain(`${series}\n`);
    }
    expect(text).toMatch(/normgate_build_info\{version="1\.2\.3",node="v\d/);
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('counts what the hooks tell it', async () => {
    metrics.onVerdict(CANONICAL, VERDICT);
    metrics.onVerdict(CANONICAL, {
      ...VERDICT,
      action: 'allow',
      reason: 'not_scored',
      notScored: 'overloaded',
      score: null,
    });
    metrics.onFailure('malformed_check');
    metrics.onBatch({ windows: 3, tokens: 200, waitMs: 0.1 });
    metrics.onQueueDepth(77);
    metrics.onLookup({ hits: 5, joined: 2, misses: 1 });
    metrics.onCaptureWritten({ records: 4, bytes: 900 });
    metrics.onCaptureDropped('unwritable', 6);
    metrics.onCaptureError();
    metrics.onLogDropped();
    metrics.onModel('old', 'cpu');
    metrics.onModel('tiny-1', 'cuda');
    metrics.watch('checks_in_flight', 'Checks that wait.', () => 9);
    const text = await scrape();
    for (const series of [
      'normgate_checks_total{action="deny",reason="anomaly"} 1',
      'normgate_checks_total{action="allow",reason="not_scored"} 1',
      'normgate_not_scored_total{reason="overloaded"} 1',
      'normgate_stage_seconds_count{stage="score"} 2',
      'normgate_stage_seconds_bucket{le="0.002",stage="score"} 2',
      'normgate_stage_seconds_bucket{le="0.001",stage="score"} 0',
      'normgate_score_count 1',
      'normgate_limit_total{limit="depth"} 2',
      'normgate_uninspected_bytes_total{reason="fields"} 20',
      'normgate_oddities_total{kind="dtd"} 2',
      'normgate_check_failures_total{code="malformed_check"} 1',
      'normgate_batch_windows_sum 3',
      'normgate_batch_tokens_sum 200',
      'normgate_queue_tokens 77',
      'normgate_cache_lookups_total{result="hit"} 5',
      'normgate_cache_lookups_total{result="joined"} 2',
      'normgate_cache_lookups_total{result="miss"} 1',
      'normgate_capture_written_total 4',
      'normgate_capture_written_bytes_total 900',
      'normgate_capture_dropped_total{reason="unwritable"} 6',
      'normgate_capture_errors_total 1',
      'normgate_log_dropped_total 1',
      'normgate_model_info{model_id="tiny-1",provider="cuda"} 1',
      'normgate_checks_in_flight 9',
    ]) {
      expect(text).toContain(`${series}\n`);
    }
    expect(text).not.toContain('model_id="old"');
  });
});

describe('probes', () => {
  it('is alive from the start', async () => {
    const response = await fetch(`${url}/livez`);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  it('is ready only while every condition is proven, and announces changes of the whole', async () => {
    const read = async () => {
      const response = await fetch(`${url}/readyz?verbose`);
      return [response.status, await response.json()];
    };
    const unproven = { ok: false, detail: 'not proven yet' };
    expect(await read()).toEqual([503, { ready: false, conditions: { model: unproven, backend: unproven } }]);
    readiness.set('model', true);
    expect(await read()).toEqual([503, { ready: false, conditions: { model: { ok: true }, backend: unproven } }]);
    readiness.set('backend', true);
    readiness.set('backend', true);
    expect((await read())[0]).toBe(200);
    readiness.set('backend', false, 'worker exited');
    expect(await read()).toEqual([
      503,
      { ready: false, conditions: { model: { ok: true }, backend: { ok: false, detail: 'worker exited' } } },
    ]);
    expect(changes).toEqual([true, false]);
  });
});

describe('the door', () => {
  it.each([
    ['POST', '/metrics', 405],
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['HEAD', '/livez', 200],
  ])('%s %s: %i', async (method, path, status) => {
    expect((await fetch(url + path, { method })).status).toBe(status);
  });

  it('hides why it failed', async () => {
    const errors: unknown[] = [];
    const broken = new AdminServer({
      listen: '127.0.0.1:0',
      metrics: () => Promise.reject(new Error('hunter2')),
      readiness: () => ({ ready: true }),
      onError: (error) => errors.push(error),
    });
    const response = await fetch(`http://${await broken.start()}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, 'internal error\n']);
    expect(String(errors[0])).toContain('hunter2');
    await broken.stop();
  });

  it('survives what is no HTTP', async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}).resume();
    socket.write('\x16\x03\x01\x00\xff\r\n\r\n');
    await closed;
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('names the key of an address that is taken or none', async () => {
    for (const listen of [url.slice('http://'.length), 'nonsense']) {
      const second = new AdminServer({ listen, metrics: () => metrics.render(), readiness: () => ({ ready: true }) });
      const error = await second.start().catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).message).toContain('admin.listen: expected');
    }
  });
});
