/** The runs of a text that are long enough to be base64 or hexadecimal text with syntax in it. */
export function encodedRuns(text: string): string[] {
  return text.length < MIN_RUN ? [] : (text.match(RUN) ?? []);
}

const MIN_RUN = 16;
const RUN = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
