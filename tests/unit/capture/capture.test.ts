import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Capture, type CaptureOptions } from '../../../src/capture/capture.js';
import { captureRecord } from '../../../src/capture/capture-record.js';
import type { Verdict } from '../../../src/decide/verdict.js';
import { requestFromJson } from '../../../src/request/from-json.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { viewOf as anyView } from '../request/view-of.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, appendFile: vi.fn(real.appendFile) };
});

let parent: string;
let dir: string;
const open: Capture[] = [];
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ng-'));
  dir = join(parent, 'captures');
});
afterEach(async () => {
  for (const capture of open.splice(0)) await capture.close();
  rmSync(parent, { recursive: true });
});

const OPTIONS = {
  maxFileBytes: 1 << 20,
  maxFiles: 10,
  maxQueueBytes: 1 << 20,
  bodyBytes: 1000,
  sample: 1,
  redactNames: [],
  flushMs: 60_000,
} satisfies Partial<CaptureOptions>;

function start(overrides: Partial<CaptureOptions> = {}): Capture {
  const capture = new Capture({ ...OPTIONS, dir, ...overrides });
  open.push(capture);
  return capture;
}

const viewOf = (id: string, overrides: Partial<RequestView> = {}): RequestView =>
  anyView({ id, target: `/?id=${id}`, headers: [['accept', '*/*']], time: 1_732_300_000_000, ...overrides });

const ALLOWED: Verdict = {
  requestId: 'r',
  action: 'allow',
  wouldDeny: false,
  mode: 'monitor',
  reason: 'normal',
  score: 0.25,
  threshold: 0.5,
  modelId: 'tiny-1',
  fields: [],
  bytesInspected: 1,
  bytesReceived: 1,
  timings: { canonicalize: 0, screen: 0, tokenize: 0, score: 0, total: 0 },
};
const DENIED: Verdict = { ...ALLOWED, wouldDeny: true, reason: 'anomaly', score: 0.9 };

const files = () => readdirSync(dir).sort();
/** Records in the order of the files; throws when any of them is not whole, valid gzip. */
function records(): { id: string; [key: string]: unknown }[] {
  return files().flatMap((name) => {
    const text = gunzipSync(readFileSync(join(dir, name))).toString('utf8');
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  });
}

describe('what is written', () => {
  it('is valid gzip after every flush, without closing, readable by its owner only', async () => {
    const written: { records: number; bytes: number }[] = [];
    const capture = start({ onWritten: (batch) => written.push(batch) });
    for (const id of ['a', 'b']) {
      capture.add(viewOf(id), ALLOWED);
      await capture.flush();
      expect(records().at(-1)!.id).toBe(id);
    }
    expect(files()).toHaveLength(1);
    const { size, mode } = statSync(join(dir, files()[0]!));
    expect(mode & 0o777).toBe(0o600);
    expect(written.map((batch) => batch.records)).toEqual([1, 1]);
    expect(written[0]!.bytes + written[1]!.bytes).toBe(size);
  });

  it('has the fields of the contract', async () => {
    const capture = start();
    capture.add(viewOf('a', { method: 'POST', body: Buffer.from('{"é":1}') }), DENIED);
    await capture.flush();
    expect(records()).toEqual([
      {
        id: 'a',
        time: 1_732_300_000_000,
        client: '192.0.2.1',
        method: 'POST',
        path: '/?id=a',
        headers: [
          ['host', 'shop.example'],
          ['accept', '*/*'],
        ],
        body: '{"é":1}',
        status: null,
        verdict: { action: 'allow', wouldDeny: true, score: 0.9, reason: 'anomaly', modelId: 'tiny-1' },
        mode: 'monitor',
      },
    ]);
  });

  it('reads back as the same bytes', () => {
    const view = viewOf('a', {
      target: '/\xc3\xa9?q=\xff\x00',
      headers: [
        ['host', 'shop.example'],
        ['x', '\xe2\x82\xac \xff'],
      ],
      body: Buffer.from('\x00\xff\xfe binary', 'latin1'),
      bodyBytesReceived: 10,
    });
    const line = captureRecord(view, ALLOWED, 1000, () => false);
    const { view: back } = requestFromJson(JSON.parse(line), 'x');
    expect(back).toMatchObject({ target: view.target, headers: view.headers, client: view.client, time: view.time });
    expect(back.body.equals(view.body)).toBe(true);
  });

  it('is redacted: no planted secret is in the bytes on disk', async () => {
    const capture = start();
    const secret = 'Hunter2Hunter2';
    capture.add(
      viewOf('a', {
        target: `/?token=${secret}`,
        headers: [
          ['authorization', `Bearer ${secret}`],
          ['cookie', `sid=${secret}`],
          ['content-type', 'application/json'],
        ],
        body: Buffer.from(`{"password":"${secret}","note":"kept"}`),
      }),
      ALLOWED,
    );
    await capture.flush();
    const text = JSON.stringify(records());
    expect(text).not.toContain(secret);
    expect(text).toContain('kept');
  });

  it('says when a body is cut', async () => {
    const capture = start({ bodyBytes: 4 });
    capture.add(viewOf('a', { body: Buffer.from('123456') }), ALLOWED);
    capture.add(viewOf('b', { body: Buffer.from('1234') }), ALLOWED);
    await capture.flush();
    expect(records().map(({ body, bodyTruncated }) => [body, bodyTruncated])).toEqual([
      ['1234', true],
      ['1234', undefined],
    ]);
  });

  it('is a share of the allowed, and all that was or would be denied', async () => {
    const capture = start({ sample: 0.25 });
    for (let i = 0; i < 8; i++) capture.add(viewOf(`allow-${i}`), ALLOWED);
    capture.add(viewOf('would-deny'), DENIED);
    capture.add(viewOf('deny'), { ...DENIED, action: 'deny' });
    await capture.flush();
    expect(records().map(({ id }) => id)).toEqual(['allow-3', 'allow-7', 'would-deny', 'deny']);
  });
});

describe('rotation', () => {
  it('begins a new file by size and deletes the oldest, but nothing that is not ours', async () => {
    const capture = start({ maxFileBytes: 1, maxFiles: 3 });
    for (let i = 0; i < 6; i++) {
      capture.add(viewOf(`r${i}`), ALLOWED);
      await capture.flush();
      if (i === 0) writeFileSync(join(dir, 'aaa.jsonl.gz'), 'not ours');
    }
    expect(files()).toHaveLength(4);
    expect(files()).toContain('aaa.jsonl.gz');
    rmSync(join(dir, 'aaa.jsonl.gz'));
    expect(records().map(({ id }) => id)).toEqual(['r3', 'r4', 'r5']);
  });

  it('counts files of earlier runs', async () => {
    for (let run = 0; run < 4; run++) {
      const capture = start({ maxFiles: 2 });
      capture.add(viewOf(`run-${run}`), ALLOWED);
      await capture.close();
    }
    expect(records().map(({ id }) => id)).toEqual(['run-2', 'run-3']);
  });
});

describe('trouble', () => {
  it('drops what exceeds the queue and counts it', async () => {
    const dropped: [string, number][] = [];
    const capture = start({ maxQueueBytes: 4000, onDropped: (...drop) => dropped.push(drop) });
    for (let i = 0; i < 10; i++) capture.add(viewOf(`r${i}`, { body: Buffer.alloc(900) }), ALLOWED);
    await capture.flush();
    const kept = records().length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(10);
    expect(dropped).toEqual(Array(10 - kept).fill(['queue_full', 1]));
    capture.add(viewOf('later'), ALLOWED);
    await capture.flush();
    expect(records().at(-1)!.id).toBe('later');
  });

  it('goes on when the directory cannot be written, says so once, and recovers without loss', async () => {
    writeFileSync(dir, 'a file where the directory should be');
    const states: (string | null)[] = [];
    const errors: Error[] = [];
    const dropped: string[] = [];
    const capture = start({
      onStateChange: (error) => states.push(error && (error as NodeJS.ErrnoException).code!),
      onError: (error) => errors.push(error),
      onDropped: (reason) => dropped.push(reason),
      maxQueueBytes: 2500,
    });
    for (let i = 0; i < 3; i++) {
      capture.add(viewOf(`r${i}`), ALLOWED);
      await capture.flush();
    }
    expect(states).toEqual(['EEXIST']);
    expect(errors).toHaveLength(3);
    for (let i = 3; i < 8; i++) capture.add(viewOf(`r${i}`), ALLOWED);
    expect(new Set(dropped)).toEqual(new Set(['unwritable']));
    rmSync(dir);
    await capture.flush();
    expect(states).toEqual(['EEXIST', null]);
    expect(records().map(({ id }) => id)).toEqual(['r0', 'r1', 'r2', 'r3']);
    expect(dropped).toHaveLength(4);
  });

  it('tries again by itself', async () => {
    writeFileSync(dir, '');
    const failed: Error[] = [];
    const capture = start({ flushMs: 1, onError: (error) => failed.push(error) });
    capture.add(viewOf('a'), ALLOWED);
    await expect.poll(() => failed.length).toBe(1);
    rmSync(dir);
    await expect.poll(() => existsSync(dir) && records().length, { timeout: 5000 }).toBe(1);
  });

  it('cuts off what a full disk took of a batch, so that the file stays whole', async () => {
    const capture = start();
    capture.add(viewOf('a'), ALLOWED);
    await capture.flush();
    vi.mocked(appendFile).mockImplementationOnce(async (path, data) => {
      const { appendFileSync } = await import('node:fs');
      appendFileSync(path as string, (data as Buffer).subarray(0, 20));
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    });
    capture.add(viewOf('b'), ALLOWED);
    await capture.flush();
    expect(records().map(({ id }) => id)).toEqual(['a']);
    await capture.flush();
    expect(records().map(({ id }) => id)).toEqual(['a', 'b']);
    expect(files()).toHaveLength(2);
  });

  it('counts what it could not write when it is closed, and takes nothing afterwards', async () => {
    writeFileSync(dir, '');
    const dropped: [string, number][] = [];
    const capture = start({ onDropped: (...drop) => dropped.push(drop) });
    capture.add(viewOf('a'), ALLOWED);
    capture.add(viewOf('b'), ALLOWED);
    await capture.close();
    capture.add(viewOf('c'), ALLOWED);
    expect(dropped).toEqual([['unwritable', 2]]);
  });

  it('leaves out a request that cannot be redacted', async () => {
    const dropped: string[] = [];
    const capture = start({ onDropped: (reason) => dropped.push(reason) });
    capture.add(viewOf('bad'), { ...ALLOWED, score: 1n as unknown as number });
    capture.add(viewOf('good'), ALLOWED);
    await capture.flush();
    expect(dropped).toEqual(['internal']);
    expect(records().map(({ id }) => id)).toEqual(['good']);
  });
});
