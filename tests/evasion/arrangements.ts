import { type Around, type Content, type Evasion, once, utf8, type Value } from './evasion.js';

const value = (text: string): Value => ({ bytes: utf8(text) });
const of = (...texts: readonly string[]): Content => ({ values: texts.map(value), crowd: [] });

const WORDS = 150;
/** Nearly what one value may have: 64 KiB. */
const MANY_WORDS = 10_000;

const crowdOf = (count: number, { words }: Around): Content['crowd'] => {
  const fill = words(2 * count).split(' ');
  return Array.from({ length: count }, (_, k) => [`p${k}`, utf8(`${fill[2 * k]} ${fill[2 * k + 1]}`)] as const);
};

/** What stands around the payload, and how it is spread. The order is that of the table. */
export const ARRANGEMENTS: readonly Evasion[] = [
  {
    name: `${WORDS} words before`,
    family: `${WORDS} benign words around`,
    undoneBy: 'nothing to undo',
    long: true,
    apply: (text, { words }) => once(utf8(`${words(WORDS)} ${text}`)),
  },
  {
    name: `${WORDS} words after`,
    family: `${WORDS} benign words around`,
    undoneBy: 'nothing to undo',
    long: true,
    apply: (text, { words }) => once(utf8(`${text} ${words(WORDS)}`)),
  },
  {
    name: `${WORDS} words on each side`,
    family: `${WORDS} benign words around`,
    undoneBy: 'nothing to undo',
    long: true,
    apply: (text, { words }) => once(utf8(`${words(WORDS)} ${text} ${words(WORDS)}`)),
  },
  {
    name: `${WORDS} words before, percent twice`,
    family: `${WORDS} benign words around`,
    undoneBy: 'an application that percent-decodes again',
    long: true,
    apply: (text, { words }) => once(encodeURIComponent(encodeURIComponent(`${words(WORDS)} ${text}`)), true),
  },
  {
    name: `${MANY_WORDS} words before`,
    family: 'past the limits: thousands of words, hundreds of parameters',
    undoneBy: 'nothing to undo',
    huge: true,
    apply: (text, { words }) => once(utf8(`${words(MANY_WORDS)} ${text}`)),
  },
  {
    name: '60 more parameters',
    family: '60 more parameters',
    undoneBy: 'nothing to undo',
    crowds: true,
    apply: (text, around) => ({ values: [value(text)], crowd: crowdOf(60, around) }),
  },
  {
    name: '700 more parameters',
    family: 'past the limits: thousands of words, hundreds of parameters',
    undoneBy: 'nothing to undo',
    crowds: true,
    huge: true,
    apply: (text, around) => ({ values: [value(text)], crowd: crowdOf(700, around) }),
  },
  {
    name: 'repeated name, payload last',
    family: 'repeated name',
    undoneBy: 'servers that take the last value',
    repeats: true,
    apply: (text, { other }) => of(other, text),
  },
  {
    name: 'repeated name, payload first',
    family: 'repeated name',
    undoneBy: 'servers that take the first value',
    repeats: true,
    apply: (text, { other }) => of(text, other),
  },
  {
    name: 'split over two values',
    family: 'split over repeated names',
    undoneBy: 'servers that join values by a comma',
    classes: ['sql'],
    repeats: true,
    benign: false,
    apply: (text) => {
      const at = text.indexOf(' ', text.indexOf(' ') + 1);
      return of(`${text.slice(0, at)}/*`, `*/${text.slice(at + 1)}`);
    },
  },
  {
    name: 'split over many values',
    family: 'split over repeated names',
    undoneBy: 'servers that join values by a comma',
    classes: ['sql'],
    repeats: true,
    benign: false,
    apply: (text) =>
      of(...text.split(' ').map((word, k, all) => `${k > 0 ? '*/' : ''}${word}${k < all.length - 1 ? '/*' : ''}`)),
  },
];
