import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../suite/outcome.js';
import { type OddOutcome, runSuite } from '../../suite/run-suite.js';
import { readHead, send, type Target } from '../../suite/send.js';
import type { Loaded, SuiteCase } from '../../suite/suite-case.js';
import { renderTally, Tally } from '../../suite/tally.js';

const request = (path: string, expected: SuiteCase['expected'] = 'blocked'): SuiteCase => ({
  id: path,
  class: 'c',
  zone: 'path',
  expected,
  bytes: Buffer.from(`GET ${path} HTTP/1.1\r\n\r\n`, 'latin1'),
});

/** Answers by path: `/403` with that status, `/hang` never, `/cut` with half a head, `/late` with 503 once. */
describe('sending a suite', () => {
  let server: Server;
  let target: Target;
  const open = new Set<Socket>();
  let underWay = 0;
  let most = 0;
  let late = true;

  beforeAll(async () => {
    server = createServer((socket) => {
      open.add(socket);
      most = Math.max(most, ++underWay);
      socket.on('close', () => open.delete(socket)).on('error', () => {});
      socket.once('data', (bytes) => {
        const path = bytes.toString('latin1').split(' ')[1]!;
        if (path !== '/hang') underWay--;
        else return void socket.once('close', () => underWay--);
        if (path === '/cut') socket.end('HTTP/1.1 200 OK\r\nA: ');
        else if (path === '/interim') socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n');
        else if (path === '/late') {
          socket.write(late ? 'HTTP/1.1 503 X\r\n\r\n' : 'HTTP/1.1 403 X\r\nX-Normgate-Request-Id: a\r\n\r\n');
          late = false;
        } else socket.write(`HTTP/1.1 ${path.slice(1)} X\r\nContent-Length: 0\r\n\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    target = { host: '127.0.0.1', port: (server.address() as { port: number }).port, tls: false };
  });

  afterAll(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });

  it('counts what became of each, a bounded number at a time, and names what was not expected', async () => {
    const odd: OddOutcome[] = [];
    const cases: Loaded[] = [
      ...Array.from({ length: 12 }, () => request('/403')),
      request('/200'),
      request('/200', 'passed'),
      request('/403', 'passed'),
      request('/hang'),
      request('/cut', 'unknown'),
      request('/interim'),
      { id: 'x', skipped: 'why' },
    ];
    most = 0;
    const { tally, skipped, latencies } = await runSuite(cases, {
      target,
      denials: { statuses: new Set([403]), ours: false },
      concurrency: 3,
      timeoutMs: 200,
      limit: 100,
      onOdd: (one) => odd.push(one),
    });
    expect(most).toBeLessThanOrEqual(3);
    expect(tally.rows().map(({ expected, counts }) => [expected, counts])).toEqual([
      ['blocked', { sent: 15, blocked: 13, passed: 1, refused: 0, error: 1 }],
      ['passed', { sent: 2, blocked: 1, passed: 1, refused: 0, error: 0 }],
      ['unknown', { sent: 1, blocked: 0, passed: 0, refused: 0, error: 1 }],
    ]);
    expect(tally.totals().at(-1)).toMatchObject({ expected: 'all', counts: { sent: 18, error: 2 } });
    expect(odd.map(({ id, outcome, answer }) => [id, outcome, answer]).sort()).toEqual([
      ['/200', 'passed', 200],
      ['/403', 'blocked', 403],
      ['/cut', 'error', 'closed without an answer'],
      ['/hang', 'error', 'timeout'],
    ]);
    expect(skipped).toEqual(new Map([['why', 1]]));
    expect(latencies).toHaveLength(16);
  });

  it('sends what our own proxy could not decide once more, and counts why nothing came', async () => {
    const cases = [request('/late'), request('/503'), request('/hang')];
    const denials = { statuses: new Set([403]), ours: true };
    const { tally, errors, repeated } = await runSuite(cases, {
      target,
      denials,
      concurrency: 3,
      timeoutMs: 200,
      limit: 9,
    });
    expect(tally.totals()[0]!.counts).toEqual({ sent: 3, blocked: 1, passed: 0, refused: 0, error: 2 });
    expect(errors).toEqual(
      new Map([
        ['timeout', 1],
        ['503', 1],
      ]),
    );
    expect(repeated).toBe(2);
  });

  it('stops at the limit', async () => {
    const options = { target, denials: { statuses: new Set([403]), ours: false }, concurrency: 2, timeoutMs: 500 };
    const { tally } = await runSuite(
      Array.from({ length: 9 }, () => request('/200')),
      { ...options, limit: 4 },
    );
    expect(tally.totals()[0]!.counts.sent).toBe(4);
  });

  it('says why nobody answered', async () => {
    const answer = await send({ ...target, port: 1 }, Buffer.from('x'), 1000);
    expect(answer).toMatchObject({ failed: 'ECONNREFUSED' });
  });
});

describe('whose answer it is', () => {
  const answer = (status: number, headers: Record<string, string> = {}) => ({
    status,
    headers: new Map(Object.entries(headers)),
    ms: 1,
  });
  const ours = { statuses: new Set([403]), ours: true };

  it("is the application's, the firewall's or the proxy's, by Envoy's headers", () => {
    expect(outcomeOf(answer(403, { 'x-envoy-upstream-service-time': '1' }), ours)).toBe('passed');
    expect(outcomeOf(answer(403, { 'x-normgate-request-id': 'a' }), ours)).toBe('blocked');
    expect(outcomeOf(answer(400), ours)).toBe('refused');
    expect(outcomeOf(answer(503), ours)).toBe('error');
    expect(outcomeOf({ failed: 'timeout', ms: 1 }, ours)).toBe('error');
  });

  it('is read from the first head that is final', () => {
    expect(readHead(Buffer.from('HTTP/1.1 103 E\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n'))).toBeUndefined();
    const head = readHead(Buffer.from('HTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b: c\r\n\r\nbody'))!;
    expect([head.status, head.headers.get('x-a')]).toEqual([200, 'b: c']);
  });
});

describe('the table', () => {
  it('has a line a class and zone, sums, and the share that was blocked of what was judged', () => {
    const tally = new Tally();
    for (const outcome of ['blocked', 'blocked', 'passed', 'refused'] as const) {
      tally.add({ class: 'sqli', zone: 'query', expected: 'blocked' }, outcome);
    }
    tally.add({ class: 'texts', zone: 'body', expected: 'passed' }, 'passed');
    expect(renderTally(tally).split('\n')).toEqual([
      'expected  class  zone   sent  blocked  passed  refused  errors  blocked %',
      '--------  -----  -----  ----  -------  ------  -------  ------  ---------',
      'blocked   sqli   query     4        2       1        1       0       66.7',
      'passed    texts  body      1        0       1        0       0        0.0',
      '--------  -----  -----  ----  -------  ------  -------  ------  ---------',
      'blocked   all    all       4        2       1        1       0       66.7',
      'passed    all    all       1        0       1        0       0        0.0',
      'all       all    all       5        2       2        1       0       50.0',
    ]);
  });
});
