import { copyUnits, MAX_COPIED, MIN_COPIED, UNITS } from './units.js';

/**
 * How much syntax a text may hold, for choosing what is read when not all can be: the number of its characters that are
 * neither letters, digits nor the marks of ordinary prose. One scan; text beyond ASCII counts nothing.
 */
export function suspicionOf(text: string, from = 0, to = text.length): number {
  let marks = 0;
  if (to - from < MIN_COPIED) {
    for (let i = from; i < to; i++) marks += MARK[text.charCodeAt(i)]!;
    return marks;
  }
  for (let at = from; at < to; at += MAX_COPIED) marks += marksOfCopy(text.slice(at, Math.min(to, at + MAX_COPIED)));
  return marks;
}

function marksOfCopy(text: string): number {
  const length = copyUnits(text);
  let marks = 0;
  let i = 0;
  // Four at a time, since the loop itself costs more than what it does.
  for (; i + 3 < length; i += 4) {
    marks += MARK[UNITS[i]!]! + MARK[UNITS[i + 1]!]! + MARK[UNITS[i + 2]!]! + MARK[UNITS[i + 3]!]!;
  }
  for (; i < length; i++) marks += MARK[UNITS[i]!]!;
  return marks;
}

const ORDINARY = /[A-Za-z0-9\s.,_\-:]/;
/** Of each UTF-16 unit. */
const MARK = new Uint8Array(0x10000);
for (let code = 0; code < 0x80; code++) MARK[code] = ORDINARY.test(String.fromCharCode(code)) ? 0 : 1;
