import { z } from 'zod';
import type { RequestView } from './request-view.js';

const pair = z.tuple([z.string(), z.string()]);
const schema = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().default('GET'),
  path: z.string(),
  headers: z.union([z.record(z.string(), z.union([z.string(), z.array(z.string())])), z.array(pair)]).default({}),
  body: z.string().nullish(),
  bodyBase64: z
    .string()
    .regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'expected base64')
    .nullish(),
  client: z.string().nullish(),
  time: z.union([z.number(), z.string()]).nullish(),
  status: z.number().nullish(),
  bodyTruncated: z.boolean().nullish(),
});

/** One JSON request with what the caller wants back beside the verdict. */
export interface JsonRequest {
  /** The caller's id as given; `undefined` when there was none. */
  readonly id: string | number | undefined;
  readonly status: number | null;
  readonly view: RequestView;
}

/** A request line that cannot be read; the message names key, expectation and value, and quotes at most 80 characters. */
export class RequestFormatError extends Error {}

/**
 * Reads one request of the JSON contract: `{method, path, headers, body | bodyBase64, id?, client?, time?, status?,
 * bodyTruncated?}`; other keys are ignored. Characters above U+00FF become their UTF-8 bytes; below, a string of bytes stays what it is.
 *
 * @throws RequestFormatError on anything else.
 */
export function requestFromJson(value: unknown, fallbackId: string): JsonRequest {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const key = issue.path.join('.') || 'request';
    throw new RequestFormatError(`${key}: ${issue.message}`);
  }
  const { id, method, path, body, bodyBase64, client, time, status } = parsed.data;
  const headers = headerPairs(parsed.data.headers);
  const bytes =
    bodyBase64 !== null && bodyBase64 !== undefined
      ? Buffer.from(bodyBase64, 'base64')
      : Buffer.from(body ?? '', 'utf8');
  return {
    id,
    status: status ?? null,
    view: {
      id:
        String(id ?? fallbackId)
          .replace(/[^A-Za-z0-9-]/g, '-')
          .slice(0, 64) || fallbackId,
      method: toBytes(method),
      target: toBytes(path),
      host: headers.find(([name]) => name === 'host')?.[1] ?? '',
      protocol: 'HTTP/1.1',
      headers,
      body: bytes,
      bodyBytesReceived: bytes.length,
      // A capture keeps the head of a long body, and says so.
      bodyTruncated: parsed.data.bodyTruncated ?? false,
      client: client ?? '',
      time: milliseconds(time),
    },
  };
}

function headerPairs(headers: z.infer<typeof schema>['headers']): (readonly [string, string])[] {
  const pairs = Array.isArray(headers)
    ? headers
    : Object.entries(headers).flatMap(([name, value]) =>
        Array.isArray(value) ? value.map((one): [string, string] => [name, one]) : [[name, value] as [string, string]],
      );
  return pairs.map(([name, value]) => [toBytes(name).toLowerCase(), toBytes(value)] as const);
}

/** A string as bytes, one a unit. Text beyond Latin-1 can only have been decoded from UTF-8. */
function toBytes(text: string): string {
  return /[^\x00-\xff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

function milliseconds(time: number | string | null | undefined): number {
  if (typeof time === 'number') return time < 1e11 ? time * 1000 : time;
  const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? 0 : parsed;
}
