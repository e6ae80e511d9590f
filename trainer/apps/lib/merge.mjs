/** The service's capture files as one file for training: answers joined, days spread, secrets looked for once more. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';

const DAY_MS = 86_400_000;
/** Part of a day in which people work: 07:00 to 21:00 UTC. */
const [OPENS_MS, CLOSES_MS] = [7 * 3_600_000, 21 * 3_600_000];
/** People are this much slower than the drive. */
const PACE = 8;

/**
 * Writes gzip JSON lines `{id, time, client, method, path, headers, body | bodyBase64, status}` in order of time. `status`
 * is the application's answer, from Envoy's access log. The verdict is left out: it is a model's opinion, and models change.
 *
 * @param {{captures: string, accessLog: string, out: string, authority: string, days: number, secrets: Set<string>}} options
 */
export function mergeCaptures({ captures, accessLog, out, authority, days, secrets }) {
  /** @type {Map<string, number>} */
  const answers = new Map();
  for (const line of readFileSync(accessLog, 'utf8').split('\n')) {
    if (!line.startsWith('{')) continue;
    const { normgate, status, details } = JSON.parse(line);
    if (normgate?.request_id && details === 'via_upstream') answers.set(normgate.request_id, status);
  }
  const records = readdirSync(captures)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .sort()
    .flatMap((name) =>
      gunzipSync(readFileSync(join(captures, name)))
        .toString('utf8')
        .split('\n'),
    )
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    // Not the probes of the start.
    .filter((record) =>
      record.headers.some((/** @type {string[]} */ [name, value]) => name === 'host' && value === authority),
    )
    .sort((a, b) => a.time - b.time);
  const kept = spread(
    records.filter((record) => answers.has(record.id)),
    days,
  );
  /** @type {Record<string, number>} */
  const status = {};
  const clients = new Set();
  const lines = kept.map(({ verdict, mode, ...record }) => {
    const answer = /** @type {number} */ (answers.get(record.id));
    status[answer] = (status[answer] ?? 0) + 1;
    clients.add(record.client);
    return JSON.stringify({ ...record, status: answer });
  });
  const packed = gzipSync(`${lines.join('\n')}\n`, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(out, packed);
  const heads = byHead(secrets);
  const leaks = lines
    .map((line, i) => `${i + 1}: ${findSecret(line, heads) ?? ''}`)
    .filter((text) => !text.endsWith(': '));
  return {
    kept: kept.length,
    unanswered: records.length - kept.length,
    clients: clients.size,
    status,
    bytes: statSync(out).size,
    leaks,
  };
}

/**
 * The drive sends one session after the other, as fast as they go. Here they are spread over days that end with the day
 * of the run: each begins at its share of the opening hours, and inside it the gaps are as they were, `PACE` times as long.
 * Order is kept.
 *
 * @template {{time: number, client: string}} T
 * @param {T[]} records in order of time
 * @param {number} days
 * @returns {T[]}
 */
export function spread(records, days) {
  /** @type {T[][]} */
  const sessions = [];
  for (const record of records) {
    const last = sessions.at(-1);
    if (last?.[0].client === record.client) last.push(record);
    else sessions.push([record]);
  }
  const end = Math.floor((records.at(-1)?.time ?? 0) / DAY_MS) * DAY_MS;
  const slot = ((CLOSES_MS - OPENS_MS) * days) / Math.max(1, sessions.length);
  return sessions.flatMap((session, n) => {
    const at = n * slot;
    const day = Math.min(days - 1, Math.floor(at / (CLOSES_MS - OPENS_MS)));
    const start = end - (days - 1 - day) * DAY_MS + OPENS_MS + (at - day * (CLOSES_MS - OPENS_MS));
    const pace = Math.min(PACE, slot / Math.max(1, session[session.length - 1].time - session[0].time + 1));
    return session.map((record) => ({ ...record, time: Math.floor(start + (record.time - session[0].time) * pace) }));
  });
}

/** Characters of a secret by which it is looked up; none is shorter (`isSecret`). */
const HEAD = 8;

/** @param {Set<string>} secrets @returns {Map<string, string[]>} secrets by their first characters */
export function byHead(secrets) {
  /** @type {Map<string, string[]>} */
  const heads = new Map();
  for (const secret of [...secrets].flatMap((one) => [one, unpercent(one)]))
    heads.set(secret.slice(0, HEAD), [...(heads.get(secret.slice(0, HEAD)) ?? []), secret]);
  return heads;
}

/**
 * @param {string} line
 * @param {Map<string, string[]>} heads
 * @returns {string | undefined} how it was found; the secret itself is not told
 */
export function findSecret(line, heads) {
  const record = JSON.parse(line);
  const body = record.bodyBase64 ? Buffer.from(record.bodyBase64, 'base64').toString('latin1') : (record.body ?? '');
  const plain = `${record.path}\n${record.headers.map((/** @type {string[]} */ h) => h.join(': ')).join('\n')}\n${body}`;
  const once = unpercent(plain);
  const forms = new Map([
    [plain, 'plain'],
    [once, 'percent'],
    [unpercent(once), 'percent twice'],
    [plain.replaceAll('\\', ''), 'JSON'],
    [inflated(plain), 'deflate'],
  ]);
  for (const [text, how] of forms) {
    for (let i = 0; i + HEAD <= text.length; i++) {
      for (const secret of heads.get(text.slice(i, i + HEAD)) ?? [])
        if (text.startsWith(secret, i)) return `${how}, ${secret.length} characters`;
    }
  }
  return undefined;
}

/** @param {string} text */
function unpercent(text) {
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
    return bytes.toString('utf8');
  });
}

/** What VisualEditor sends: raw deflate in Base64. @param {string} text */
function inflated(text) {
  return [...text.matchAll(/rawdeflate(?:,|%2C)([A-Za-z0-9+/=%]{40,})/g)]
    .map(([, data]) => {
      try {
        return inflateRawSync(Buffer.from(decodeURIComponent(data), 'base64')).toString('utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
}
