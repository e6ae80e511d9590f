import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLACES, UNMISTAKABLE } from './attacks.js';
import { send } from './harness/http.js';
import { waitFor } from './harness/process.js';
import { Stack } from './harness/stack.js';

describe('what a denied client gets', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'enforce' });
  });

  afterAll(() => stack?.stop());

  const attack = PLACES.query!(UNMISTAKABLE);
  const ask = (accept: string) => send(stack.port, { ...attack, headers: { Accept: accept } });

  it('is JSON for a program', async () => {
    const reply = await ask('application/json');
    expect(reply.status).toBe(403);
    expect(reply.headers['content-type']).toBe('application/json');
    const body = JSON.parse(reply.body) as Record<string, string>;
    expect(body.requestId).toBe(reply.headers['x-normgate-request-id']);
    expect(Object.keys(body).sort()).toEqual(['error', 'message', 'requestId']);
  });

  it('is HTML for a browser', async () => {
    const reply = await ask('text/html,application/xhtml+xml;q=0.9,*/*;q=0.8');
    expect(reply.status).toBe(403);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.body).toContain(String(reply.headers['x-normgate-request-id']));
  });

  it('has nothing that helps to get around it', async () => {
    for (const accept of ['application/json', 'text/html']) {
      const { headers, body } = await ask(accept);
      expect(`${JSON.stringify(headers)}${body}`).not.toMatch(/score|threshold|anomaly|model|popen|query|zone|token/i);
      expect(body.length).toBeLessThan(1000);
    }
  });

  it('has an id by which the operator finds the decision and the access log line', async () => {
    const requestId = String((await ask('*/*')).headers['x-normgate-request-id']);
    expect(await stack.decision(requestId)).toMatchObject({ action: 'deny', wouldDeny: true, mode: 'enforce' });
    const line = await waitFor('the access log', () =>
      stack.accessLog().find(({ normgate }) => (normgate as { request_id?: string }).request_id === requestId),
    );
    expect(line).toMatchObject({ status: 403, normgate: { verdict: 'deny' } });
  });
});
