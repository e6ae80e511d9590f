import { decodeHTMLAttribute } from 'entities';

/**
 * Undoes HTML character references once (HTML Living Standard section 13.2.5.72). Without a semicolon, `&lt` and the
 * like are undone as in text, unless a word and `=` follow, so that `?a=1&lt=2` inside a value keeps its names.
 *
 * @returns the same string when there was nothing to undo.
 */
export function decodeHtmlEntities(text: string): string {
  if (!text.includes('&') || !REFERENCE.test(text)) return text;
  const decoded = decodeHTMLAttribute(text);
  return decoded.includes('&') ? decoded.replace(BARE, (_, name: string) => CHARACTERS[name.toLowerCase()]!) : decoded;
}

const REFERENCE = /&(?:#|[A-Za-z])/;
const BARE = /&(lt|gt|quot|LT|GT|QUOT)(?![A-Za-z0-9_]{0,40}(?:[=;]|$))/g;
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"' };
