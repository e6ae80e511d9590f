import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLACES, UNMISTAKABLE } from './attacks.js';
import { parseEcho, send } from './harness/http.js';
import { waitFor } from './harness/process.js';
import { Stack } from './harness/stack.js';

describe('monitor mode', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'monitor' });
  });

  afterAll(() => stack?.stop());

  const attack = UNMISTAKABLE;

  it('lets an attack pass, tells the application and logs that it would deny', async () => {
    const echo = parseEcho(await send(stack.port, { path: `/echo?${new URLSearchParams({ q: attack })}` }));
    const headers = new Map(echo.headers);
    expect(headers.get('x-normgate-verdict')).toBe('would-deny');
    expect(Number(headers.get('x-normgate-score'))).toBeGreaterThanOrEqual(0.5);
    const decision = await stack.decision(headers.get('x-normgate-request-id')!);
    expect(decision).toMatchObject({ mode: 'monitor', action: 'allow', wouldDeny: true });
  });

  it('answers every attack as the application does', async () => {
    for (const build of Object.values(PLACES)) {
      expect((await send(stack.port, build(attack))).status).not.toBe(403);
    }
  });

  it('puts the verdict into the access log of Envoy', async () => {
    await send(stack.port, { path: `/search?${new URLSearchParams({ q: attack, mark: 'monitored' })}` });
    const line = await waitFor('the access log', () =>
      stack.accessLog().find(({ path }) => String(path).includes('mark=monitored')),
    );
    expect(line).toMatchObject({ status: 200, normgate: { verdict: 'would-deny', reason: 'anomaly' } });
  });
});
