import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { Calibration } from './calibration.js';
import { type Judgment, type LearnedField, MemoryRule, type MemoryRuleParameters } from './memory-rule.js';

/** What memory holds, read for one request. `src/memory` has it. */
export interface RequestHistory {
  /** Requests of this host that were learned. */
  readonly requests: number;
  knows(text: string): boolean;
  field(text: string, routeFrom: number): LearnedField | null;
  symbols(text: string, into: Uint32Array): void;
  known(text: string): { readonly clients: number; readonly count: number } | null;
  samples(text: string): readonly { readonly text: string }[];
}

/** A whole memory. */
export interface History {
  open(host: string, fields: readonly CanonicalField[]): RequestHistory | undefined;
}

/** How memory took part in one field's score; for people. */
export type FieldMemory =
  | { readonly kind: 'known'; readonly clients: number; readonly count: number }
  | {
      readonly kind: 'field';
      /** Highest surprise among the field's benign values, how many of them count, and how many observations. */
      readonly ceiling: number;
      readonly values: number;
      readonly observations: number;
      /** Whether the value has a symbol that the field has never shown. */
      readonly newSymbol: boolean;
      /** Whether the value is more than twice as long as any that the field has shown. */
      readonly longer: boolean;
      /** Added to the combined surprise. */
      readonly shift: number;
      /** What the field has shown: its symbols, as 128 bits, and the length of its longest sequence. */
      readonly symbols: Uint32Array;
      readonly longest: number;
      /** Known values closest to this one, redacted; looked for when somebody asks, since most verdicts are explained to nobody. */
      readonly nearest: () => readonly string[];
    }
  | { readonly kind: 'new' };

/** How memory took part in a request's score. */
export interface RequestMemory {
  /** Whether the host's history is long enough for the threshold that memory earns. */
  readonly mature: boolean;
  /** Requests of the host that were learned. */
  readonly requests: number;
  /** Fields that are known values, that their own field's history judged, and that are new to the host. */
  readonly known: number;
  readonly judged: number;
  readonly fresh: number;
}

export interface MemoryViewOptions {
  readonly rule: MemoryRuleParameters;
  /** Learned requests of a host from which `calibration` applies to it. */
  readonly matureFrom: number;
  /** Of benign requests with memory applied. */
  readonly calibration: Calibration;
  /** The memory to use now; null while there is none. Read once a request, so that a swap never mixes two. */
  readonly current: () => History | null;
}

/** Known values: no score. Anything else is another surprise. */
export interface RequestJudgments {
  readonly summary: RequestMemory;
  /** Whether field `i` is a known value, which is not scored. */
  knows(i: number): boolean;
  /** What memory makes of field `i`'s surprise, or of a bound of it: grows with it. */
  adjust(i: number, surprise: number): number;
  /** @param shift what memory added to the field's surprise; NaN for a known value. */
  describe(field: CanonicalField, shift: number): FieldMemory;
}

const KNOWN = Symbol('known');

/** The opinion of a host's own history about a request: which fields need no score, and what the others' surprises become. */
export class MemoryView {
  private readonly rule: MemoryRule;

  constructor(readonly options: MemoryViewOptions) {
    this.rule = new MemoryRule(options.rule);
  }

  /** Pure and synchronous; undefined where the host has no history. */
  look(host: string, fields: readonly CanonicalField[]): RequestJudgments | undefined {
    const { current, matureFrom } = this.options;
    const { routeFrom } = this.options.rule;
    const history = current()?.open(host, fields);
    if (history === undefined) return undefined;
    const symbols = new Uint32Array(4);
    const judgments: (Judgment | typeof KNOWN | undefined)[] = new Array(fields.length);
    let known = 0;
    let judged = 0;
    for (let i = 0; i < fields.length; i++) {
      const { text } = fields[i]!;
      if (history.knows(text)) {
        judgments[i] = KNOWN;
        known++;
        continue;
      }
      const field = history.field(text, routeFrom);
      if (field === null) continue;
      judged++;
      history.symbols(text, symbols);
      judgments[i] = this.rule.judge(field, symbols, text.length);
    }
    const { requests } = history;
    const summary = { mature: requests >= matureFrom, requests, known, judged, fresh: fields.length - known - judged };
    return {
      summary,
      knows: (i) => judgments[i] === KNOWN,
      adjust: (i, surprise) => {
        const judgment = judgments[i];
        return judgment === undefined || judgment === KNOWN ? surprise : this.rule.adjust(judgment, surprise);
      },
      describe: (field, shift) => this.describe(history, field, shift),
    };
  }

  private describe(history: RequestHistory, { text }: CanonicalField, shift: number): FieldMemory {
    if (Number.isNaN(shift)) return { kind: 'known', ...(history.known(text) ?? { clients: 0, count: 0 }) };
    const field = history.field(text, this.options.rule.routeFrom);
    if (field === null) return { kind: 'new' };
    const symbols = new Uint32Array(4);
    history.symbols(text, symbols);
    return {
      kind: 'field',
      ceiling: field.ceiling,
      values: field.values,
      observations: field.n,
      newSymbol: this.rule.novelty(field, symbols),
      longer: this.rule.longer(field, text.length),
      shift,
      symbols: field.symbols,
      longest: field.longest,
      nearest: () => nearest(text, history.samples(text)),
    };
  }
}

const NEAREST = 3;

/** The samples that share the most trigrams with a text, closest first. */
function nearest(text: string, samples: readonly { readonly text: string }[]): string[] {
  const own = trigrams(text);
  const ranked = samples.map((sample) => {
    const theirs = trigrams(sample.text);
    let shared = 0;
    for (const trigram of theirs) if (own.has(trigram)) shared++;
    return { text: sample.text, likeness: shared / (own.size + theirs.size - shared || 1) };
  });
  return ranked
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, NEAREST)
    .map((sample) => sample.text);
}

/** Of the first 512 UTF-16 units: samples are no longer. */
function trigrams(text: string): Set<string> {
  const found = new Set<string>();
  const end = Math.min(text.length, 512);
  for (let i = 0; i + 3 <= end; i++) found.add(text.slice(i, i + 3));
  return found;
}
