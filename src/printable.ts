/**
 * Text from outside, made safe to show to people: printable ASCII stays, everything else becomes `\u{hex}`, and what is
 * longer than `max` UTF-16 units is cut and marked with `…` (written as three ASCII dots).
 */
export function printable(text: string, max = 80): string {
  const cut = text.length > max ? text.slice(0, max) : text;
  const safe = cut.replace(NOT_PRINTABLE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  return cut.length < text.length ? `${safe}...` : safe;
}

const NOT_PRINTABLE = /[^\x20-\x7e]/gu;
