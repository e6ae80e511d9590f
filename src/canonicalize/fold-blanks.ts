/**
 * The further reading of a value whose words stand apart by other than one blank each: line ends, tabs, runs of blanks, as
 * `1'%0AOR%0A1=1` has them. Every such run is one blank in it. Prose in lines and paragraphs has plain blanks between most
 * words and yields nothing.
 *
 * @returns the text so read (of a long text its parts so written), or `undefined` where fewer than three words in a row
 *   stand apart so, and the value has plain blanks, or fewer than two in all. Linear.
 */
export function foldBlanks(text: string): string | undefined {
  const stretches: { from: number; to: number }[] = [];
  let plain = false;
  let odd = 0;
  let inRow = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isBlank(text.charCodeAt(at))) continue;
    const start = at;
    while (isBlank(text.charCodeAt(at + 1))) at++;
    if (start === 0 || at === text.length - 1) continue;
    if (at === start && text.charCodeAt(at) === SPACE) {
      plain = true;
      inRow = 0;
      continue;
    }
    odd++;
    if (++inRow === 1) from = start;
    if (inRow === MIN_ROW) stretches.push({ from, to: at });
    else if (inRow > MIN_ROW) stretches.at(-1)!.to = at;
  }
  if (stretches.length === 0 && (plain || odd < 2)) return undefined;
  return (text.length <= MAX_WHOLE ? text : partsOf(text, stretches)).replace(BLANKS, ' ');
}

const MIN_ROW = 3;
/** Of a longer text only what is so written is read again. */
const MAX_WHOLE = 2048;
const AROUND = 64;
const SPACE = 0x20;
const BLANKS = /[\t\n\v\f\r ]+/g;

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 0x09 && code <= 0x0d);
}

/** The stretches with some text around, as much as may be read. */
function partsOf(text: string, stretches: readonly { from: number; to: number }[]): string {
  let out = '';
  let copied = 0;
  for (const { from, to } of stretches) {
    const start = Math.max(copied, from - AROUND);
    const end = Math.min(text.length, to + AROUND, start + MAX_WHOLE - out.length);
    if (end <= start) continue;
    out += text.slice(start, end);
    copied = end;
  }
  return out === '' ? text.slice(0, MAX_WHOLE) : out;
}
