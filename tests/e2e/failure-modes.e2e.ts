import { afterEach, describe, expect, it } from 'vitest';
import { PLACES, UNMISTAKABLE } from './attacks.js';
import { parseEcho, send } from './harness/http.js';
import { waitFor } from './harness/process.js';
import { Stack } from './harness/stack.js';

/** Envoy waits this long for the sidecar (envoy.yaml), ms. */
const TIMEOUT_MS = 250;

describe('when the sidecar fails', () => {
  let stack: Stack | undefined;

  afterEach(async () => {
    await stack?.stop();
    stack = undefined;
  });

  const start = async (failOpen: boolean): Promise<Stack> => {
    stack = await Stack.start({ mode: 'enforce', failOpen, checkTimeout: 'shipped' });
    expect((await send(stack.port, { path: '/robots.txt' })).status).toBe(200);
    return stack;
  };

  describe.each([
    ['killed', (s: Stack): Promise<unknown> => s.sidecar.stop('SIGKILL')],
    ['slow', async (s: Stack): Promise<unknown> => s.sidecar.signal('SIGSTOP')],
  ] as const)('because it is %s', (_, fail) => {
    it('Envoy answers 503 itself where it fails closed', async () => {
      const s = await start(false);
      await fail(s);
      const reply = await send(s.port, { path: '/robots.txt' });
      expect(reply.status).toBe(503);
      expect(reply.body).not.toMatch(/normgate|grpc|error at/i);
      expect(await s.envoyStat('http.ingress.ext_authz.normgate.error')).toBeGreaterThan(0);
    });

    it('the request passes where it fails open, marked, and still without forged headers', async () => {
      const s = await start(true);
      await fail(s);
      const headers = { 'X-Normgate-Score': '0.0000', 'X-Normgate-Verdict': 'allow' };
      const echo = parseEcho(await send(s.port, { path: '/echo', headers }));
      expect(new Map(echo.headers).get('x-envoy-auth-failure-mode-allowed')).toBe('true');
      expect(echo.headers.filter(([name]) => /^x[-_]normgate/i.test(name))).toEqual([]);
      expect((await send(s.port, PLACES.query!(UNMISTAKABLE))).status).toBe(200);
    });
  });

  it('makes no request wait for longer than the timeout when it is slow', async () => {
    const s = await start(true);
    s.sidecar.signal('SIGSTOP');
    const began = performance.now();
    await send(s.port, { path: '/robots.txt' });
    // Generous for a busy machine, and far below what an unbounded wait would be.
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS + 5000);
  });

  it('decides again as soon as it can', async () => {
    const s = await start(false);
    s.sidecar.signal('SIGSTOP');
    expect((await send(s.port, { path: '/robots.txt' })).status).toBe(503);
    s.sidecar.signal('SIGCONT');
    await waitFor('an answer', async () => (await send(s.port, { path: '/robots.txt' })).status === 200 || undefined);
    expect((await send(s.port, PLACES.query!(UNMISTAKABLE))).status).toBe(403);
  });

  it('a sidecar told to end goes on deciding while it drains, and ends with code 0', async () => {
    stack = await Stack.start({ mode: 'enforce', flags: { 'grpc.drainMs': '1500' } });
    const { port, sidecar } = stack;
    sidecar.signal('SIGTERM');
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => send(port, { path: `/robots.txt?n=${n}` })));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect(await sidecar.exited).toBe(0);
  });
});
