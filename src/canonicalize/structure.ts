import { decodeBytes } from './decode/fixed-point.js';
import { evenBlanks } from './even-blanks.js';

const MAX_NAMES = 40;
const MAX_SEGMENTS = 12;
const VARIABLE = /[0-9]|[^\x20-\x7e]/;

/**
 * The one sequence about a request's shape: method and content type name it; the path with its variable segments
 * starred and the sorted parameter names are its value.
 */
export function describeStructure(
  method: string,
  path: string,
  contentType: string,
  parameterNames: Iterable<string>,
): { name: string; value: string } {
  const decoded = decodeBytes(path.slice(0, 1024), false, { maxSteps: 2 }).text;
  const template = decoded
    .split('/', MAX_SEGMENTS)
    .map((segment) => (VARIABLE.test(segment) || segment.length > 20 ? '*' : segment))
    .join('/');
  const names = smallest(parameterNames, MAX_NAMES).join(' ');
  const kind = MEDIA_TYPE.exec(contentType)?.[0].toLowerCase() ?? '';
  const verb = isOrdinaryMethod(method)
    ? method
    : evenBlanks(decodeBytes(method.slice(0, 40), false, { maxSteps: 2 }).text);
  return { name: kind === '' ? verb : `${verb} ${kind}`, value: names === '' ? template : `${template} ${names}` };
}

/** Whether a method may be one of those registered (RFC 9110 section 16.1); any other is a value that a client chose. */
export function isOrdinaryMethod(method: string): boolean {
  return METHOD.test(method);
}

/** The first `count` of the names in order, without sorting all: a hostile form has a hundred thousand. */
function smallest(names: Iterable<string>, count: number): string[] {
  const kept: string[] = [];
  for (const name of names) {
    if (kept.length === count) {
      if (name >= kept[count - 1]!) continue;
      kept.pop();
    }
    let at = kept.length;
    while (at > 0 && kept[at - 1]! > name) at--;
    kept.splice(at, 0, name);
  }
  return kept;
}

const METHOD = /^[A-Z]{1,20}$/;
/** RFC 9110 section 8.3.1, without parameters. */
const MEDIA_TYPE = /^[A-Za-z0-9.+-]{1,30}\/[A-Za-z0-9.+-]{1,40}/;
