import { hiddenText } from '../decode/encoded-text.js';

/** A place in the text: its path, and the places that were found inside, each made once. */
export interface Place {
  readonly path: string;
  /** The key that leads to it, where that is plain and remembered. */
  readonly key: string;
  inside: Map<string, Place> | undefined;
  /** The members that came first in it and next behind it, last time: objects in a list have the same, in the same order. */
  first: Place | undefined;
  next: Place | undefined;
}

export function placeOf(path: string, key: string): Place {
  return { path, key, inside: undefined, first: undefined, next: undefined };
}

/** Longest path kept; its tail names the field. */
const MAX_PATH = 120;
const PLAIN_KEY = /^[A-Za-z0-9_.-]{0,60}$/;

/** Members of one object whose places are remembered: objects in a list have the same few. */
const MAX_INSIDE = 64;

/** @returns false when there is no room for it. */
function remember(place: Place, key: string, inner: Place): boolean {
  place.inside ??= new Map();
  if (place.inside.size >= MAX_INSIDE) return false;
  place.inside.set(key, inner);
  return true;
}

/**
 * The place of an object's member that did not come as expected; tells of its key where that may hold something.
 *
 * @param before the member before it.
 */
export function memberOf(
  place: Place,
  before: Place | undefined,
  key: string,
  found: (path: string, value: string) => void,
): Place {
  let inner = place.inside?.get(key);
  if (inner === undefined) {
    inner = placeOf(joined(place.path, key), key);
    const plain = PLAIN_KEY.test(key);
    const remembered = plain && remember(place, key, inner);
    if (!plain || hiddenText(key) !== undefined) found(place.path, key);
    if (!remembered) return inner;
  }
  if (before === undefined) place.first = inner;
  else before.next = inner;
  return inner;
}

/** The place of an array's elements; no key is named like it, since only plain ones are remembered. */
export function elements(place: Place): Place {
  let inner = place.inside?.get('[]');
  if (inner === undefined) {
    inner = placeOf(`${place.path}[]`, '[]');
    remember(place, '[]', inner);
  }
  return inner;
}

function joined(path: string, key: string): string {
  const whole = path === '' ? key : `${path}.${key}`;
  return whole.length > MAX_PATH ? whole.slice(-MAX_PATH) : whole;
}
