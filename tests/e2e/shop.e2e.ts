import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEcho, send } from './harness/http.js';
import { freePort, Process, waitFor } from './harness/process.js';
import { ROOT } from './harness/stack.js';

const DRIVE = join(ROOT, 'deploy', 'demo', 'traffic', 'drive.mjs');

/** The sample shop alone, without Envoy: what it answers when nobody filters. */
describe('the sample shop', () => {
  let directory: string;
  let shop: Process;
  let port: number;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'normgate-shop-'));
    port = await freePort();
    const command = [process.execPath, join(ROOT, 'deploy/demo/shop/server.mjs'), '--port', String(port)];
    shop = new Process('shop', command, join(directory, 'shop.out'), join(directory, 'shop.err'), { cwd: ROOT });
    await waitFor('the shop', () =>
      send(port, { path: '/robots.txt' }).then(
        () => true,
        () => undefined,
      ),
    );
  });

  afterAll(async () => {
    await shop.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const orders = async (filter: string) => {
    const reply = await send(port, { path: `/admin/orders.csv?${new URLSearchParams({ filter })}` });
    return { status: reply.status, rows: reply.body.trim().split('\r\n').slice(1).filter(Boolean) };
  };

  it.each([
    ["status = 'shipped'", /"shipped"/],
    ['total > 50 AND total <= 100 ORDER BY total DESC LIMIT 5', /"(?:[5-9]\d|100)(?:\.\d)?"/],
    ["customer LIKE 'Aoife O''B%'", /"Aoife O'Brien"/],
    ["(status = 'new' OR status IN ('paid', 'packed')) AND NOT country = 'IE'", /"(?:new|paid|packed)"/],
    ["created BETWEEN '2025-02-01' AND '2025-02-28'", /"2025-02-\d\d"/],
    ['note IS NOT NULL', /"call before delivery"/],
  ])('filters orders by %s', async (filter, expected) => {
    const { status, rows } = await orders(filter);
    expect(status).toBe(200);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(expected);
  });

  it.each([
    "status = 'shipped' UNION SELECT 1",
    'password = 1',
    "status = 'x",
    'total >',
    '1 = 1; DROP TABLE orders',
    '((((total > 1)',
  ])('refuses the filter %s', async (filter) => expect((await orders(filter)).status).toBe(400));

  it('sorts as asked', async () => {
    const { rows } = await orders('total > 0 ORDER BY total DESC');
    const totals = rows.map((row) => Number(row.split(',')[5]!.replaceAll('"', '')));
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
  });

  it('answers GraphQL with aliases, variables and errors', async () => {
    const ask = async (query: string, variables = {}) => {
      const body = JSON.stringify({ query, variables });
      const headers = { 'Content-Type': 'application/json' };
      return JSON.parse((await send(port, { method: 'POST', path: '/graphql', headers, body })).body);
    };
    expect(await ask('{ a: product(id: 1) { id __typename } b: product(id: "2") { id } }')).toEqual({
      data: { a: { id: 1, __typename: 'Product' }, b: { id: 2 } },
    });
    const query = 'query Q($term: String!, $n: Int = 2) { search(term: $term, first: $n) { brand } }';
    expect((await ask(query, { term: "O'Brien" })).data.search).toEqual([
      { brand: "O'Brien & Sons" },
      { brand: "O'Brien & Sons" },
    ]);
    expect((await ask('{ product(id: 1) { password } }')).errors[0].message).toMatch(/no field password/);
    expect((await ask(`${'{ product(id: 1) '.repeat(9)}`)).errors[0].message).toMatch(/levels deep/);
  });

  it('never runs what its users write', async () => {
    const script = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>[x](javascript:alert(1))`<b>`';
    expect((await send(port, { path: `/search?${new URLSearchParams({ q: script })}` })).body).not.toMatch(
      /<script>alert|<img src=x/,
    );
    for (const format of ['text', 'markdown']) {
      const body = new URLSearchParams({
        name: script,
        title: script,
        rating: script,
        format,
        body: script,
      }).toString();
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const path = '/guides/oil-finish-for-oak';
      expect((await send(port, { method: 'POST', path: `${path}/comments`, headers, body })).status).toBe(303);
      expect((await send(port, { path })).body).not.toMatch(/<script>alert|<img src=x|href="javascript|<code><b>/);
    }
  });

  it('redirects to itself only', async () => {
    for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
      const body = new URLSearchParams({ email: 'a@example.com', password: 'x', next }).toString();
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const reply = await send(port, { method: 'POST', path: '/login', headers, body });
      expect(reply.headers.location).toBe('/');
    }
  });

  it('echoes what it got', async () => {
    const echo = parseEcho(await send(port, { method: 'PUT', path: '/echo/a%2fb?c', body: Buffer.from([0, 255]) }));
    expect(echo).toMatchObject({ method: 'PUT', target: '/echo/a%2fb?c', body: 'AP8=' });
  });

  it('has a page for what is missing, and no files outside its own', async () => {
    for (const path of ['/no-such-page', '/static/..%2fserver.mjs', '/static/img/none-80.svg', '/guides/constructor']) {
      expect((await send(port, { path })).status).toBe(404);
    }
    expect((await send(port, { method: 'DELETE', path: '/search' })).status).toBe(405);
  });

  it('answers the seeded traffic without an error of its own', () => {
    const target = `http://127.0.0.1:${port}`;
    const output = execFileSync(process.execPath, [DRIVE, '--target', target, '--sessions', '60', '--seed', '11'], {
      encoding: 'utf8',
    });
    const { requests, byStatus } = JSON.parse(output) as { requests: number; byStatus: Record<string, number> };
    expect(requests).toBeGreaterThan(800);
    // Empty passwords, unknown coupons and pages that are gone belong to real traffic.
    expect(
      Object.keys(byStatus).filter((status) => !['200', '201', '202', '303', '401', '404', '422'].includes(status)),
    ).toEqual([]);
    expect((byStatus['401']! + byStatus['404']! + byStatus['422']!) / requests).toBeLessThan(0.03);
  });
});

describe('the traffic generator', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'normgate-traffic-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const write = (seed: number, sessions = 30): string => {
    const file = join(directory, `${seed}.jsonl.gz`);
    execFileSync(process.execPath, [
      DRIVE,
      '--dry',
      '--sessions',
      String(sessions),
      '--seed',
      String(seed),
      '--out',
      file,
    ]);
    return gunzipSync(readFileSync(file)).toString('utf8');
  };

  it('writes the same requests for the same seed, others for another', () => {
    const first = write(1);
    expect(write(1)).toBe(first);
    const bodies = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { body?: string }).body)
        .filter((body) => body !== undefined && body.length > 80);
    const seen = new Set(bodies(first));
    expect(seen.size).toBeGreaterThan(10);
    expect(bodies(write(2)).filter((body) => seen.has(body))).toEqual([]);
  });

  it('writes requests that `normgate canonicalize` reads', () => {
    const text = write(3);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'dist', 'cli.js'), 'canonicalize', '--strict'],
      { input: text, encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(text.trim().split('\n').length);
  });

  it('sends to loopback only', () => {
    const { status, stderr } = spawnSync(process.execPath, [DRIVE, '--target', 'http://203.0.113.1/'], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/--target: expected a loopback address/);
    expect(status).toBe(2);
  });
});
