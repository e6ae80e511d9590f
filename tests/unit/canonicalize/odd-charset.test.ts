import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { charsetOf } from '../../../src/canonicalize/decode/declared-charset.js';
import { rawRuns } from '../../../src/canonicalize/decode/raw-runs.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { PAYLOADS } from '../../evasion/payloads.js';
import { post, shown } from './requests.js';

const FORM = 'application/x-www-form-urlencoded';
const big = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const little = (text: string): Buffer => Buffer.from(text, 'utf16le');
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
const charset = (label: string) => {
  const found = charsetOf(Buffer.alloc(0), `text/plain; charset=${label}`);
  if (typeof found !== 'object') throw new Error(`expected a charset for ${label}`);
  return found;
};

/** Of Wikipedia's and the shop's kind: prose with the punctuation of each language. */
const PROSE = {
  Chinese: '这款灯很好看，安装也简单。一开始我以为太小了，但是放在书桌上刚刚好！送货很快，包装也不错……下次还会再买的。',
  Taiwan: '這個商品的品質非常好，跟照片上看到的一樣。客服人員回覆很快，運送也很準時，值得推薦給大家！',
  Japanese: 'とても良い商品です。また買います！ただし、説明書が少し分かりにくいので、組み立てに時間がかかりました。',
  Korean: '배송이 빠르고 품질이 좋아요. 다음에도 여기서 주문할게요! 색상도 사진과 같습니다.',
  stars: 'Super Stuhl ⭐⭐⭐⭐⭐ – „sehr bequem“, 49,95 € … ❤❤❤ ✔✔ ½ Preis',
};

describe('text in a charset with other bytes for ASCII', () => {
  test.each(Object.entries(PROSE))('%s is read once, and of its bytes nothing but short runs', (_, prose) => {
    for (const [label, encode] of [['utf-16le', little] as const, ['utf-16be', big] as const]) {
      for (const body of [encode(prose), Buffer.concat([encode('\ufeff'), encode(prose)])]) {
        const fields = shown(canonicalize(post(`text/plain; charset=${label}`, body), DEFAULT_LIMITS));
        const [text, ...runs] = fields;
        expect(text).toContain(prose.slice(0, 8).normalize('NFKC'));
        for (const run of runs) expect(run).toMatch(/^\[BODY\]\[VALUE\]|^\[PRINTABLE\]\[VALUE\][ -~]{6,23}$/);
        expect(fields.filter((field) => field.startsWith('[BODY]'))).toEqual([text]);
      }
    }
  });

  test('in EBCDIC, too', () => {
    const [text, ...others] = shown(
      canonicalize(
        post('text/plain; charset=ibm037', Buffer.from('8985a2a8406d6d40a681a26b40a2966b40d6a4a3615f4f', 'hex')),
        DEFAULT_LIMITS,
      ),
    );
    expect(text).toContain('iesy __ was, so,');
    expect(others).toEqual([]);
  });
});

describe('ASCII that is called something else', () => {
  const LABELS = ['utf-16', 'utf-16le', 'utf-16be', 'utf-32', 'ibm037', 'ibm500'];
  const MARKS = ['\xff\xfe', '\xfe\xff'];
  const types = [
    ...LABELS.map((label) => ({ type: `${FORM}; charset=${label}`, mark: '' })),
    ...MARKS.map((mark) => ({ type: FORM, mark })),
  ];
  const plain = PAYLOADS.filter(({ text }) => /^[ -~]+$/.test(text));

  test.each(types)('$type $mark: the payload is read as it stands', ({ type, mark }) => {
    const paddings = ['\xe9'.repeat(400), '\x81\x4e'.repeat(400), latin1(little('lots of text. '.repeat(300)))];
    for (const { text } of plain) {
      const value = encodeURIComponent(text).replaceAll('%20', '+');
      const alone = shown(canonicalize(post(FORM, `q=${value}`), DEFAULT_LIMITS));
      for (const padding of paddings) {
        for (const front of ['a=1&', 'ab=1&']) {
          const body = `${mark}${front}q=${value}&p=${padding}`;
          const fields = shown(canonicalize(post(type, body), DEFAULT_LIMITS));
          for (const field of alone) expect(fields).toContain(field);
        }
      }
    }
  });

  test('nothing that reads as a payload is left out, whichever characters it makes', () => {
    // No zero digits and no two bytes over and over, which are skipped.
    const sign = fc.constantFrom(...'abcdefgxyzNOPQUVWYZ/\'"<>=();|`{}[]*-.,: 123456789');
    const payload = fc
      .array(sign, { minLength: 7, maxLength: 60 })
      .map((signs) => signs.join(''))
      .filter((text) => !/(..)\1/.test(text) && /[^A-Za-z0-9]/.test(text.slice(0, 6)));
    const padding = fc.constantFrom(PROSE.Chinese, PROSE.Japanese, 'plain text', '');
    fc.assert(
      fc.property(payload, padding, padding, fc.boolean(), fc.boolean(), (text, before, after, isBig, isShifted) => {
        const encode = isBig ? big : little;
        const bytes = `${latin1(encode(`${before}\n`))}${isShifted ? '\x02' : ''}${text}${isShifted ? '' : '\x02'}${latin1(encode(after))}`;
        const { decode } = charset(isBig ? 'utf-16be' : 'utf-16le');
        const runs = rawRuns(
          bytes,
          decode(Buffer.from(bytes, 'latin1')) ?? '',
          charset(isBig ? 'utf-16be' : 'utf-16le'),
        );
        if (runs !== undefined) expect(runs.join('\n')).toContain(text);
      }),
      { seed: 20_240_501, numRuns: 2000 },
    );
  });
});
