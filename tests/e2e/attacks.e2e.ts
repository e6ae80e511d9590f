import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Encoding, encode, PAYLOADS, PLACES } from './attacks.js';
import { send } from './harness/http.js';
import { Stack } from './harness/stack.js';

/**
 * What the shipped model, which knows nothing of the shop, puts just under its threshold (scores 0.49 and 0.41 of 0.5); with
 * a memory of the shop both are denied (`memory.e2e.ts`). A miss that is none any more fails here.
 */
const MISSED: readonly string[] = [
  'SQL injection, boolean in a query, double-encoded',
  'SQL injection, boolean in a cookie, double-encoded',
];

describe('attacks in enforce mode', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'enforce' });
  });

  afterAll(() => stack?.stop());

  for (const [place, build] of Object.entries(PLACES)) {
    for (const [name, payload] of Object.entries(PAYLOADS)) {
      for (const encoding of ['plain', 'double-encoded'] satisfies Encoding[]) {
        const what = `${name} in a ${place}, ${encoding}`;
        (MISSED.includes(what) ? it.fails : it)(`denies ${what}`, async () => {
          const reply = await send(stack.port, build(encode(payload, encoding)));
          expect(reply.status).toBe(403);
          // The shop has no denial of its own: it was never asked.
          expect(reply.headers['x-normgate-request-id']).toMatch(/^[A-Za-z0-9-]{1,64}$/);
        });
      }
    }
  }
});
