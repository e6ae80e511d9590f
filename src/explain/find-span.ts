import { type MappedText, replaceMapped } from './mapped-text.js';

/** What a placeholder, or a run of blanks, may stand for, in units of the decoded text. */
const MAX_GAP = 4096;
/** Places tried; a text that begins the same in more is not told apart. */
const MAX_PLACES = 64;
const MARKER = /[\ue000-\ue01f]/;
const BLANKS = /[\t\n\v\f\r \x85\u1680\u2028\u2029]+/g;

/** Where a canonical text, and a stretch of it, stand in a decoded text. */
export interface Found {
  /** Where the whole text begins, in the decoded text with its blanks folded. */
  readonly at: number;
  /** The stretch, in the source. */
  readonly from: number;
  readonly to: number;
}

/** The decoded text with each run of blanks as one, as {@link findAll} wants it. */
export const foldMapped = (text: MappedText): MappedText => replaceMapped(text, BLANKS, () => ' ');

/**
 * Every place where a canonical text stands, blanks apart. A placeholder stands for anything, and is left out at the text's
 * own ends, where nothing says how far it goes.
 *
 * @param needle canonical text; `start` to `end` is the stretch of it that is asked for, not empty.
 */
export function findAll(haystack: MappedText, needle: string, start: number, end: number): Found[] {
  const pieces = piecesOf(needle);
  const found: Found[] = [];
  const first = pieces[0];
  if (first === undefined || !pieces.some((piece) => piece.start < end && piece.end > start)) return found;
  let at = haystack.text.indexOf(first.text);
  for (let tried = 0; at !== -1 && tried < MAX_PLACES; tried++) {
    const places = placesFrom(haystack.text, pieces, at);
    if (places !== undefined) {
      const from = borderOf(pieces, places, start, false);
      const to = borderOf(pieces, places, end - 1, true);
      found.push({ at, from: haystack.from[from]!, to: haystack.to[to]! });
    }
    at = haystack.text.indexOf(first.text, at + 1);
  }
  return found;
}

interface Piece {
  /** Between placeholders, blanks folded; not empty. */
  readonly text: string;
  /** Of each unit, where it stands in the needle. */
  readonly origins: Uint32Array;
  /** Where it begins and ends in the needle. */
  readonly start: number;
  readonly end: number;
}

function piecesOf(needle: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (let i = 0; i <= needle.length; i++) {
    if (i < needle.length && !MARKER.test(needle[i]!)) continue;
    if (i > from) {
      const origins = Uint32Array.from({ length: i - from }, (_, k) => from + k);
      const folded = foldMapped({ text: needle.slice(from, i), from: origins, to: origins });
      pieces.push({ text: folded.text, origins: folded.from, start: from, end: i });
    }
    from = i + 1;
  }
  return pieces;
}

/** Where each piece stands when the first one stands at `at`. */
function placesFrom(text: string, pieces: readonly Piece[], at: number): number[] | undefined {
  const places = [at];
  let end = at + pieces[0]!.text.length;
  for (const piece of pieces.slice(1)) {
    // Something stands between, or there would be no placeholder.
    const next = text.slice(0, end + 1 + MAX_GAP + piece.text.length).indexOf(piece.text, end + 1);
    if (next === -1) return undefined;
    places.push(next);
    end = next + piece.text.length;
  }
  return places;
}

/** The unit of the haystack that stands for a unit of the needle; for a placeholder's, the border of the gap. */
function borderOf(pieces: readonly Piece[], places: readonly number[], unit: number, last: boolean): number {
  let before = places[0]!;
  for (const [i, { text, origins, start, end }] of pieces.entries()) {
    const place = places[i]!;
    if (unit < start) return last ? Math.max(before, place - 1) : before;
    if (unit < end) {
      let offset = text.length - 1;
      while (offset > 0 && origins[offset]! > unit) offset--;
      return place + offset;
    }
    before = place + text.length;
  }
  return before - 1;
}
