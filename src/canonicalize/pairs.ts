/**
 * Splits `a=1&b=2` into name and value, still encoded (WHATWG URL section 5.1). Empty pieces are dropped; a piece
 * without `=` is a name with an empty value, as servers read it.
 *
 * @param text byte string.
 * @param separator `&` in queries and forms, `;` in cookies (RFC 6265 section 4.2.1; blanks around a pair are no part of it).
 */
export function splitPairs(text: string, separator: '&' | ';'): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf(separator, from);
    if (to < 0) to = text.length;
    const piece = separator === ';' ? text.slice(from, to).trim() : text.slice(from, to);
    if (piece !== '') {
      const equals = piece.indexOf('=');
      pairs.push(equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)]);
    }
    from = to + 1;
  }
  return pairs;
}
