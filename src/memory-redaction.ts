import { MARKERS } from './canonicalize/markers.js';
import { mask } from './capture/mask.js';
import { redactText } from './capture/redact-text.js';
import { secretNames } from './capture/secret-names.js';

/** Makes a sequence text fit to be kept in a memory, by the rules of captures: cookies and secret names masked whole. */
export function redactSequence(redactNames: readonly string[]): (text: string) => string {
  const isSecret = secretNames(redactNames);
  return (text) => {
    const start = text.indexOf(MARKERS.VALUE) + 1;
    const name = text.slice(1, Math.max(1, start - 1));
    const value = text.slice(start);
    const secret = text.startsWith(MARKERS.COOKIE) || isSecret(name);
    return text.slice(0, start) + (secret ? mask(value) : redactText(value, isSecret));
  };
}
