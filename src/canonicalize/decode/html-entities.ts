import { decodeHTMLAttribute } from 'entities';

/**
 * Undoes HTML character references once (HTML Living Standard section 13.2.5.72), by the rules for attribute values:
 * `&lt` before a letter or `=` stays, so that `?a=1&lt=2` inside a value keeps its name.
 *
 * @returns the same string when there was nothing to undo.
 */
export function decodeHtmlEntities(text: string): string {
  return text.includes('&') && REFERENCE.test(text) ? decodeHTMLAttribute(text) : text;
}

const REFERENCE = /&(?:#|[A-Za-z])/;
