/** What the sample shop's customers type, by the kind of parameter that takes it; drawn by the shop's own generator. */
export type ValueKind =
  | 'search'
  | 'filter'
  | 'name'
  | 'street'
  | 'title'
  | 'comment'
  | 'code'
  | 'file'
  | 'note'
  | 'plain';

interface Draw {
  int(low: number, high: number): number;
  pick<T>(list: readonly T[]): T;
}

interface Words {
  readonly Random: new (seed: number) => Draw;
  readonly makeSearchTerm: (draw: Draw) => string;
  readonly makeOrderFilter: (draw: Draw) => string;
  readonly makePerson: (draw: Draw) => { name: string; street: string; company: string };
  readonly makeTitle: (draw: Draw) => string;
  readonly makeSentence: (draw: Draw) => string;
  readonly makeProse: (draw: Draw, sentences: number) => string;
  readonly makeCodeComment: (draw: Draw) => string;
}

/** The words of a shop. @see openShop */
export interface Shop {
  /** Values of one kind; the same for the same kind, always. */
  values(kind: ValueKind): readonly string[];
  /** A prose text of about so many words. */
  words(count: number, seed: number): string;
}

/** Every kind has as many values; the cases take them in turn. */
export const VALUES_PER_KIND = 24;

/** Written by hand, because they must be there: what rules usually trip over. */
const ALWAYS: Partial<Record<ValueKind, readonly string[]>> = {
  search: ["O'Brien & Sons", '质量不错的椅子', 'C++ primer', 'table for two', 'price:<50 lamp'],
  name: ["Aoife O'Brien", "D'Arcy Müller-Smith", '王小明', 'Γιώργος Παπαδόπουλος'],
  comment: ["It's fine (mostly) -- 4/5; would buy again & again!", '质量不错，物流很快，五星好评。'],
  note: ["Don't ring the bell; baby's asleep.", '{"engraving": "For Mum", "wrap": true}'],
  file: ["Mum's kitchen.png", 'Büro (final).pdf', 'スクリーンショット.png', 'invoice #12.txt'],
  plain: ['dark', 'de-IE', 'price-asc', 'mobile app 4.2', 'Dublin 2|D02 X285'],
};

const SEED = 77_003;

/** Loads the shop's word lists. They are JavaScript without types of their own, so they come by a path in a variable. */
export async function openShop(): Promise<Shop> {
  const traffic = new URL('../../deploy/demo/traffic/', import.meta.url);
  const modules = ['random', 'words/shopping', 'words/people', 'words/prose', 'words/code'].map(
    (name) => new URL(`${name}.mjs`, traffic).href,
  );
  const words = Object.assign({}, ...(await Promise.all(modules.map((href) => import(href))))) as Words;
  const draws: Record<ValueKind, (draw: Draw) => string> = {
    search: words.makeSearchTerm,
    filter: words.makeOrderFilter,
    name: (draw) => words.makePerson(draw).name,
    street: (draw) => words.makePerson(draw).street,
    title: words.makeTitle,
    comment: (draw) => words.makeProse(draw, draw.int(1, 4)),
    code: words.makeCodeComment,
    file: (draw) => `${words.makeTitle(draw).replaceAll('/', '-')}.png`,
    note: words.makeSentence,
    plain: (draw) => draw.pick(ALWAYS.plain!),
  };
  const pools = new Map<ValueKind, readonly string[]>();
  return {
    values(kind) {
      let pool = pools.get(kind);
      if (pool === undefined) {
        const draw = new words.Random(SEED);
        const drawn = new Set(ALWAYS[kind]);
        for (let tries = 0; drawn.size < VALUES_PER_KIND && tries < 500; tries++) drawn.add(draws[kind](draw));
        pool = [...drawn];
        pools.set(kind, pool);
      }
      return pool;
    },
    words(count, seed) {
      const draw = new words.Random(seed);
      const out: string[] = [];
      while (out.length < count) out.push(...words.makeSentence(draw).split(' '));
      return out.slice(0, count).join(' ');
    },
  };
}
