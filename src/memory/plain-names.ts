import { MARKERS } from '../canonicalize/markers.js';
import { fieldName, valueStart } from './sequence.js';

const PARAMETER_ZONES: string = MARKERS.QUERY + MARKERS.BODY;
/** In place of the zone: a parameter whose values were always plain, and so have no sequence. */
const PLAIN = MARKERS.MASK;
const DIGITS = /[0-9]+/g;

/** Names of the parameters that the structure sequence lists and no sequence holds. */
export function plainNames(fields: readonly { readonly text: string }[]): string[] {
  const structure = fields.find(({ text }) => text.startsWith(MARKERS.STRUCTURE))?.text ?? '';
  const listed = structure.slice(valueStart(structure)).split(' ');
  if (listed.length < 2) return [];
  const scored = new Set<string>();
  for (const { text } of fields) if (PARAMETER_ZONES.includes(text.charAt(0))) scored.add(fieldName(text).slice(1));
  const plain = new Set<string>();
  for (let i = 1; i < listed.length; i++) {
    const name = listed[i]!.replace(DIGITS, '0');
    if (!scored.has(name)) plain.add(PLAIN + name);
  }
  return [...plain];
}

/** Under which name a parameter would be kept if its values had been plain; null for what is no parameter. */
export function plainNameOf(name: string): string | null {
  return PARAMETER_ZONES.includes(name.charAt(0)) ? PLAIN + name.slice(1) : null;
}
