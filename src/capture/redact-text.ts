import { mask, maskJwts } from './mask.js';
import type { SecretNames } from './secret-names.js';

/**
 * Masks the secrets in any text, whatever its format: private keys, JSON web tokens, bearer and basic credentials,
 * passwords in URLs, card numbers, and whatever is assigned to a secret name (`token=…`, `"pin": …`, `<pwd>…</pwd>`),
 * also inside percent-encoding and Base64. Works on text and on byte strings, and in time linear in the length.
 */
export function redactText(text: string, isSecret: SecretNames, depth = 0): string {
  if (HARMLESS.test(text)) return text;
  let result = maskJwts(maskPrivateKeys(text));
  result = result.replace(CREDENTIALS, (whole, scheme: string, value: string) =>
    /\d|[+/=._~-]|[a-z][A-Z]/.test(value) ? scheme + mask(value) : whole,
  );
  result = maskUserInfo(result);
  result = result.replace(DIGITS, (digits) => (isCard(digits) ? mask(digits) : digits));
  result = maskAssignments(result, isSecret);
  result = maskElements(result, isSecret);
  if (depth >= MAX_DEPTH) return result;
  if (result.includes('%')) result = result.replace(TOKEN, (token) => redactPercent(token, isSecret, depth));
  return result.replace(BASE64, (token) => redactBase64(token, isSecret, depth));
}

/** Most values: shorter than any secret with a shape of its own, and nothing that could assign one. */
const HARMLESS = /^[\w./ +]{0,11}$/;
/** Encodings inside encodings that are followed: what clients really nest, a URL in a JSON in a parameter. */
const MAX_DEPTH = 3;
const CREDENTIALS = /(\b(?:Bearer|Basic|Digest|Token)\s{1,4})([\w.~+/=-]{8,4096})/gi;
const DIGITS = /(?<![\w.-])[2-6]\d{3}(?:(?:[ +-]|%20)?\d){9,15}(?![\w-])/g;
const TOKEN = /[^&?=;\s"'<>]+/g;
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

function maskPrivateKeys(text: string): string {
  if (!text.includes('PRIVATE')) return text;
  return text.replace(/(-----BEGIN[A-Z0-9 +%]{1,64}-----)([\s\S]*?)(-----END|$)/g, (whole, begin: string, key, end) =>
    begin.includes('PRIVATE') ? begin + mask(key) + end : whole,
  );
}

/** `https://user:password@host` (RFC 3986 section 3.2.1). */
function maskUserInfo(text: string): string {
  let result = '';
  let done = 0;
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    const length = text.slice(start, start + 512).search(/[@/?#\s"'<>]/);
    if (length < 1 || text[start + length] !== '@') continue;
    result += text.slice(done, start) + mask(text.slice(start, start + length));
    done = start + length;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** ISO/IEC 7812: 13 to 19 digits with a Luhn check digit. */
function isCard(text: string): boolean {
  const digits = text.replaceAll('%20', '').replace(/\D/g, '');
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** `name=value`, `name: value`, `"name": "value"`, `name => 'value'` and `--name value`. */
function maskAssignments(text: string, isSecret: SecretNames): string {
  let result = '';
  let done = 0;
  for (const match of text.matchAll(/=>|[=:]|--(?=[A-Za-z][\w-]{1,63}\s{1,4}[^\s-])/g)) {
    if (match.index < done) continue;
    const option = match[0] === '--' ? /[\w-]+\s+/y : null;
    let name: string;
    let start: number;
    if (option) {
      option.lastIndex = match.index + 2;
      const word = option.exec(text)![0];
      name = word.trimEnd();
      start = option.lastIndex;
    } else {
      name = nameBefore(text, match.index);
      start = skipBlanks(text, match.index + match[0].length);
    }
    if (name === '' || !isSecret(name)) continue;
    const [from, to] = valueAt(text, start);
    const value = text.slice(from, to);
    if (value === '' || LITERAL.test(value)) continue;
    result += text.slice(done, from) + mask(value);
    done = to;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** `"token": null` holds no secret, and masked would no longer be JSON. */
const LITERAL = /^(?:true|false|null)$/;
const NAME = /[\w.[\]-]/;

function nameBefore(text: string, separator: number): string {
  let end = separator;
  while (end > 0 && separator - end < 8 && isBlank(text.charCodeAt(end - 1))) end--;
  if (text[end - 1] === '"' || text[end - 1] === "'") {
    end--;
    while (text[end - 1] === '\\') end--;
  }
  let start = end;
  while (start > 0 && end - start < 64 && NAME.test(text[start - 1]!)) start--;
  return text.slice(start, end);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from < 8 && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** A quoted value up to the same quote, escaped as often as the opening one; a bare one up to a delimiter. */
function valueAt(text: string, start: number): [from: number, to: number] {
  const quote = /\\{0,7}["']/y;
  quote.lastIndex = start;
  const opening = quote.exec(text)?.[0];
  if (opening === undefined) {
    const length = text.slice(start).search(/[\s&;,"'<>(){}\]|]/);
    return [start, length === -1 ? text.length : start + length];
  }
  const from = start + opening.length;
  let end = text.indexOf(opening, from);
  while (end !== -1 && text[end - 1] === '\\') end = text.indexOf(opening, end + 1);
  return [from, end === -1 ? text.length : end];
}

/** Elements of XML and HTML, with or without CDATA. */
function maskElements(text: string, isSecret: SecretNames): string {
  if (!text.includes('</')) return text;
  let result = '';
  let done = 0;
  for (const match of text.matchAll(/<([\w:.-]{1,64})(?:\s[^<>]{0,512})?>(?:<!\[CDATA\[)?/g)) {
    if (match.index < done || !isSecret(match[1]!)) continue;
    const from = match.index + match[0].length;
    const close = text.indexOf('<', from);
    const to = close === -1 ? text.length : close;
    result += text.slice(done, from) + mask(text.slice(from, to));
    done = to;
  }
  return done === 0 ? text : result + text.slice(done);
}

function redactPercent(token: string, isSecret: SecretNames, depth: number): string {
  if (!token.includes('%')) return token;
  const decoded = token.replace(/%[0-9a-fA-F]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  const redacted = decoded === token ? token : redactText(decoded, isSecret, depth + 1);
  if (redacted === decoded) return token;
  // Beyond Latin-1 there is nothing that was ever percent-encoded: the text came out of JSON.
  return redacted.replace(
    /[\x00-\x20"#%&';<=>?[\\\]^`{|}\x7f-\xff]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function redactBase64(token: string, isSecret: SecretNames, depth: number): string {
  const decoded = Buffer.from(token, 'base64').toString('latin1');
  if (!/[=:]/.test(decoded) || /[\x00-\x08\x0e-\x1f]/.test(decoded)) return token;
  const redacted = redactText(decoded, isSecret, depth + 1);
  if (redacted === decoded) return token;
  const encoded = Buffer.from(redacted, 'latin1').toString(/[_-]/.test(token) ? 'base64url' : 'base64');
  return token.endsWith('=') ? encoded : encoded.replace(/=+$/, '');
}
