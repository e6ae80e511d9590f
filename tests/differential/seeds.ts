import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type CaseParts, type WireCase, wireCase } from './wire-case.js';

/** What must be seen: signs that every injection needs, between letters that nothing folds or replaces. */
export const PROBE = `zq'"><bq>$(cq)`;

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');
const utf16be = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('latin1');
const percent = (bytes: string): string =>
  bytes.replace(/[^A-Za-z0-9]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
const P = percent(PROBE);
const J = JSON.stringify(PROBE).slice(1, -1);
const X = PROBE.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const JSON_TYPE = 'Content-Type: application/json';
const XML = 'Content-Type: application/xml';
const MULTIPART = 'Content-Type: multipart/form-data; boundary=XX';

type Seeds = Readonly<Record<string, CaseParts>>;

const typed = (header: string, bodies: Readonly<Record<string, string>>): Seeds =>
  Object.fromEntries(Object.entries(bodies).map(([id, body]) => [id, { headers: [header], body }]));
const as = (body: string, headers: Readonly<Record<string, string | readonly string[]>>): Seeds =>
  Object.fromEntries(
    Object.entries(headers).map(([id, lines]) => [id, { headers: typeof lines === 'string' ? [lines] : lines, body }]),
  );

const QUERY: Seeds = Object.fromEntries(
  Object.entries({
    plain: `a=${P}`,
    duplicate: `a=1&a=${P}&a=2`,
    'array brackets': `a[]=1&a[]=${P}&a[b][c]=${P}`,
    'semicolon separator': `a=1;b=${P}`,
    'ampersand entity': `a=1&amp;b=${P}`,
    'second question mark': `a=1?b=${P}`,
    'name alone': P,
    'empty name': `=${P}`,
    'two equals': `a==${P}`,
    'plus as blank': `a=${P}+or+${P}`,
    'percent-encoded plus': `a=${P}%2bor`,
    'bad percent': `a=%zz${P}%`,
    'percent NUL': `a=x%00${P}`,
    'name with NUL': `a%00b=${P}`,
    'percent u': `a=zq%u0027%u0022%u003e`,
    'double percent': `a=${percent(P)}`,
    'overlong quote': 'a=zq%c0%a7%c0%bc',
    'Latin-1 byte': `a=%e9${P}`,
    'GBK lead byte': `a=%bf%27zq%bf%22%5c`,
    'Shift-JIS lead byte': `a=%83%27zq%95%5c%27`,
    'payload in name': `${P}=1`,
    'payload in nested name': `a[${P}][b]=1`,
    'PHP name mangling': `a.b=${P}&a%20c=${P}&a[d=${P}`,
    'deep brackets': `${'a'}${'[b]'.repeat(30)}=${P}`,
    'JSON value': `a=${percent(`{"b":"${J}"}`)}`,
    'many parameters': `${'a=1&'.repeat(1200)}b=${P}`,
    'full width': `a=${percent(utf8('zq＇＜bq＞'))}`,
    'proto name': `__proto__[a]=${P}`,
    'parameter in name': `a%3D${P}=1`,
    'comma list': `a=1,${P},2`,
    'line ends': `a=%0d%0a${P}%0d%0ax`,
  }).map(([id, query]) => [`query ${id}`, { target: `/p?${query}` }]),
);

const PATHS: Seeds = {
  'path encoded': { target: `/a/${P}/b` },
  'path double encoded': { target: `/a/${percent(P)}` },
  'path parameters': { target: `/a;b=${P}/c` },
  'path dot segments': { target: '/a/../../zq/%2e%2e/%2e%2e/etc' },
  'path back-slashes': { target: '/a\\..\\zq\\..%5c..%5cetc' },
  'path double slash': { target: `//zq/${P}` },
  'path absolute-form': { target: `http://app.example/a?b=${P}` },
  'path NUL': { target: `/a%00${P}` },
};

const FORMS: Seeds = {
  ...typed(FORM, {
    'form plain': `a=${P}&b=1`,
    'form duplicate': `a=1&a=${P}`,
    'form raw signs': `a=${PROBE}`,
    'form semicolons': `a=1;b=${P}`,
    'form payload in name': `${P}=1&a=2`,
    'form name alone': `a=1&${P}`,
    'form nested': `a[b][0]=${P}&a[b][]=${P}`,
    'form line ends': `a=1\r\n&b=${P}\r\n`,
    'form leading blank': `\r\n\r\n a=${P}`,
    'form leading ampersands': `&&&a=${P}`,
    'form NUL': `a=x\0${P}&b=%00${P}`,
    'form charset field': `_charset_=utf-16&a=${percent(utf16be(PROBE))}`,
    'form utf8 field': `utf8=%26%2310003%3B&a=${P}`,
    'form of base64': `a=${Buffer.from(`it is ${PROBE}`).toString('base64')}`,
    'form that looks like JSON': `{"a":"${J}","b":"=1&c=${P}"}`,
    'form that looks like multipart': `--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1&b=${P}`,
    'form of many parameters': `${'a=1&'.repeat(1500)}b=${P}`,
    'form with a BOM': `\xef\xbb\xbfa=${P}`,
    'form Latin-1': `a=\xe9${PROBE}`,
    'form UTF-16': utf16(`a=${PROBE}`),
    'form with plus': `a+b=${P}+x`,
    'form with entities': `a=zq&#39;&b=zq&quot;&gt;`,
    'form with bad percent': `a=%${PROBE}%2`,
    'form XML inside': `a=%3c?xml version="1.0"?%3e%3cb%3e${P}%3c/b%3e`,
  }),
  ...as(`a=${P}&b=c`, {
    'form charset ibm037': `${FORM}; charset=ibm037`,
    'form charset utf-16': `${FORM}; charset=utf-16`,
    'form charset utf-7': `${FORM}; charset=utf-7`,
    'form charset latin-1': `${FORM}; charset=iso-8859-1`,
    'form charset quoted': `${FORM}; charset="utf-8"`,
    'form charset unknown': `${FORM}; charset=x-none`,
    'form type upper case': 'CONTENT-TYPE: APPLICATION/X-WWW-FORM-URLENCODED',
    'form type with blanks': 'Content-Type:   application/x-www-form-urlencoded   ;  ',
    'form type with comma': `${FORM}, text/plain`,
    'form type twice, JSON first': [JSON_TYPE, FORM],
    'form type twice, JSON last': [FORM, JSON_TYPE],
    'form type missing': [],
    'form type empty': 'Content-Type: ',
    'form as text': 'Content-Type: text/plain',
    'form as JSON': JSON_TYPE,
    'form as XML': XML,
    'form as multipart': MULTIPART,
    'form as octets': 'Content-Type: application/octet-stream',
    'form type with garbage': `${FORM} garbage`,
    'form type underscore': 'Content_Type: application/x-www-form-urlencoded',
  }),
  'form with GET': { method: 'GET', headers: [FORM], body: `a=${P}` },
  'form with DELETE': { method: 'DELETE', headers: [FORM], body: `a=${P}` },
  'form UTF-16 percent, by its charset': { headers: [`${FORM}; charset=utf-16le`], body: `a=${percent(utf16(PROBE))}` },
  'form IBM037 percent, by its charset': { headers: [`${FORM}; charset=ibm037`], body: 'a=%a9%98%7d%7f%4c%6e' },
  'form in EBCDIC': { headers: [`${FORM}; charset=ibm037`], body: '\x81\x7e\xa9\x98\x7d\x7f\x4c\x6e' },
  'form in UTF-16 with charset': { headers: [`${FORM}; charset=utf-16le`], body: utf16(`a=${PROBE}`) },
  'form in UTF-7 with charset': { headers: [`${FORM}; charset=utf-7`], body: 'a=zq+ACc-+ACI-+AD4-' },
};

const part = (headers: string, content = PROBE): string => `--XX\r\n${headers}\r\n\r\n${content}\r\n`;
const field = (parameters: string, content = PROBE): string =>
  part(`Content-Disposition: form-data; ${parameters}`, content);
const end = '--XX--\r\n';

const MULTIPARTS: Seeds = {
  ...typed(MULTIPART, {
    'multipart plain': field('name="a"') + end,
    'multipart duplicate': field('name="a"', '1') + field('name="a"') + end,
    'multipart file': field('name="a"; filename="b.txt"\r\nContent-Type: text/plain') + end,
    'multipart file of another type': field('name="a"; filename="b.png"\r\nContent-Type: image/png') + end,
    'multipart binary file': field('name="a"; filename="b.bin"', `${'\0\x01\x02'.repeat(200)}${PROBE}`) + end,
    'multipart long binary file': field('name="a"; filename="b.bin"', `${'\0\x01\x02'.repeat(3000)}${PROBE}`) + end,
    'multipart file name': field(`name="a"; filename="zq'<bq>.txt"`, 'x') + end,
    'multipart file name*': field(`name="a"; filename*=UTF-8''${P}`, 'x') + end,
    'multipart file name and name*': field(`name="a"; filename="x"; filename*=UTF-8''${P}`, 'x') + end,
    'multipart file name continued': field(`name="a"; filename*0="zq'"; filename*1="<bq>"`, 'x') + end,
    'multipart file name, path': field(`name="a"; filename="../../zq/../x'.php"`, 'x') + end,
    'multipart file name empty': field('name="a"; filename=""') + end,
    'multipart name*': field(`name*=UTF-8''${P}`, 'x') + end,
    'multipart payload in name': field(`name="zq'<bq>"`, 'x') + end,
    'multipart escaped quote in name': field(`name="a\\"zq'<bq>"`, 'x') + end,
    'multipart percent in name': field(`name="a%22zq%27"`, 'x') + end,
    'multipart names twice': field(`name="a"; name="zq'<bq>"`, 'x') + end,
    'multipart single quotes': field(`name='a'; filename='zq"<bq>'`, 'x') + end,
    'multipart no quotes': field(`name=zq'<bq>`, 'x') + end,
    'multipart blanks around equals': field('name = "a"') + end,
    'multipart no blank after semicolon': part('Content-Disposition:form-data;name="a"') + end,
    'multipart upper case': part('CONTENT-DISPOSITION: FORM-DATA; NAME="a"') + end,
    'multipart attachment': part('Content-Disposition: attachment; name="a"') + end,
    'multipart file disposition': part('Content-Disposition: file; name="a"; filename="b"') + end,
    'multipart no disposition type': part('Content-Disposition: name="a"') + end,
    'multipart other disposition type': part('Content-Disposition: x; name="a"') + end,
    'multipart no disposition': part('Content-Type: text/plain') + end,
    'multipart no headers': `--XX\r\n\r\n${PROBE}\r\n${end}`,
    'multipart disposition twice':
      part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"; filename="c"') + end,
    'multipart folded header': part('Content-Disposition: form-data;\r\n name="a"') + end,
    'multipart folded name': part(`Content-Disposition: form-data; name="a\r\n zq'<bq>"`) + end,
    'multipart other header': part(`Content-Disposition: form-data; name="a"\r\nX-A: ${PROBE}`, 'x') + end,
    'multipart LF': (field('name="a"') + end).replaceAll('\r\n', '\n'),
    'multipart CR': (field('name="a"') + end).replaceAll('\r\n', '\r'),
    'multipart LF after CRLF': `--XX\r\nContent-Disposition: form-data; name="a"\n\n${PROBE}\r\n${end}`,
    'multipart blank before header': part(' Content-Disposition: form-data; name="a"') + end,
    'multipart blank before colon': part('Content-Disposition : form-data; name="a"') + end,
    'multipart unfinished': field('name="a"'),
    'multipart unfinished, no line end': `--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}`,
    'multipart preamble': `preamble ${PROBE}\r\n${field('name="a"')}${end}`,
    'multipart epilogue': `${field('name="a"', '1')}${end}${field('name="b"')}${end}`,
    'multipart blank after boundary': `--XX  \r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}\r\n--XX--`,
    'multipart tab after boundary': `--XX\t\r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}\r\n--XX--`,
    'multipart longer boundary line': `--XXYY\r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}\r\n--XX--`,
    'multipart boundary in value': field('name="a"', `x--XX${PROBE}`) + field('name="b"', `x\r\n--XXY${PROBE}`) + end,
    'multipart end mark in value': field('name="a"', `x--XX--\r\n${PROBE}`) + end,
    'multipart end mark, then more': `${field('name="a"', '1')}--XX--garbage\r\n${field('name="b"')}${end}`,
    'multipart base64 part':
      part(
        'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64',
        Buffer.from(PROBE).toString('base64'),
      ) + end,
    'multipart base64 part, lines':
      part(
        'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64',
        'enEn\r\nIj48\r\nYnE+\r\nJChj\r\ncSk=',
      ) + end,
    'multipart quoted-printable part':
      part(
        'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: quoted-printable',
        'zq=27=22=\r\n=3Ebq=3C',
      ) + end,
    'multipart UTF-16 part':
      part('Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-16', utf16(PROBE)) + end,
    'multipart UTF-16BE part':
      part('Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-16be', utf16be(PROBE)) +
      end,
    'multipart UTF-7 part':
      part('Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-7', 'zq+ACc-+ACI-+AD4-') +
      end,
    'multipart IBM037 part':
      part(
        'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=ibm037',
        '\xa9\x98\x7d\x7f\x4c\x6e',
      ) + end,
    'multipart charset field': field('name="_charset_"', 'utf-16le') + field('name="a"', utf16(PROBE)) + end,
    'multipart nested':
      part(
        'Content-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=YY',
        `--YY\r\nContent-Disposition: file; filename="b"\r\n\r\n${PROBE}\r\n--YY--`,
      ) + end,
    'multipart JSON part':
      part('Content-Disposition: form-data; name="a"\r\nContent-Type: application/json', `{"b":"${J}"}`) + end,
    'multipart NUL in name': field('name="a\0b"') + end,
    'multipart long header': field(`name="a"; x="${'y'.repeat(9000)}"`) + end,
    'multipart many parts': field('name="a"', '1').repeat(1100) + field('name="b"') + end,
    'multipart encoded word': field('name="=?utf-8?B?enEnPGJxPg==?="', 'x') + end,
    'multipart name after file name': field('filename="x"; name="a"') + end,
    'multipart PHP max size': field('name="MAX_FILE_SIZE"', '5') + field('name="a"') + end,
    'multipart array name': field('name="a[b][]"') + end,
    'multipart no name': field('filename="b"') + end,
    'multipart empty name': field('name=""') + end,
  }),
  ...as(field('name="a"') + end, {
    'multipart boundary quoted': 'Content-Type: multipart/form-data; boundary="XX"',
    'multipart boundary upper case': 'Content-Type: multipart/form-data; BOUNDARY=XX',
    'multipart boundary blanks': 'Content-Type: multipart/form-data ;  boundary = XX',
    'multipart boundary twice, first ours': 'Content-Type: multipart/form-data; boundary=XX; boundary=YY',
    'multipart boundary twice, last ours': 'Content-Type: multipart/form-data; boundary=YY; boundary=XX',
    'multipart boundary comma': 'Content-Type: multipart/form-data; boundary=XX, text/plain',
    'multipart boundary and more': 'Content-Type: multipart/form-data; boundary=XX; charset=utf-8',
    'multipart boundary continued': 'Content-Type: multipart/form-data; boundary*0=X; boundary*1=X',
    'multipart boundary extended': "Content-Type: multipart/form-data; boundary*=utf-8''XX",
    'multipart boundary escaped': 'Content-Type: multipart/form-data; boundary="X\\X"',
    'multipart boundary half quoted': 'Content-Type: multipart/form-data; boundary="XX',
    'multipart boundary single quotes': "Content-Type: multipart/form-data; boundary='XX'",
    'multipart boundary other': 'Content-Type: multipart/form-data; boundary=YY',
    'multipart boundary missing': 'Content-Type: multipart/form-data',
    'multipart boundary empty': 'Content-Type: multipart/form-data; boundary=',
    'multipart boundary prefix': 'Content-Type: multipart/form-data; boundary=X',
    'multipart boundary trailing blank': 'Content-Type: multipart/form-data; boundary="XX "',
    'multipart boundary no semicolon': 'Content-Type: multipart/form-data boundary=XX',
    'multipart boundary by comma': 'Content-Type: multipart/form-data, boundary=XX',
    'multipart mixed': 'Content-Type: multipart/mixed; boundary=XX',
    'multipart related': 'Content-Type: multipart/related; boundary=XX',
    'multipart type upper case': 'Content-Type: MULTIPART/FORM-DATA; boundary=XX',
    'multipart as form': FORM,
    'multipart as JSON': JSON_TYPE,
    'multipart as text': 'Content-Type: text/plain',
    'multipart no type': [],
    'multipart type twice, form first': [FORM, MULTIPART],
    'multipart type twice, form last': [MULTIPART, FORM],
    'multipart charset utf-16': 'Content-Type: multipart/form-data; charset=utf-16; boundary=XX',
  }),
  'multipart UTF-16 by its charset': {
    headers: ['Content-Type: multipart/form-data; charset=utf-16le; boundary=XX'],
    body: field('name="a"', utf16(PROBE)) + end,
  },
  'multipart IBM037 by its charset': {
    headers: ['Content-Type: multipart/form-data; charset=ibm037; boundary=XX'],
    body: field('name="a"', '\xa9\x98\x7d\x7f\x4c\x6e') + end,
  },
  'multipart UTF-7 by its charset': {
    headers: ['Content-Type: multipart/form-data; charset=utf-7; boundary=XX'],
    body: field('name="a"', 'zq+ACc-+ACI-+AD4-') + end,
  },
  'multipart boundary that cuts a payload': {
    headers: ['Content-Type: multipart/form-data; boundary="><b"'],
    body: `--><b\r\nContent-Disposition: form-data; name="a"\r\n\r\nzq'"--><bq>$(cq)\r\n--><b--\r\n`,
  },
  'multipart boundary one part each': {
    headers: ['Content-Type: multipart/form-data; boundary=XX; boundary=YY'],
    body: `--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--YY\r\nContent-Disposition: form-data; name="b"\r\n\r\n${PROBE}\r\n--YY--\r\n--XX--`,
  },
  'multipart boundary of signs': {
    headers: [`Content-Type: multipart/form-data; boundary="a'()+_,-./:=? b"`],
    body: `--a'()+_,-./:=? b\r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}\r\n--a'()+_,-./:=? b--`,
  },
  'multipart long boundary': {
    headers: [`Content-Type: multipart/form-data; boundary=${'b'.repeat(250)}`],
    body: `--${'b'.repeat(250)}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}\r\n--${'b'.repeat(250)}--`,
  },
  'multipart semicolon boundary': {
    headers: ['Content-Type: multipart/form-data; boundary=X;X'],
    body: `--X;X\r\nContent-Disposition: form-data; name="a"\r\n\r\n${PROBE}\r\n--X;X--`,
  },
};

const JSONS: Seeds = {
  ...typed(JSON_TYPE, {
    'JSON plain': `{"a":"${J}"}`,
    'JSON duplicate keys': `{"a":"${J}","a":"1"}`,
    'JSON duplicate keys, last': `{"a":"1","a":"${J}"}`,
    'JSON escapes': `{"a":"zq\\u0027\\u0022\\u003e\\/"}`,
    'JSON key': `{"${J}":1}`,
    'JSON key, nested': `{"a":{"b":{"${J}":[1]}}}`,
    'JSON top string': `"${J}"`,
    'JSON top array': `["a",["${J}"]]`,
    'JSON deep': `${'{"a":'.repeat(40)}"${J}"${'}'.repeat(40)}`,
    'JSON deep array': `${'['.repeat(60)}"${J}"${']'.repeat(60)}`,
    'JSON with BOM': `\xef\xbb\xbf{"a":"${J}"}`,
    'JSON UTF-16LE': utf16(`{"a":"${J}"}`),
    'JSON UTF-16BE': utf16be(`{"a":"${J}"}`),
    'JSON UTF-16 with BOM': `\xff\xfe${utf16(`{"a":"${J}"}`)}`,
    'JSON UTF-32': Buffer.from(`{"a":"${J}"}`, 'utf8').reduce(
      (out, byte) => `${out}${String.fromCharCode(byte)}\0\0\0`,
      '',
    ),
    'JSON comments': `{/* c */"a":"${J}"// x\n}`,
    'JSON trailing comma': `{"a":"${J}",}`,
    'JSON single quotes': `{'a':'zq"<bq>'}`,
    'JSON bare key': `{a:"${J}"}`,
    'JSON NaN': `{"a":NaN,"b":Infinity,"c":"${J}"}`,
    'JSON big number': `{"a":1e400,"b":${'9'.repeat(400)},"c":"${J}"}`,
    'JSON lone surrogate': `{"a":"zq\\ud800'\\"<bq>"}`,
    'JSON control character': `{"a":"zq\x01'\\"<bq>\n"}`,
    'JSON NUL escape': `{"a":"x\\u0000${J}"}`,
    'JSON invalid UTF-8': `{"a":"\xff\xfe${J}"}`,
    'JSON bad escape': `{"a":"\\x41\\'${J}"}`,
    'JSON then more': `{"a":1}{"b":"${J}"}`,
    'JSON lines': `{"a":1}\n{"b":"${J}"}\n`,
    'JSON then garbage': `{"a":"${J}"} trailing`,
    'JSON guard prefix': `)]}',\n{"a":"${J}"}`,
    'JSON in JSON': JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ c: PROBE }) }) }),
    'JSON base64': JSON.stringify({ a: Buffer.from(`it is ${PROBE}`).toString('base64') }),
    'JSON proto': `{"__proto__":{"a":"${J}"}}`,
    'JSON many': `{"a":[${'1,'.repeat(3000)}"${J}"]}`,
    'JSON many strings': `{"a":[${'"bc",'.repeat(3000)}"${J}"]}`,
    'JSON long string': `{"a":"${'b c '.repeat(30_000)}${J}${' d e'.repeat(30_000)}"}`,
    'JSON empty keys': `{"":{"":"${J}"}}`,
    'JSON blanks': ` \t\r\n{ "a" \n:\t"${J}" }\r\n`,
    'JSON form feed': `\f{"a":"${J}"}`,
    'JSON vertical tab': `{"a":\v"${J}"}`,
    'JSON no-break space': `${utf8('\u00a0')}{"a":"${J}"}`,
    'JSON plus number': `{"a":+1,"b":.5,"c":0x1,"d":"${J}"}`,
    'JSON True': `{"a":True,"b":"${J}"}`,
    'JSON unterminated': `{"a":"1","b":"${J}`,
    'JSON form': `a=${P}`,
    'JSON GraphQL': JSON.stringify({ query: `{ a(b: "${J}") { c } }`, variables: { d: PROBE } }),
  }),
  ...as(`{"a":"${J}"}`, {
    'JSON as text': 'Content-Type: text/plain',
    'JSON as form': FORM,
    'JSON as multipart': MULTIPART,
    'JSON as XML': XML,
    'JSON no type': [],
    'JSON suffix type': 'Content-Type: application/vnd.api+json',
    'JSON type upper case': 'Content-Type: Application/JSON',
    'JSON charset utf-16': 'Content-Type: application/json; charset=utf-16',
    'JSON charset utf-7': 'Content-Type: application/json; charset=utf-7',
    'JSON charset latin-1': 'Content-Type: application/json; charset=iso-8859-1',
    'JSON type with comma': 'Content-Type: application/json, text/plain',
    'JSON type twice': [JSON_TYPE, JSON_TYPE],
    'JSON type text/json': 'Content-Type: text/json',
    'JSON csp-report': 'Content-Type: application/csp-report',
  }),
  'JSON UTF-16 with charset': { headers: [`${JSON_TYPE}; charset=utf-16le`], body: utf16(`{"a":"${J}"}`) },
  'JSON EBCDIC with charset': {
    headers: [`${JSON_TYPE}; charset=ibm037`],
    body: '\xc0\x7f\x81\x7f\x7a\x7f\xa9\x98\x7d\x4c\x6e\x7f\xd0',
  },
  'JSON UTF-7 with charset': { headers: [`${JSON_TYPE}; charset=utf-7`], body: '{"a":"zq+ACc-+ADw-"}' },
  'JSON with GET': { method: 'GET', headers: [JSON_TYPE], body: `{"a":"${J}"}` },
};

const XMLS: Seeds = {
  ...typed(XML, {
    'XML text': `<a><b>${X}</b></a>`,
    'XML attribute': `<a b="zq'&lt;bq>"/>`,
    'XML single-quoted attribute': `<a b='zq"&lt;bq>'/>`,
    'XML CDATA': `<a><![CDATA[${PROBE}]]></a>`,
    'XML split CDATA': `<a><![CDATA[zq]]>'"<![CDATA[><bq>]]></a>`,
    'XML comment inside text': `<a>zq'<!-- c -->"&gt;&lt;bq></a>`,
    'XML instruction inside text': `<a>zq'<?x y?>"&gt;&lt;bq></a>`,
    'XML references': '<a>zq&#39;&#x22;&#62;&lt;bq&gt;</a>',
    'XML entity': `<!DOCTYPE a [<!ENTITY b "zq'">]><a>&b;&lt;bq></a>`,
    'XML nested entities': `<!DOCTYPE a [<!ENTITY b "zq"><!ENTITY c "&b;'&#34;">]><a>&c;</a>`,
    'XML default attribute': `<!DOCTYPE a [<!ATTLIST a b CDATA "zq'">]><a/>`,
    'XML names': `<zq:a xmlns:zq="urn:zq'"><zq:b/></zq:a>`,
    'XML tail text': `<a><b/>${X}</a>`,
    'XML with declaration': `<?xml version="1.0" encoding="UTF-8"?><a>${X}</a>`,
    'XML Latin-1': `<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9${X}</a>`,
    'XML UTF-16': `\xff\xfe${utf16(`<?xml version="1.0" encoding="UTF-16"?><a>${X}</a>`)}`,
    'XML UTF-16 without BOM': utf16be(`<?xml version="1.0"?><a>${X}</a>`),
    'XML UTF-8 BOM': `\xef\xbb\xbf<a>${X}</a>`,
    'XML leading blank': `\r\n <a>${X}</a>`,
    'XML deep': `${'<a>'.repeat(300)}${X}${'</a>'.repeat(300)}`,
    'XML unfinished': `<a><b>${X}</b>`,
    'XML SOAP': `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a>${X}</a></s:Body></s:Envelope>`,
  }),
  ...as(`<a>${X}</a>`, {
    'XML as text': 'Content-Type: text/xml; charset=utf-8',
    'XML as SOAP': 'Content-Type: application/soap+xml',
    'XML as form': FORM,
    'XML as JSON': JSON_TYPE,
    'XML no type': [],
  }),
};

const gzip = (body: string): string => gzipSync(Buffer.from(body, 'latin1')).toString('latin1');
const PLAIN_FORM = `a=${P}`;

/** RFC 1952: a file name and an extra field, which are not part of what is decompressed. */
const gzipNamed = (name: string, content: string): string => {
  const plain = gzip(content);
  return `${plain.slice(0, 3)}\x08${plain.slice(4, 10)}${name}\0${plain.slice(10)}`;
};

const FRAMING: Seeds = {
  'gzip payload in its file name': { headers: [FORM, 'Content-Encoding: gzip'], body: gzipNamed(`&b=${P}&`, 'a=1') },
  'gzip form': { headers: [FORM, 'Content-Encoding: gzip'], body: gzip(PLAIN_FORM) },
  'gzip JSON': { headers: [JSON_TYPE, 'Content-Encoding: gzip'], body: gzip(`{"a":"${J}"}`) },
  'deflate form': {
    headers: [FORM, 'Content-Encoding: deflate'],
    body: deflateSync(Buffer.from(PLAIN_FORM)).toString('latin1'),
  },
  'raw deflate form': {
    headers: [FORM, 'Content-Encoding: deflate'],
    body: deflateRawSync(Buffer.from(PLAIN_FORM)).toString('latin1'),
  },
  'br form': {
    headers: [FORM, 'Content-Encoding: br'],
    body: brotliCompressSync(Buffer.from(PLAIN_FORM)).toString('latin1'),
  },
  'gzip twice': { headers: [FORM, 'Content-Encoding: gzip, gzip'], body: gzip(gzip(PLAIN_FORM)) },
  'gzip members': { headers: [FORM, 'Content-Encoding: gzip'], body: gzip('a=1&') + gzip(`b=${P}`) },
  'gzip with tail': { headers: [FORM, 'Content-Encoding: gzip'], body: `${gzip('a=1')}&b=${P}` },
  'gzip upper case': { headers: [FORM, 'Content-Encoding: GZIP'], body: gzip(PLAIN_FORM) },
  'x-gzip form': { headers: [FORM, 'Content-Encoding: x-gzip'], body: gzip(PLAIN_FORM) },
  'gzip not said': { headers: [FORM], body: gzip(PLAIN_FORM) },
  'gzip said, plain sent': { headers: [FORM, 'Content-Encoding: gzip'], body: PLAIN_FORM },
  'unknown coding': { headers: [FORM, 'Content-Encoding: x-none'], body: PLAIN_FORM },
  'identity coding': { headers: [FORM, 'Content-Encoding: identity'], body: PLAIN_FORM },
  'coding twice': { headers: [FORM, 'Content-Encoding: identity', 'Content-Encoding: gzip'], body: gzip(PLAIN_FORM) },
  'gzip multipart': { headers: [MULTIPART, 'Content-Encoding: gzip'], body: gzip(field('name="a"') + end) },
  'chunked form': { headers: [FORM], body: PLAIN_FORM, chunks: [3] },
  'chunked one byte each': { headers: [JSON_TYPE], body: `{"a":"${J}"}`, chunks: [1] },
  'chunked multipart': { headers: [MULTIPART], body: field('name="a"') + end, chunks: [7, 2] },
  'chunked with extension': { headers: [FORM], body: PLAIN_FORM, chunks: [5], chunkExtension: `;zq="'<bq>"` },
  'chunked with trailers': {
    headers: [FORM, 'Trailer: X-A'],
    body: PLAIN_FORM,
    chunks: [5],
    trailers: [`X-A: ${PROBE}`],
  },
  'body cut by its length': { headers: [FORM, 'Expect: 100-continue'], body: PLAIN_FORM },
  'a large form': { headers: [FORM], body: `${'a=bc&'.repeat(60_000)}b=${P}` },
  'a long form value': { headers: [FORM], body: `a=${'b+'.repeat(50_000)}${P}${'+c'.repeat(50_000)}` },
  'a form beyond the limit': { headers: [FORM], body: `a=${'b+'.repeat(560_000)}&c=${P}` },
};

const COOKIES: Seeds = Object.fromEntries(
  Object.entries({
    plain: [`a=zq'<bq>`],
    encoded: [`a=${P}`],
    'double-quoted': [`a="zq'<bq> x"`],
    'octal escapes': ['a="zq\\047\\042\\074bq\\076"'],
    'escaped quote': [`a="zq\\"'<bq>"`],
    'name alone': [`zq'<bq>`],
    'no blank': [`a=1;b=zq'<bq>;c=2`],
    'comma separated': [`a=1, b=zq'<bq>`],
    duplicate: [`a=1; a=zq'<bq>`],
    'two headers': ['a=1', `b=zq'<bq>`],
    version: [`$Version="1"; a="zq'<bq>"; $Path="zq'"`],
    'payload in name': [`zq'<bq>=1`],
    'encoded name': [`a%5bb%5d=${P}`],
    'PHP array': [`a[b]=${P}`],
    'JSON cookie': [`a=j:${percent(`{"b":"${J}"}`)}`],
    'quoted semicolon': [`a="x; b=zq'<bq>"`],
    'UTF-8': [`a=${utf8('zq＇')}'<bq>`],
    base64: [`a=${Buffer.from(`it is ${PROBE}`).toString('base64')}`],
    equals: [`=zq'<bq>; b==zq'`],
    plus: [`a=zq'+<bq>`],
  }).map(([id, lines]) => [`cookie ${id}`, { headers: lines.map((line) => `Cookie: ${line}`) }]),
);

const OTHERS: Seeds = {
  'Basic user': { headers: [`Authorization: Basic ${Buffer.from(`${PROBE}:x`).toString('base64')}`] },
  'Basic user, lower case': { headers: [`Authorization: basic ${Buffer.from(`${PROBE}:x`).toString('base64')}`] },
  'Basic user, no padding': {
    headers: [`Authorization: Basic ${Buffer.from(`${PROBE}a:x`).toString('base64').replace(/=/g, '')}`],
  },
  'method override': { headers: [FORM, 'X-HTTP-Method-Override: PUT'], body: PLAIN_FORM },
};

/** Corner cases of RFC 3986, 9112, 7578, 2046, 2231, 8259, 6265 and of the parsers in the wild. */
export function seedCases(): WireCase[] {
  const groups = [QUERY, PATHS, FORMS, MULTIPARTS, JSONS, XMLS, FRAMING, COOKIES, OTHERS];
  return groups.flatMap((group) => Object.entries(group).map(([id, parts]) => wireCase(id, parts)));
}

/** The same, to be mutated. */
export function seedParts(): readonly (readonly [id: string, parts: CaseParts])[] {
  return [FORMS, MULTIPARTS, JSONS, XMLS].flatMap((group) => Object.entries(group));
}
