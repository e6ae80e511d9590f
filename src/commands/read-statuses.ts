import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { readLines } from '../request/read-lines.js';

/** A line of the access log that envoy/envoy.yaml writes; or just an id and a status. */
const schema = z.union([
  z.object({
    normgate: z.object({ request_id: z.string() }),
    status: z.number(),
    details: z.string().nullish(),
  }),
  z.object({ id: z.string(), status: z.number() }),
]);

/** What Envoy says of an answer that came from the application and not from itself. */
const FROM_APPLICATION = 'via_upstream';

/**
 * What the application answered, by the id that captures have. External authorization is asked before the application is,
 * so nobody but the proxy knows. Lines of other kinds, which a container's log is full of, are passed over.
 *
 * @throws ConfigError when no line tells anything.
 */
export async function readStatuses(path: string): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  let lines = 0;
  for await (const line of readLines(createReadStream(path))) {
    lines++;
    if (!line.startsWith('{')) continue;
    const found = schema.safeParse(json(line));
    if (!found.success) continue;
    const { data } = found;
    if ('id' in data) statuses.set(data.id, data.status);
    else if ((data.details ?? FROM_APPLICATION) === FROM_APPLICATION)
      statuses.set(data.normgate.request_id, data.status);
  }
  if (statuses.size > 0) return statuses;
  const expected = 'JSON lines of {"normgate": {"request_id"}, "status", "details"} or {"id", "status"}';
  throw new ConfigError({ key: '--statuses', expected, actual: `none in ${lines} lines of ${path}` });
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
