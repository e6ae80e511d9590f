import { hiddenText } from '../decode/encoded-text.js';

/** What was read of an XML text. */
export interface XmlReading {
  /** Where each value stands: local names joined by dots, the last 40 characters of them; side by side with `values`. */
  readonly paths: readonly string[];
  /** Character data of each element, attribute values, comments, processing instructions, the DTD, odd names. */
  readonly values: readonly string[];
  /** True when it brings a document type of its own; entities in it are never expanded. */
  readonly ownDtd: boolean;
  /** True when every tag was closed and there was an element. */
  readonly wellFormed: boolean;
  /** Offset at which reading stopped. */
  readonly end: number;
}

/** A place in the text: its path, and the places of what was found inside, each made once. */
interface Place {
  readonly path: string;
  /** Whether its name is to be read as a value, too. */
  readonly odd: boolean;
  readonly inside: Map<string, Place>;
}

interface Frame {
  readonly name: string;
  readonly place: Place;
  text: string;
}

const TAG = /<([^\s<>/=]{1,200})/y;
const ATTRIBUTE = /\s*(?:([^\s=<>/"']{1,200})(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s<>"']+)))?)/y;
const TAG_END = /\s*(\/?)>/y;
const DECLARATION = /^xml(?:\s+(?:version|encoding|standalone)=["'][\w.-]{1,20}["'])*\s*$/;
/** A document type without anything of its own, as XHTML and SVG have it. */
const PLAIN_DOCTYPE = /^\s*[\w:-]{1,40}(?:\s+(?:PUBLIC|SYSTEM)(?:\s+"[\w .:/+-]{0,120}"){1,2})?\s*$/;
const PLAIN_NAME = /^[A-Za-z_][\w.-]{0,60}$/;
const MAX_PATH = 40;
/** Elements inside elements; libxml2 stops there even when it is told to take huge documents. */
const MAX_NESTING = 2048;

/**
 * Reads XML (XML 1.0, SOAP included) in one pass without recursion: linear, bounded, no entity is ever resolved.
 * Character data and CDATA of one element are one value, as parsers join them, comments between them left out; comments
 * are values of their own. What comes after an error is not read; `end` says where that is.
 */
export function readXml(text: string): XmlReading {
  const paths: string[] = [];
  const values: string[] = [];
  const found = (path: string, value: string): void => {
    const trimmed = value.trim();
    if (trimmed === '') return;
    paths.push(path);
    values.push(trimmed);
  };
  const root: Frame = { name: '', place: { path: '', odd: false, inside: new Map() }, text: '' };
  const stack: Frame[] = [root];
  let elements = 0;
  let ownDtd = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const stop = (wellFormed: boolean): XmlReading => {
    for (const frame of stack) found(frame.place.path, frame.text);
    return { paths, values, ownDtd, wellFormed, end: at };
  };

  while (at < text.length) {
    const frame = stack.at(-1)!;
    const open = text.indexOf('<', at);
    if (open !== at) {
      const end = open < 0 ? text.length : open;
      frame.text += text.slice(at, end);
      at = end;
      continue;
    }
    const next = text.charCodeAt(at + 1);
    if (next === SLASH) {
      const close = text.indexOf('>', at);
      if (close < 0 || stack.length === 1 || text.slice(at + 2, close).trim() !== frame.name) return stop(false);
      stack.pop();
      found(frame.place.path, frame.text);
      at = close + 1;
    } else if (next === EXCLAMATION || next === QUESTION) {
      const special = readSpecial(text, at);
      if (special === undefined) return stop(false);
      if (special.kind === 'cdata') frame.text += special.content;
      else if (special.kind === 'doctype') {
        ownDtd ||= !PLAIN_DOCTYPE.test(special.content);
        found('doctype', special.content);
      } else if (special.kind === 'comment' || !DECLARATION.test(special.content))
        found(frame.place.path, special.content);
      at = special.end;
    } else {
      TAG.lastIndex = at;
      const tag = TAG.exec(text);
      if (tag === null || stack.length > MAX_NESTING) return stop(false);
      elements++;
      const name = tag[1]!;
      const place = placeInside(frame.place, localName(name));
      if (place.odd) found(place.path, name);
      // Most elements have no attributes.
      const bare = text.charCodeAt(TAG.lastIndex) === CLOSE;
      const end = bare ? TAG.lastIndex : readAttributes(text, TAG.lastIndex, place, found);
      TAG_END.lastIndex = end;
      const close = TAG_END.exec(text);
      if (close === null) return stop(false);
      if (close[1] === '') stack.push({ name, place, text: '' });
      at = TAG_END.lastIndex;
    }
  }
  return stop(stack.length === 1 && elements > 0 && root.text.trim() === '');
}

const CLOSE = 0x3e;
const SLASH = 0x2f;
const EXCLAMATION = 0x21;
const QUESTION = 0x3f;

function readAttributes(
  text: string,
  from: number,
  place: Place,
  found: (path: string, value: string) => void,
): number {
  let at = from;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) return at;
    const own = placeInside(place, localName(match[1]!));
    if (own.odd) found(place.path, match[1]!);
    const value = match[2] ?? match[3] ?? match[4] ?? '';
    if (!match[1]!.startsWith('xmlns') || !NAMESPACE.test(value)) found(own.path, value);
    at = ATTRIBUTE.lastIndex;
  }
}

interface Special {
  readonly kind: 'cdata' | 'comment' | 'doctype' | 'instruction';
  readonly content: string;
  readonly end: number;
}

/** What stands between `<!` or `<?` and its end; `undefined` when it has none. */
function readSpecial(text: string, at: number): Special | undefined {
  for (const [opener, closer, kind] of DELIMITED) {
    if (!text.startsWith(opener, at)) continue;
    const end = text.indexOf(closer, at + opener.length);
    return end < 0 ? undefined : { kind, content: text.slice(at + opener.length, end), end: end + closer.length };
  }
  if (!/^<!doctype\s/i.test(text.slice(at, at + 10))) return undefined;
  // Quotes hide angle brackets, the internal subset nests them.
  DOCTYPE_STEP.lastIndex = at + 9;
  let inSubset = false;
  for (let step = DOCTYPE_STEP.exec(text); step !== null; step = DOCTYPE_STEP.exec(text)) {
    if (step[0] === '[') inSubset = true;
    else if (step[0] === ']') inSubset = false;
    else if (step[0] === '>' && !inSubset) {
      return { kind: 'doctype', content: text.slice(at + 9, step.index), end: DOCTYPE_STEP.lastIndex };
    }
  }
  return undefined;
}

const DELIMITED = [
  ['<!--', '-->', 'comment'],
  ['<![CDATA[', ']]>', 'cdata'],
  ['<?', '?>', 'instruction'],
] as const;
const DOCTYPE_STEP = /[[\]>]|"[^"]*"|'[^']*'/g;

function isOdd(name: string): boolean {
  return !PLAIN_NAME.test(name) || hiddenText(name) !== undefined;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Namespaces in XML 1.0: identifiers that name the vocabulary, by their usual form. */
const NAMESPACE = /^(?:https?:\/\/[\w./#-]*|urn:[\w:.-]*)$/;

/** Names inside one place that are remembered: elements in a list have the same few. */
const MAX_INSIDE = 64;

function placeInside(place: Place, name: string): Place {
  let inner = place.inside.get(name);
  if (inner === undefined) {
    inner = { path: joined(place.path, name), odd: isOdd(name), inside: new Map() };
    if (place.inside.size < MAX_INSIDE) place.inside.set(name, inner);
  }
  return inner;
}

/** The last whole names of a path that fit. */
function joined(path: string, name: string): string {
  const whole = path === '' ? name : `${path}.${name}`;
  if (whole.length <= MAX_PATH) return whole;
  const cut = whole.slice(-MAX_PATH);
  const dot = cut.indexOf('.');
  return dot < 0 ? cut : cut.slice(dot + 1);
}
