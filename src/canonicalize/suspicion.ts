/**
 * How much syntax a text may hold, for choosing what is read when not all can be: the number of its characters that are
 * neither letters, digits nor the marks of ordinary prose. One scan, no allocation; text beyond ASCII counts nothing.
 */
export function suspicionOf(text: string, from = 0, to = text.length): number {
  let marks = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code < 128) marks += MARK[code]!;
  }
  return marks;
}

const ORDINARY = /[A-Za-z0-9\s.,_\-:]/;
const MARK = Uint8Array.from({ length: 128 }, (_, code) => (ORDINARY.test(String.fromCharCode(code)) ? 0 : 1));
