/**
 * The further readings of a value whose words are held together or apart by comments: `UNION` in `UN/**\/ION`, blanks in
 * `1/**\/or/**\/2`, the statement in MySQL's `/*!50000select*\/`, the tag in `<scr<!-- -->ipt>`. The value as it stands,
 * comments and all, is scored in any case. Comments beside blanks, or between two tags, change nothing and yield nothing.
 *
 * @param text decoded value.
 * @returns no, one or two texts: comments as blanks, and where one stands inside a word, comments as nothing. Linear.
 */
export function withoutComments(text: string): string[] {
  if (!text.includes('/*') && !text.includes('<!--')) return [];
  let apart = '';
  let glued = '';
  let copied = 0;
  let tight = false;
  let inWord = false;
  OPENER.lastIndex = 0;
  for (let opener = OPENER.exec(text); opener !== null; opener = OPENER.exec(text)) {
    const from = opener.index;
    const inside = OPENER.lastIndex;
    const closer = opener[0] === '<!--' ? '-->' : '*/';
    const to = text.indexOf(closer, inside);
    if (to < 0) break;
    const before = text.slice(copied, from);
    const runs = opener[1] !== undefined ? text.slice(inside, to) : '';
    apart += `${before} ${runs}`;
    glued += before + runs;
    copied = to + closer.length;
    OPENER.lastIndex = copied;
    const left = text[from - 1] ?? ' ';
    const right = text[copied] ?? ' ';
    const between = BLANK.test(left) || BLANK.test(right) || (left === '>' && right === '<');
    if (runs !== '' || !between) tight = true;
    if (WORD.test(left) && WORD.test(right)) inWord = true;
  }
  if (!tight) return [];
  const rest = text.slice(copied);
  return inWord ? [apart + rest, glued + rest] : [apart + rest];
}

/** MySQL and MariaDB run what stands in `/*! … *\/`, a version number left out. */
const OPENER = /<!--|\/\*(M?![0-9]{0,6})?/g;
const BLANK = /\s/;
const WORD = /\w/;
