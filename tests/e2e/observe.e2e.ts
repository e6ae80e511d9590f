import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outgoing, send } from './harness/http.js';
import { waitFor } from './harness/process.js';
import { ROOT, Stack } from './harness/stack.js';

const SECRETS = [
  'winter-2025-Kx9',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl',
  '0123456789abcdef0123456789abcdef',
  'csrf-7Qm2',
];

const SESSION: readonly Outgoing[] = [
  { path: '/products?category=kitchen' },
  {
    method: 'POST',
    path: '/login',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: `sid=${SECRETS[2]}; theme=dark` },
    body: new URLSearchParams({ email: 'a@example.com', password: SECRETS[0]!, csrf: SECRETS[3]! }).toString(),
  },
  { path: '/api/cart', headers: { Authorization: `Bearer ${SECRETS[1]}` } },
  { path: `/api/suggest?q=lamp&access_token=${SECRETS[1]}` },
];

/** The value of one Prometheus sample; 0 before it exists. */
async function metric(stack: Stack, name: string, labels = ''): Promise<number> {
  const { body } = await send(stack.adminPort, { path: '/metrics' });
  const lines = body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.filter((line) => line.includes(labels)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('what can be observed', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'monitor' });
  });

  afterAll(() => stack?.stop());

  it('says that it lives and is ready, and why', async () => {
    expect((await send(stack.adminPort, { path: '/livez' })).status).toBe(200);
    const ready = await send(stack.adminPort, { path: '/readyz' });
    expect(ready.status).toBe(200);
    expect(ready.body).toMatch(/model/);
    expect(ready.body).toMatch(/grpc/);
  });

  it('counts checks, and captures them without secrets in a form that its own tools read', async () => {
    const before = await metric(stack, 'normgate_checks_total');
    for (const outgoing of SESSION) expect((await send(stack.port, outgoing)).status).toBeLessThan(400);
    expect((await metric(stack, 'normgate_checks_total')) - before).toBe(SESSION.length);
    expect(await metric(stack, 'normgate_check_seconds_count')).toBeGreaterThanOrEqual(SESSION.length);
    expect(await stack.sidecar.stop()).toBe(0);

    const directory = join(stack.directory, 'captures');
    const files = readdirSync(directory).filter((name) => name.endsWith('.gz'));
    const text = files.map((name) => gunzipSync(readFileSync(join(directory, name))).toString('utf8')).join('');
    const records = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const { path } of SESSION) {
      expect(records.some((record) => String(record.path).startsWith(path.split('?')[0]!))).toBe(true);
    }
    for (const record of records) expect(record).toMatchObject({ mode: 'monitor', verdict: { action: 'allow' } });
    for (const secret of SECRETS) {
      expect(text).not.toContain(secret);
      expect(stack.sidecar.stdout()).not.toContain(secret);
    }
    const command = [
      join(ROOT, 'dist', 'cli.js'),
      'canonicalize',
      '--strict',
      ...files.map((name) => join(directory, name)),
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(records.length);
  });
});

describe('capture that cannot write', () => {
  it('lets traffic go on, and says so', async () => {
    const stack = await Stack.start({ mode: 'monitor' });
    try {
      const directory = join(stack.directory, 'captures');
      rmSync(directory, { recursive: true, force: true });
      writeFileSync(directory, 'in the way');
      await waitFor('a failed write', async () => {
        expect((await send(stack.port, { path: '/robots.txt' })).status).toBe(200);
        return (await metric(stack, 'normgate_capture_errors_total')) > 0 || undefined;
      });
      expect((await send(stack.port, { path: '/robots.txt' })).status).toBe(200);
      await waitFor('a log line', () => stack.sidecar.stdout().includes('capture cannot write') || undefined);
    } finally {
      await stack.stop();
    }
  });
});
