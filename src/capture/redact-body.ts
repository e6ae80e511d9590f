import { mask } from './mask.js';
import { redactText } from './redact-text.js';
import type { SecretNames } from './secret-names.js';

/**
 * A body, as a byte string, with its secrets masked. The format is read off the body as well as off Content-Type, which
 * is the client's claim; text rules run over all of it in any case.
 */
export function redactBody(body: string, contentType: string, isSecret: SecretNames): string {
  let result = body;
  if (contentType.includes('json') || /^\s*[[{]/.test(body)) result = redactJson(result, isSecret);
  else if (contentType.includes('form-data') || /content-disposition:\s*form-data/i.test(body)) {
    result = redactMultipart(result, isSecret);
  } else if (contentType.includes('urlencoded') || /^[\w.[\]%+-]{1,64}=/.test(body)) {
    return redactPairs(result, isSecret);
  }
  return redactText(result, isSecret);
}

/** `name=value` joined by `&`: queries and URL-encoded forms. Encoded names are decoded before they are judged. */
export function redactPairs(text: string, isSecret: SecretNames): string {
  return text
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) return redactText(pair, isSecret);
      const name = pair.slice(0, equals);
      const value = pair.slice(equals + 1);
      const masked = isSecret(decodeName(name)) ? mask(value) : redactText(value, isSecret);
      return `${redactText(name, isSecret)}=${masked}`;
    })
    .join('&');
}

function decodeName(name: string): string {
  if (!name.includes('%')) return name;
  return name.replace(/%[0-9a-fA-F]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/**
 * Masks every string and number under a secret key, however deep. Reads tokens, not values, so that JSON which is cut
 * off or broken is redacted as well as any other.
 */
function redactJson(text: string, isSecret: SecretNames): string {
  let result = '';
  let done = 0;
  /** Brackets open since the secret key whose container this is; 0 outside of one. */
  let inside = 0;
  let secretNext = false;
  for (const match of text.matchAll(JSON_TOKEN)) {
    const [token] = match;
    const end = match.index + token.length;
    const first = token[0]!;
    if (first === '{' || first === '[') {
      if (inside > 0 || secretNext) inside++;
      secretNext = false;
    } else if (first === '}' || first === ']') {
      if (inside > 0) inside--;
      secretNext = false;
    } else if (first === ',') secretNext = false;
    else if (first === '"' && /^\s*:/.test(text.slice(end, end + 16))) secretNext = isSecret(unescapeString(token));
    else if (inside > 0 || secretNext) {
      const masked = first === '"' ? `"${mask(token.slice(1))}` : mask(token);
      result += text.slice(done, match.index) + (/^(?:true|false|null)$/.test(token) ? token : masked);
      done = end;
      secretNext = false;
    } else if (first === '"' && token.includes('\\u')) {
      const plain = unescapeString(token);
      const redacted = redactText(plain, isSecret);
      if (redacted === plain) continue;
      result += text.slice(done, match.index) + Buffer.from(JSON.stringify(redacted), 'utf8').toString('latin1');
      done = end;
    }
  }
  return done === 0 ? text : result + text.slice(done);
}

/** Strings, also one that never ends; brackets and commas; numbers and words. */
const JSON_TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|[{}[\],]|[^\s"{}[\],:]+/g;

function unescapeString(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    return token.slice(1, -1);
  }
}

/** Parts under a secret name (RFC 7578). The delimiter is read off the body's first line: that one splits, whatever was declared. */
function redactMultipart(text: string, isSecret: SecretNames): string {
  const delimiter = /^\s*(--[^\r\n]{1,70})/.exec(text)?.[1] ?? '--';
  return text
    .split(`\n${delimiter}`)
    .map((part) => {
      const blank = /\r?\n\r?\n/.exec(part);
      if (blank === null) return part;
      const name = /\bname\*?=(?:UTF-8'')?"?([^";\r\n]{1,256})/i.exec(
        part.slice(0, Math.min(blank.index, MAX_PART_HEAD)),
      );
      if (name === null || !isSecret(decodeName(name[1]!))) return part;
      const start = blank.index + blank[0].length;
      return part.slice(0, start) + mask(part.slice(start));
    })
    .join(`\n${delimiter}`);
}

const MAX_PART_HEAD = 4096;
