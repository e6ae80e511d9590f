import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from '../../../src/canonicalize/body/json.js';

/** Members in the order in which they are written, so that a key may come twice. */
type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly members: readonly (readonly [string, Json])[] };

const key = fc.constantFrom('a', 'b', 'ab', 'c', 'id', '', 'A', 'k1', 'k2', 'k3');
const { json } = fc.letrec<{ json: Json; list: readonly Json[]; record: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>('', 'text', 'it"s', 'back\\slash', '\n', 'é', 0, -1.5, 1e9, true, false, null),
    tie('list'),
    tie('record'),
  ),
  list: fc.array(tie('json'), { maxLength: 6 }),
  record: fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }).map((members) => ({ members })),
}));

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function written(value: Json): string {
  if (isList(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${value.members.map(([name, inner]) => `${JSON.stringify(name)}: ${written(inner)}`).join(',')}}`;
}

/** Path and value of every scalar and empty container, found the plain way. */
function* walked(value: Json, path = ''): Generator<[string, string]> {
  if (isList(value)) {
    if (value.length === 0) yield [`${path}[]`, ''];
    for (const inner of value) yield* walked(inner, `${path}[]`);
  } else if (typeof value === 'object' && value !== null) {
    if (value.members.length === 0) yield [path, ''];
    for (const [name, inner] of value.members) yield* walked(inner, path === '' ? name : `${path}.${name}`);
  } else yield [path, typeof value === 'string' ? value : JSON.stringify(value)];
}

test('every value is found at its place, whatever the objects before it have taught to expect', () => {
  fc.assert(
    fc.property(json, (value) => {
      const { paths, values, wellFormed } = readJson(written(value), 64);
      expect(wellFormed).toBe(true);
      expect(paths.map((path, i) => [path, values[i]])).toEqual([...walked(value)]);
    }),
    { seed: 20_240_503, numRuns: 2000 },
  );
});
