import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, type ErrorCode } from '../../../src/errors.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { NOT_SERVING, SERVING } from '../../../src/transport/health.js';
import { checkMethod, healthMethods } from '../../../src/transport/protocol.js';
import { bytes, checkOf, failure, headersOf, rawHeaders, startServer, verdictOf } from './harness.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(...given: Parameters<typeof startServer>) {
  const running = await startServer(...given);
  cleanups.push(running.stop);
  return running;
}

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ng-'));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  return dir;
}

const never = () => new Promise<never>(() => {});

describe('Check', () => {
  it('is served at the path that Envoy calls, with the view that the proxy described', async () => {
    expect(checkMethod.path).toBe('/envoy.service.auth.v3.Authorization/Check');
    const seen: RequestView[] = [];
    const { check } = await start({
      inspect: async (view) => {
        seen.push(view);
        return verdictOf(view);
      },
    });
    const response = await check(
      checkOf({
        header_map: rawHeaders([':method', 'POST'], [':path', '/a?b=%c3%28\xc3'], ['x-request-id', 'abc-1']),
        raw_body: bytes('\x00\xff'),
      }),
    );
    expect(headersOf(response.ok_response!.headers)['x-normgate-request-id']).toBe('abc-1');
    expect(seen[0]).toMatchObject({ method: 'POST', target: '/a?b=%c3%28\xc3', id: 'abc-1' });
    expect(seen[0]!.body.toString('latin1')).toBe('\x00\xff');
  });

  it('answers an empty Check', async () => {
    const { send } = await start();
    expect((await send(Buffer.alloc(0))).ok_response).toBeDefined();
  });

  it('takes a 1 MB path and a 1 MB body in one Check', async () => {
    const sizes: number[] = [];
    const { check } = await start({
      headerAllowanceBytes: 3 << 20,
      inspect: async (view) => {
        sizes.push(view.target.length, view.body.length);
        return verdictOf(view);
      },
    });
    const path = bytes(`/${'a'.repeat(1e6)}`);
    const response = await check(
      checkOf({
        path,
        header_map: { headers: [{ key: bytes(':path'), raw_value: path }] },
        raw_body: Buffer.alloc(1e6),
      }),
    );
    expect(response.ok_response).toBeDefined();
    expect(sizes).toEqual([1e6 + 1, 1e6]);
  });

  it.each<[string, Buffer]>([
    ['random bytes', bytes('\xde\xad\xbe\xef\x99\x99')],
    ['a length that runs past the end', bytes('\x0a\xff\xff\xff\xff\x0f')],
    ['a varint without end', Buffer.alloc(20, 0xff)],
    ['text for a message', bytes('GET / HTTP/1.1\r\n\r\n')],
    ['100,000 nested groups', Buffer.alloc(100_000, 0x0b)],
    ['a wrong wire type for attributes', bytes('\x08\x01')],
    [
      'a truncated Check',
      Buffer.from(checkMethod.requestSerialize(checkOf({ path: bytes('/abcdef') }))).subarray(0, -3),
    ],
  ])('refuses %s with a fixed text and goes on', async (_name, message) => {
    const failures: ErrorCode[] = [];
    const { send, check } = await start({ onFailure: (code) => failures.push(code) });
    const error = await failure(send(message));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toBe('malformed Check message');
    expect(failures).toEqual(['malformed_check']);
    expect((await check(checkOf({}))).ok_response).toBeDefined();
  });

  it('refuses what exceeds the receive limit, and counts it', async () => {
    const failures: ErrorCode[] = [];
    const limits = { maxRequestBytes: 70_000, headerAllowanceBytes: 70_000 };
    const { check } = await start({ ...limits, onFailure: (code) => failures.push(code) });
    expect((await check(checkOf({ raw_body: Buffer.alloc(130_000) }))).ok_response).toBeDefined();
    const error = await failure(check(checkOf({ raw_body: Buffer.alloc(150_000) })));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(failures).toEqual(['message_too_large']);
    const far = await failure(check(checkOf({ raw_body: Buffer.alloc(300_000) })));
    expect(far.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it.each([
    ['rejects', async () => Promise.reject(new Error('password=hunter2 at /srv/app.js:1'))],
    [
      'throws at once',
      () => {
        throw new Error('password=hunter2');
      },
    ],
  ])('hides the text of an inspector that %s', async (_name, inspect) => {
    const causes: unknown[] = [];
    const { check } = await start({ inspect, onFailure: (_code, cause) => causes.push(cause) });
    const error = await failure(check(checkOf({})));
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toBe('internal error');
    expect(String(causes[0])).toContain('hunter2');
  });

  it('lets requests pass in monitor mode even when the inspector fails', async () => {
    const { check } = await start({ mode: 'monitor', inspect: () => Promise.reject(new Error('broken')) });
    const response = await check(checkOf({}));
    expect(headersOf(response.ok_response!.headers)['x-normgate-verdict']).toBe('not-scored');
  });

  it('maps each reason to the gRPC status that its table entry names', async () => {
    const { check } = await start({
      inspect: async (view) =>
        verdictOf(view, { reason: 'not_scored', score: null, notScored: view.target as 'deadline' }),
    });
    const codeFor = async (reason: string) => (await failure(check(checkOf({ path: bytes(reason) })))).code;
    expect(await codeFor('deadline')).toBe(status.DEADLINE_EXCEEDED);
    expect(await codeFor('overloaded')).toBe(status.RESOURCE_EXHAUSTED);
    expect(await codeFor('backend_failed')).toBe(status.UNAVAILABLE);
    expect(await codeFor('internal')).toBe(status.INTERNAL);
  });

  it('answers overloaded beyond the bytes in flight, and recovers', async () => {
    const pending: (() => void)[] = [];
    const { check } = await start({
      maxInFlightBytes: 15_000,
      inspect: (view) => new Promise((resolve) => pending.push(() => resolve(verdictOf(view)))),
    });
    const first = check(checkOf({ raw_body: Buffer.alloc(10_000) }));
    await expect.poll(() => pending.length).toBe(1);
    expect((await failure(check(checkOf({ raw_body: Buffer.alloc(10_000) })))).code).toBe(status.RESOURCE_EXHAUSTED);
    pending[0]!();
    await first;
    const third = check(checkOf({ raw_body: Buffer.alloc(10_000) }));
    await expect.poll(() => pending.length).toBe(2);
    pending[1]!();
    expect((await third).ok_response).toBeDefined();
  });
});

describe('deadlines', () => {
  // The margin is 10 ms, which a machine that is busy with other tests may oversleep: then it is tried again.
  it("aborts just before the caller's deadline, so that our policy still speaks", { retry: 4 }, async () => {
    const reasons: unknown[] = [];
    const { check } = await start({
      notScored: 'allow',
      inspect: (view, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason.code);
            resolve(verdictOf(view, { reason: 'not_scored', notScored: 'deadline', score: null }));
          });
        }),
    });
    const response = await check(checkOf({}), 300);
    expect(headersOf(response.ok_response!.headers)['x-normgate-verdict']).toBe('not-scored');
    expect(reasons).toEqual(['deadline']);
  });

  it('answers for an inspector that ignores its signal', async () => {
    const failures: ErrorCode[] = [];
    const { check } = await start({
      defaultDeadlineMs: 50,
      notScored: 'deny',
      inspect: never,
      onFailure: (code) => failures.push(code),
    });
    expect((await check(checkOf({}))).denied_response!.status.code).toBe(403);
    expect(failures).toEqual(['deadline']);
  });

  it('aborts the work of a caller that went away', async () => {
    const signals: AbortSignal[] = [];
    const failures: ErrorCode[] = [];
    const { client } = await start({
      onFailure: (code) => failures.push(code),
      inspect: (_view, signal) => {
        signals.push(signal);
        return never();
      },
    });
    const call = client.makeUnaryRequest(
      checkMethod.path,
      checkMethod.requestSerialize,
      checkMethod.responseDeserialize,
      checkOf({}),
      () => {},
    );
    await expect.poll(() => signals.length).toBe(1);
    call.cancel();
    await expect.poll(() => signals[0]!.aborted).toBe(true);
    expect(signals[0]!.reason.code).toBe('cancelled');
    await expect.poll(() => failures).toEqual(['cancelled']);
  });
});

describe('health and shutdown', () => {
  it('is not serving until proven, for the server and the service; other services are unknown', async () => {
    const { server, health } = await start();
    expect(await health('')).toBe(NOT_SERVING);
    server.health.setServing(true);
    expect(await health('')).toBe(SERVING);
    expect(await health('envoy.service.auth.v3.Authorization')).toBe(SERVING);
    expect((await failure(health('other'))).code).toBe(status.NOT_FOUND);
  });

  it('tells watchers each change and lets go of them at shutdown', async () => {
    const { server, client } = await start();
    const { path, requestSerialize, responseDeserialize } = healthMethods.Watch;
    const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {});
    const states: (number | undefined)[] = [];
    stream.on('data', (message) => states.push(message.status));
    await expect.poll(() => states).toEqual([NOT_SERVING]);
    server.health.setServing(true);
    server.health.setServing(true);
    await expect.poll(() => states).toEqual([NOT_SERVING, SERVING]);
    const ended = once(stream, 'end');
    await server.stop();
    await ended;
    expect(states).toEqual([NOT_SERVING, SERVING, NOT_SERVING]);
  });

  it('drains: NOT_SERVING first, still answering, and calls in flight end well', async () => {
    const pending: (() => void)[] = [];
    const { server, check, health } = await start({
      drainMs: 400,
      inspect: (view) => new Promise((resolve) => pending.push(() => resolve(verdictOf(view)))),
    });
    server.health.setServing(true);
    const inFlight = check(checkOf({}));
    await expect.poll(() => pending.length).toBe(1);
    const stopped = server.stop();
    expect(await health('')).toBe(NOT_SERVING);
    const late = check(checkOf({}));
    await expect.poll(() => pending.length).toBe(2);
    for (const answer of pending) answer();
    expect((await inFlight).ok_response).toBeDefined();
    expect((await late).ok_response).toBeDefined();
    await stopped;
  });

  it('ends calls that never end, after a while', async () => {
    const { server, check } = await start({ forceAfterMs: 50, inspect: never });
    const hanging = failure(check(checkOf({})));
    await expect.poll(() => server.checksInFlight).toBe(1);
    await server.stop();
    expect((await hanging).code).toBe(status.UNAVAILABLE);
    expect(server.checksInFlight).toBe(0);
  });
});

describe('listening', () => {
  it('serves on a unix socket, after removing a stale one', async () => {
    const path = join(tempDir(), 's.sock');
    // A killed process leaves its socket behind.
    const killed = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', killed, path]).signal).toBe('SIGKILL');
    expect(existsSync(path)).toBe(true);
    const { check } = await start({ listen: `unix:${path}` });
    expect((await check(checkOf({}))).ok_response).toBeDefined();
  });

  it('leaves alone a socket that is served, and a file that is no socket', async () => {
    const dir = tempDir();
    const live = createServer().listen(join(dir, 'live.sock'));
    await once(live, 'listening');
    cleanups.push(() => live.close());
    writeFileSync(join(dir, 'file'), 'precious');
    for (const name of ['live.sock', 'file']) {
      const error = await startServer({ listen: `unix:${join(dir, name)}` }).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems[0]!.key).toBe('grpc.listen');
    }
  });

  it('names the key when the port is taken or the address is none', async () => {
    const { address } = await start();
    for (const listen of [address, 'nonsense']) {
      const error = await startServer({ listen }).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).message).toContain(`grpc.listen: expected `);
      expect((error as ConfigError).message).toContain(listen);
    }
  });
});
