import { piece } from './pieces.js';
import type { Random } from './random.js';

type Mutation = (random: Random, bytes: string, other: string) => string;

/** Where to cut, anywhere from the start to the end. */
const at = (random: Random, bytes: string): number => random.below(bytes.length + 1);

const MUTATIONS: readonly Mutation[] = [
  function flipBit(random, bytes) {
    if (bytes === '') return bytes;
    const i = random.below(bytes.length);
    const flipped = String.fromCharCode(bytes.charCodeAt(i) ^ (1 << random.below(8)));
    return bytes.slice(0, i) + flipped + bytes.slice(i + 1);
  },
  function truncate(random, bytes) {
    return bytes.slice(0, at(random, bytes));
  },
  function behead(random, bytes) {
    return bytes.slice(at(random, bytes));
  },
  function insert(random, bytes) {
    const i = at(random, bytes);
    return bytes.slice(0, i) + piece(random) + bytes.slice(i);
  },
  function splice(random, bytes, other) {
    return bytes.slice(0, at(random, bytes)) + other.slice(at(random, other));
  },
  function remove(random, bytes) {
    const i = at(random, bytes);
    return bytes.slice(0, i) + bytes.slice(i + random.small(bytes.length));
  },
  function repeat(random, bytes) {
    const i = at(random, bytes);
    const slice = bytes.slice(i, i + 1 + random.small(64));
    return bytes.slice(0, i) + slice.repeat(1 + random.small(400)).slice(0, 16_384) + bytes.slice(i);
  },
  function overwrite(random, bytes) {
    const i = at(random, bytes);
    const put = random.bytes(1 + random.small(16));
    return bytes.slice(0, i) + put + bytes.slice(i + put.length);
  },
];

/** Bytes changed in up to `most` places. @param other bytes of the same kind, for splices. */
export function mutate(random: Random, bytes: string, other: string, most: number): string {
  let out = bytes;
  for (let left = random.small(most); left > 0; left--) out = random.pick(MUTATIONS)(random, out, other);
  return out;
}
