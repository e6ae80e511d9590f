import { type Content, type Evasion, once, utf8 } from './evasion.js';

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
const percent = (byte: string): string => `%${hex(byte.charCodeAt(0), 2).toUpperCase()}`;
/** Every byte but letters, digits and `-._~` (RFC 3986 section 2.3). */
const escaped = (bytes: string): string => bytes.replace(/[^A-Za-z0-9._~-]/g, percent);
const everyByte = (bytes: string): string => bytes.replace(/[\s\S]/g, percent);
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const toHex = (text: string): string => Buffer.from(text, 'utf8').toString('hex');
const units = (text: string, write: (code: number) => string): string =>
  text.replace(/[\s\S]/g, (unit) => write(unit.charCodeAt(0)));
const points = (text: string, write: (code: number) => string): string =>
  Array.from(text, (point) => write(point.codePointAt(0)!)).join('');
/** Signs only: letters stay, as people write it who want to save bytes. */
const signs = (text: string, write: (code: number) => string): string =>
  text.replace(/[!-/:-@[-`{-~ ]/g, (sign) => write(sign.charCodeAt(0)));

/** Named references of HTML 5 for the signs that payloads are made of. */
const NAMED = new Map(
  Object.entries({
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
    '&': '&amp;',
    '(': '&lpar;',
    ')': '&rpar;',
    '/': '&sol;',
    ':': '&colon;',
    ';': '&semi;',
    '=': '&equals;',
    '.': '&period;',
    ',': '&comma;',
    $: '&dollar;',
    '{': '&lbrace;',
    '}': '&rbrace;',
    '|': '&vert;',
    '*': '&ast;',
    '[': '&lsqb;',
    ']': '&rsqb;',
    '%': '&percnt;',
    '#': '&num;',
    '!': '&excl;',
    '?': '&quest;',
    '\\': '&bsol;',
    _: '&lowbar;',
  }),
);

const overlong2 = (code: number): string => String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
const overlong3 = (code: number): string => String.fromCharCode(0xe0, 0x80 | (code >> 6), 0x80 | (code & 0x3f));
const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
const utf7 = (text: string): string =>
  text.replace(/[^A-Za-z0-9'(),./:? \r\n\t-]+/g, (run) => {
    const bytes = Buffer.from(run, 'utf16le').swap16();
    return `+${bytes.toString('base64').replace(/=+$/, '')}-`;
  });
const between = (text: string, what: string): string => text.replace(/(?<=[A-Za-z])(?=[A-Za-z])/g, what);

const onWire = (bytes: string): Content => once(bytes, true);
/** An application that decodes what the server has decoded already, or behind a proxy that did. */
const TWICE = 'an application or proxy that percent-decodes again';
const MARKUP = 'an application that decodes references before use; browsers in attributes';
const SCRIPT = 'JavaScript, JSON, PHP, Python, Java and C string literals; unescape filters';
const DECODES = 'an application that decodes the parameter';

/** Encodings that any text survives. The order is that of the table. */
export const ENCODINGS: readonly Evasion[] = [
  { name: 'plain', family: 'plain', undoneBy: 'nothing to undo', apply: (text) => once(utf8(text)) },
  {
    name: 'percent, every byte',
    family: 'percent, once to three times',
    undoneBy: 'every server',
    apply: (text) => onWire(everyByte(utf8(text))),
  },
  {
    name: 'percent, twice',
    family: 'percent, once to three times',
    undoneBy: TWICE,
    apply: (text) => onWire(escaped(escaped(utf8(text)))),
  },
  {
    name: 'percent, three times',
    family: 'percent, once to three times',
    undoneBy: TWICE,
    apply: (text) => onWire(everyByte(escaped(escaped(utf8(text))))),
  },
  {
    name: '%uXXXX',
    family: '%uXXXX',
    undoneBy: 'IIS, classic ASP, decoders of `escape()`',
    apply: (text) => onWire(units(text, (code) => `%u${hex(code, 4)}`)),
  },
  {
    name: '%u, full width',
    family: '%uXXXX',
    undoneBy: 'IIS with best-fit mapping',
    apply: (text) =>
      onWire(
        units(fullWidth(text), (code) => (code > 0x7f ? `%u${hex(code, 4)}` : escaped(String.fromCharCode(code)))),
      ),
  },
  {
    name: 'full width',
    family: 'full width, invisible characters',
    undoneBy: 'NFKC normalization, best-fit mapping of databases',
    apply: (text) => once(utf8(fullWidth(text))),
  },
  {
    name: 'overlong UTF-8, two bytes',
    family: 'overlong UTF-8',
    undoneBy: 'lenient UTF-8 decoders',
    apply: (text) => onWire(escaped(signsOverlong(text, overlong2))),
  },
  {
    name: 'overlong UTF-8, three bytes',
    family: 'overlong UTF-8',
    undoneBy: 'lenient UTF-8 decoders',
    apply: (text) => onWire(escaped(signsOverlong(text, overlong3))),
  },
  {
    name: 'entities, decimal',
    family: 'HTML references',
    undoneBy: MARKUP,
    apply: (text) => once(points(text, (code) => `&#${code};`)),
  },
  {
    name: 'entities, hexadecimal',
    family: 'HTML references',
    undoneBy: MARKUP,
    apply: (text) => once(points(text, (code) => `&#x${hex(code, 2)};`)),
  },
  {
    name: 'entities, padded, no semicolon',
    family: 'HTML references',
    undoneBy: MARKUP,
    // A letter or digit behind a reference without its semicolon would count to it.
    apply: (text) =>
      once(utf8(signs(text, (code) => `&#${String(code).padStart(7, '0')}`).replace(/(&#\d{7})(?=\d)/g, '$1;'))),
  },
  {
    name: 'entities, named',
    family: 'HTML references',
    undoneBy: MARKUP,
    apply: (text) => once(utf8(text.replace(/[^A-Za-z0-9 ]/g, (sign) => NAMED.get(sign) ?? sign))),
  },
  {
    name: 'entities, twice',
    family: 'HTML references',
    undoneBy: MARKUP,
    apply: (text) => once(points(text, (code) => `&amp;#${code};`)),
  },
  {
    name: '\\xXX',
    family: '\\x, \\u, octal, CSS escapes',
    undoneBy: SCRIPT,
    apply: (text) => once(utf8(text.replace(/[!-~ ]/g, (one) => `\\x${hex(one.charCodeAt(0), 2)}`))),
  },
  {
    name: '\\uXXXX',
    family: '\\x, \\u, octal, CSS escapes',
    undoneBy: SCRIPT,
    apply: (text) => once(units(text, (code) => `\\u${hex(code, 4)}`)),
  },
  {
    name: '\\u{XX}',
    family: '\\x, \\u, octal, CSS escapes',
    undoneBy: 'ES6, Rust, Swift, PHP 7',
    apply: (text) => once(points(text, (code) => `\\u{${hex(code, 1)}}`)),
  },
  {
    name: 'octal',
    family: '\\x, \\u, octal, CSS escapes',
    undoneBy: "C, PHP, sloppy JavaScript, shells' $'…'",
    apply: (text) =>
      once(utf8(text.replace(/[!-~ ]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`))),
  },
  {
    name: 'CSS escapes',
    family: '\\x, \\u, octal, CSS escapes',
    undoneBy: 'CSS',
    classes: ['xss'],
    apply: (text) => once(utf8(signs(text, (code) => `\\${hex(code, 6)}`))),
  },
  {
    name: 'UTF-7',
    family: 'UTF-7',
    undoneBy: 'old browsers, mail software, .NET with a UTF-7 charset',
    apply: (text) => once(utf7(text)),
  },
  { name: 'base64', family: 'base64, hex', undoneBy: DECODES, apply: (text) => once(base64(text)) },
  {
    name: 'base64url',
    family: 'base64, hex',
    undoneBy: DECODES,
    apply: (text) => once(base64(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
  },
  { name: 'base64, twice', family: 'base64, hex', undoneBy: DECODES, apply: (text) => once(base64(base64(text))) },
  {
    name: 'base64 of percent',
    family: 'base64, hex',
    undoneBy: DECODES,
    apply: (text) => once(base64(encodeURIComponent(text))),
  },
  {
    name: 'base64, in lines',
    family: 'base64, hex',
    undoneBy: 'MIME decoders, PHP',
    apply: (text) => once(base64(text).replace(/.{20}(?=.)/g, '$&\r\n')),
  },
  {
    name: 'data: URL',
    family: 'base64, hex',
    undoneBy: 'browsers, PHP stream wrappers',
    classes: ['xss', 'php', 'xxe'],
    benign: false,
    apply: (text) => once(`data:text/html;base64,${base64(text)}`),
  },
  { name: 'hex', family: 'base64, hex', undoneBy: DECODES, apply: (text) => once(toHex(text)) },
  { name: '0x hex', family: 'base64, hex', undoneBy: 'MySQL, SQL Server', apply: (text) => once(`0x${toHex(text)}`) },
  {
    name: 'JSON inside',
    family: 'JSON inside',
    undoneBy: 'an application that parses the parameter as JSON',
    apply: (text) => once(utf8(JSON.stringify({ id: 7, text, page: { size: 20 } }))),
  },
  {
    name: 'JSON inside, \\u',
    family: 'JSON inside',
    undoneBy: 'an application that parses the parameter as JSON',
    apply: (text) => once(`{"id":7,"text":"${units(text, (code) => `\\u${hex(code, 4)}`)}"}`),
  },
  {
    name: 'percent of entities',
    family: 'percent, once to three times',
    undoneBy: `${TWICE}, then browsers`,
    apply: (text) => once(everyByte(points(text, (code) => `&#${code};`))),
  },
  {
    name: 'zero-width characters',
    family: 'full width, invisible characters',
    undoneBy: 'sanitizers and databases that strip them',
    apply: (text) => once(utf8(between(text, '\u200b'))),
  },
  {
    name: 'soft hyphens, bidi marks',
    family: 'full width, invisible characters',
    undoneBy: 'sanitizers and databases that strip them',
    apply: (text) => once(utf8(`\u202e${between(text, '\u00ad')}\u202c`)),
  },
];

function signsOverlong(text: string, write: (code: number) => string): string {
  return utf8(text).replace(/[!-/:-@[-`{-~]/g, (sign) => write(sign.charCodeAt(0)));
}
