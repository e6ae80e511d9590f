/** A shorter run holds no text with syntax in it that is worth a look. */
const MIN_RUN = 16;

/**
 * The runs of a text that may be base64 or hexadecimal text: at least 16 digits of either alphabet of RFC 4648, and their
 * padding. Looks at every sixteenth character unless there is such a run.
 */
export function encodedRuns(text: string): string[] {
  const runs: string[] = [];
  let from = 0;
  for (let at = MIN_RUN - 1; at < text.length; ) {
    let start = at;
    while (start >= from && isDigit(text.charCodeAt(start))) start--;
    start++;
    if (start > at) {
      from = at + 1;
      at += MIN_RUN;
      continue;
    }
    let end = at + 1;
    while (isDigit(text.charCodeAt(end))) end++;
    if (end - start >= MIN_RUN) {
      let padded = end;
      while (padded < end + 2 && text.charCodeAt(padded) === EQUALS) padded++;
      runs.push(text.slice(start, padded));
    }
    from = end;
    at = end + MIN_RUN;
  }
  return runs;
}

const EQUALS = 0x3d;
const DIGIT = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

function isDigit(code: number): boolean {
  return code < 128 && DIGIT[code] === 1;
}
