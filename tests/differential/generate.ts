import { body } from '../fuzz/bodies.js';
import { mutate } from '../fuzz/mutate.js';
import { Random } from '../fuzz/random.js';
import { seedParts } from './seeds.js';
import { type CaseParts, type WireCase, wireCase } from './wire-case.js';

const SEEDS = seedParts();
const TYPES = [
  'Content-Type: multipart/form-data; boundary=XX',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Type: application/json',
  'Content-Type: application/xml',
  'Content-Type: text/plain',
];

/**
 * A request of an index: a seed with its body, content type or framing changed, or a body that grammars make. Depends
 * on seed and index alone.
 */
export function generatedCase(seed: number, index: number): WireCase {
  const random = new Random(seed, index);
  if (random.chance(0.3)) {
    const { bytes, type, encoding } = body(random, 40 + random.small(600));
    const headers = [`Content-Type: ${sendable(type)}`];
    if (encoding !== undefined) headers.push(`Content-Encoding: ${sendable(encoding)}`);
    return wireCase(`grammar ${index}`, { headers, body: bytes, ...framing(random) });
  }
  const [id, parts] = random.pick(SEEDS);
  const [, other] = random.pick(SEEDS);
  const mutated: CaseParts = {
    ...parts,
    ...framing(random),
    headers: headersOf(random, parts),
    body: mutate(random, (parts.body ?? '').slice(0, 20_000), (other.body ?? '').slice(0, 20_000), 5),
  };
  return wireCase(`${id} ${index}`, mutated);
}

function headersOf(random: Random, { headers = [] }: CaseParts): string[] {
  const draw = random.below(10);
  if (draw === 0) return [random.pick(TYPES)];
  if (draw === 1) return [...headers, random.pick(TYPES)];
  if (draw > 3) return [...headers];
  return headers.map((line) => {
    const colon = line.indexOf(':') + 1;
    return line.slice(0, colon) + sendable(mutate(random, line.slice(colon), 'boundary=XX; charset=utf-16', 4));
  });
}

function framing(random: Random): Pick<CaseParts, 'chunks'> {
  return random.chance(0.1) ? { chunks: random.times(1 + random.small(4), () => 1 + random.small(40)) } : {};
}

/** Envoy refuses controls in a header, so they would only waste a case. */
function sendable(value: string): string {
  return value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, '');
}
