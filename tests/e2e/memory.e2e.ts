import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Encoding, encode, PAYLOADS, PLACES } from './attacks.js';
import { send } from './harness/http.js';
import { waitFor } from './harness/process.js';
import { modelDirectory, ROOT, Stack } from './harness/stack.js';

/** Seeds of traffic that is in no training set; what is learned from one is tried on another. */
const LEARNED_SEED = 900_101;
const OTHER_SEED = 900_202;

async function drive(port: number, seed: number, sessions: number): Promise<void> {
  const script = join(ROOT, 'deploy', 'demo', 'traffic', 'drive.mjs');
  const args = [script, '--target', `http://127.0.0.1:${port}`, '--sessions', String(sessions), '--seed', String(seed)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  // 1 says that some were denied, which the tests look at themselves.
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0 && status !== 1) throw new Error(`drive.mjs exited with ${status}`);
}

function normgate(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist', 'cli.js'), ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe('field memory, learned live from one session script', () => {
  let dir: string;
  let stack: Stack | undefined;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'normgate-memory-'));
    // Everybody here is 127.0.0.1.
    const flags = { 'memory.dir': dir, 'memory.quorumClients': '1', 'memory.quorumWindows': '1' };
    const learning = await Stack.start({ mode: 'learn', flags });
    try {
      await drive(learning.port, LEARNED_SEED, 60);
      const { body } = await send(learning.adminPort, { path: '/learning' });
      const [host] = Object.values(JSON.parse(body).hosts) as {
        requestsLearned: number;
        fieldsKnown: number;
        shareFullyKnown: number;
      }[];
      expect(host!.requestsLearned).toBeGreaterThan(300);
      expect(host!.fieldsKnown).toBeGreaterThan(50);
      expect(host!.shareFullyKnown).toBeGreaterThan(0.05);
      expect(learning.decisions().every(({ action, mode }) => action === 'allow' && mode === 'learn')).toBe(true);
    } finally {
      await learning.stop();
    }
    normgate('memory', 'promote', dir);
    stack = await Stack.start({ mode: 'enforce', flags });
  });

  afterAll(async () => {
    await stack?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('lets other sessions pass, mostly without a score', async () => {
    await drive(stack!.port, OTHER_SEED, 30);
    const decisions = stack!.decisions();
    expect(decisions.length).toBeGreaterThan(150);
    expect(decisions.filter(({ action }) => action === 'deny')).toEqual([]);
    const memories = decisions.map(
      ({ memory }) => memory as { mature: boolean; known: number; judged: number; fresh: number },
    );
    const sum = (pick: (memory: (typeof memories)[0]) => number): number =>
      memories.reduce((total, memory) => total + pick(memory), 0);
    expect(memories.every(({ mature }) => mature)).toBe(true);
    const left = 1 - sum(({ known }) => known) / sum(({ known, judged, fresh }) => known + judged + fresh);
    console.log(`fields left to score: ${(100 * left).toFixed(0)} % in ${decisions.length} requests`);
    expect(left).toBeLessThan(0.4);
  });

  for (const [place, build] of Object.entries(PLACES)) {
    for (const [name, payload] of Object.entries(PAYLOADS)) {
      for (const encoding of ['plain', 'double-encoded'] satisfies Encoding[]) {
        it(`denies ${name} in a ${place}, ${encoding}`, async () => {
          const reply = await send(stack!.port, build(encode(payload, encoding)));
          expect(reply.status).toBe(403);
          const decision = await stack!.decision(String(reply.headers['x-normgate-request-id']));
          const [worst] = decision.fields as { memory?: string; normal?: { values: number } | null }[];
          expect(worst!.memory).toMatch(/ceiling|plain|new field/);
          expect(worst!.normal === null).toBe(worst!.memory === 'new field');
        });
      }
    }
  }

  it('serves on with the memory that it has when the next one is damaged, and says so', async () => {
    truncateSync(join(dir, 'memory.bin'), 1000);
    stack!.sidecar.signal('SIGHUP');
    await waitFor('the refusal', () => (stack!.sidecar.stdout().includes('memory refused') ? true : undefined));
    expect((await send(stack!.port, { path: '/' })).status).toBe(200);
    const { body } = await send(stack!.adminPort, { path: '/metrics' });
    expect(body).toMatch(/normgate_memory_loads_total\{result="refused"\} [1-9]/);
    expect(body).toMatch(/normgate_memory_fields_total\{use="known"\} [1-9]/);
  });

  it('explains itself on the command line', () => {
    const bundle = modelDirectory();
    expect(() => normgate('memory', 'show', dir)).toThrow(/SHA-256/);
    normgate('memory', 'promote', dir);
    const host = JSON.parse(normgate('memory', 'show', dir)).host as string;
    const fields = normgate('memory', 'show', dir, '--host', host, '--fields');
    expect(fields).toContain('[QUERY]q');
    const request = JSON.stringify({
      method: 'GET',
      path: '/search?q=%3Cscript%3Ealert(1)%3C/script%3E',
      headers: { host },
    });
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'dist', 'cli.js'), 'score', '--model', bundle, '--memory', dir, '--explain'],
      { input: `${request}\n`, encoding: 'utf8' },
    );
    const verdict = JSON.parse(stdout);
    expect(verdict.isAnomaly).toBe(true);
    expect(verdict.fields[0]).toMatchObject({
      name: 'q',
      memory: expect.stringMatching(/^ceiling .* values?, new symbol/),
    });
    expect(verdict.fields[0].normal.nearest.length).toBeGreaterThan(0);
  });
});
