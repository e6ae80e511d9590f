import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNMISTAKABLE } from './attacks.js';
import { parseEcho, send } from './harness/http.js';
import { freePort, Process, waitFor } from './harness/process.js';
import { envoyBinary, modelDirectory, ROOT } from './harness/stack.js';

const SCRIPT = join(ROOT, 'deploy', 'demo', 'start.mjs');

describe('npm start', () => {
  let state: string;
  let ports: { PORT: string; ADMIN_PORT: string; ENVOY_ADMIN_PORT: string };

  beforeAll(async () => {
    state = mkdtempSync(join(tmpdir(), 'normgate-start-'));
    const [port, adminPort, envoyAdminPort] = await Promise.all([freePort(), freePort(), freePort()]);
    ports = { PORT: String(port), ADMIN_PORT: String(adminPort), ENVOY_ADMIN_PORT: String(envoyAdminPort) };
  });

  afterAll(() => rmSync(state, { recursive: true, force: true }));

  /** What a failed test would leave behind, holding the ports. */
  const started: Process[] = [];
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop();
  });

  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    ...process.env,
    npm_lifecycle_event: '',
    // vitest has one of its own.
    MODE: '',
    ENVOY: envoyBinary(),
    MODEL: modelDirectory(),
    STATE_DIR: state,
    ...ports,
    ...more,
  });

  const start = async (more?: NodeJS.ProcessEnv): Promise<Process> => {
    const files = [join(state, 'start.out'), join(state, 'start.err')] as const;
    const running = new Process('start', [process.execPath, SCRIPT], ...files, { cwd: ROOT, env: environment(more) });
    started.push(running);
    await waitFor('normgate ready', () => {
      if (!running.alive) throw new Error(`start ended: ${running.stderr()}`);
      return running.stdout().includes('Ctrl-C ends all') || undefined;
    });
    return running;
  };

  const answers = (port: string): Promise<boolean> =>
    send(Number(port), { path: '/' }).then(
      () => true,
      () => false,
    );

  /** Runs the `curl` lines that were printed, without curl. */
  const tryPrinted = (output: string): Promise<number[]> => {
    const paths = [...output.matchAll(/curl -i "http:\/\/127\.0\.0\.1:\d+([^"]+)"/g)].map((match) => match[1]!);
    const headers = { 'User-Agent': 'curl/8.5.0', Accept: '*/*', 'Accept-Language': '', 'Accept-Encoding': '' };
    return Promise.all(paths.map(async (path) => (await send(Number(ports.PORT), { path, headers })).status));
  };

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'brings up all three, says how to try them, and ends them on %s',
    async (signal) => {
      const running = await start();
      const output = running.stdout();
      expect(output).toMatch(/^normgate ready: http:\/\/127\.0\.0\.1:\d+ /m);
      expect(output).toContain(`http://127.0.0.1:${ports.ADMIN_PORT}/metrics`);
      expect(await tryPrinted(output)).toEqual([200, 403, 403]);
      expect(await running.stop(signal)).toBe(0);
      for (const port of Object.values(ports)) expect(await answers(port)).toBe(false);
    },
  );

  it('protects UPSTREAM instead of the shop, in the mode asked for', async () => {
    const port = String(await freePort());
    const files = [join(state, 'own.out'), join(state, 'own.err')] as const;
    const script = join(ROOT, 'deploy', 'demo', 'shop', 'server.mjs');
    const own = new Process('own', [process.execPath, script, '--port', port], ...files, { cwd: ROOT });
    await waitFor('the application', async () => (await answers(port)) || undefined);
    try {
      const running = await start({ UPSTREAM: `http://localhost:${port}`, MODE: 'monitor' });
      const reply = await send(Number(ports.PORT), { path: `/echo?q=${encodeURIComponent(UNMISTAKABLE)}` });
      expect(new Map(parseEcho(reply).headers).get('x-normgate-verdict')).toBe('would-deny');
      expect(await running.stop()).toBe(0);
      expect(own.alive).toBe(true);
    } finally {
      await own.stop();
    }
  });

  it('says which process died, and ends the others', async () => {
    const running = await start();
    // Envoy's own way to end it, from outside.
    await send(Number(ports.ENVOY_ADMIN_PORT), { method: 'POST', path: '/quitquitquit' });
    expect(await running.exited).toBe(1);
    expect(running.stderr()).toMatch(/^normgate: envoy ended/);
    expect(await answers(ports.ADMIN_PORT)).toBe(false);
  });

  describe('ends with code 2 and one line that says what to do', () => {
    const attempt = (more: NodeJS.ProcessEnv) => {
      const { status, stderr } = spawnSync(process.execPath, [SCRIPT], {
        cwd: ROOT,
        env: environment(more),
        encoding: 'utf8',
      });
      expect(stderr.trim().split('\n')).toHaveLength(1);
      return { status, stderr };
    };

    it.each<[string, NodeJS.ProcessEnv, RegExp]>([
      ['a malformed UPSTREAM', { UPSTREAM: 'app:3000/x' }, /UPSTREAM: expected http:\/\/host:port .*got "app:3000\/x"/],
      ['an UPSTREAM with a path', { UPSTREAM: 'http://127.0.0.1:1/app' }, /UPSTREAM: expected/],
      [
        'an UPSTREAM that is not there',
        { UPSTREAM: 'http://127.0.0.1:1' },
        /nothing answers at .*start your application first/,
      ],
      ['a PORT that is none', { PORT: '80800' }, /PORT: expected a port from 1 to 65535, got "80800"/],
      ['an unknown MODE', { MODE: 'block' }, /MODE: expected monitor or enforce, got "block"/],
      ['a MODEL that is missing', { MODEL: 'models/no-such' }, /MODEL: expected a directory with a manifest\.json/],
      ['an ENVOY that is none', { ENVOY: '/bin/false' }, /ENVOY: expected an Envoy binary/],
    ])('%s', (_, more, message) => {
      const { status, stderr } = attempt(more);
      expect(stderr).toMatch(message);
      expect(status).toBe(2);
    });

    it('a port in use', async () => {
      const server: Server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      try {
        const { status, stderr } = attempt({ PORT: String(port) });
        expect(stderr).toMatch(new RegExp(`port ${port} is in use: .*set PORT`));
        expect(status).toBe(2);
      } finally {
        server.close();
      }
    });
  });
});
