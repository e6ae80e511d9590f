import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Encoding, encode, PAYLOADS, PLACES } from './attacks.js';
import { send } from './harness/http.js';
import { Stack } from './harness/stack.js';

describe('attacks in enforce mode', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'enforce' });
  });

  afterAll(() => stack?.stop());

  for (const [place, build] of Object.entries(PLACES)) {
    for (const [name, payload] of Object.entries(PAYLOADS)) {
      for (const encoding of ['plain', 'double-encoded'] satisfies Encoding[]) {
        it(`denies ${name} in a ${place}, ${encoding}`, async () => {
          const reply = await send(stack.port, build(encode(payload, encoding)));
          expect(reply.status).toBe(403);
          // The shop has no denial of its own: it was never asked.
          expect(reply.headers['x-normgate-request-id']).toMatch(/^[A-Za-z0-9-]{1,64}$/);
        });
      }
    }
  }
});
