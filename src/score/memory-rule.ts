/** What a host's history says of one field. */
export interface LearnedField {
  /** Observations that count. */
  readonly n: number;
  /**
   * Of them, those after the first that brought a new symbol; of symbols below the quorum no more than clients that
   * showed such.
   */
  readonly introductions: number;
  /** Distinct values that count: 0 of a parameter that was always plain. */
  readonly values: number;
  /** Highest combined surprise among its benign values; 0 where none is known. */
  readonly ceiling: number;
  /** Longest sequence, in UTF-16 units; 0 where there is none. */
  readonly longest: number;
  /** Symbols that its values have shown, as 128 bits. */
  readonly symbols: Uint32Array;
}

/** Manifest `memory.rule`. Surprises are -log10 of a share, and so is novelty. */
export interface MemoryRuleParameters {
  /** Up to this surprise odd values excuse nothing: the 99 % quantile of benign fields. */
  readonly base: number;
  /** Observations from which a field is judged apart on each route. */
  readonly routeFrom: number;
  readonly noveltyFree: number;
  readonly noveltyWeight: number;
  readonly lengthWeight: number;
  readonly mostBonus: number;
  readonly mostDiscount: number;
  /** Surprise above the field's ceiling from which news counts in full. */
  readonly newsSpan: number;
}

/** What a field's history has to say of one value, whatever its surprise. */
export interface Judgment {
  readonly ceiling: number;
  /** What the field's oddity excuses. */
  readonly discount: number;
  /** How new its symbols are to the field; 0 where none is. */
  readonly novelty: number;
  /** What news adds in full. */
  readonly bonus: number;
}

/**
 * How a field's history moves the surprise of a value that is not known: down where the field is always odd, up where the
 * value shows what the field never has and is odder than the field's values are. The trainer's `memory.py` tells the reasons and computes the same, bound by
 * `tests/vectors/memory.json`.
 */
export class MemoryRule {
  constructor(readonly parameters: MemoryRuleParameters) {}

  /** @param symbols of the value. @param length of its sequence in UTF-16 units. */
  judge(field: LearnedField, symbols: Uint32Array, length: number): Judgment {
    const { base, noveltyFree, noveltyWeight, lengthWeight, mostBonus, mostDiscount } = this.parameters;
    const { n, introductions, values, ceiling } = field;
    const discount = (Math.min(mostDiscount, Math.max(0, ceiling - base)) * values) / (values + 1);
    const novelty = this.novelty(field, symbols) ? Math.log10((n + 2) / (introductions + 1)) : 0;
    const long = this.longer(field, length) ? Math.log10(n + 1) : 0;
    const bonus = noveltyWeight * Math.max(0, novelty - noveltyFree) + lengthWeight * Math.max(0, long - noveltyFree);
    return { ceiling, discount, novelty, bonus: Math.min(mostBonus, bonus) };
  }

  /** The surprise that a judgment makes of one; grows with it. */
  adjust({ ceiling, discount, novelty, bonus }: Judgment, surprise: number): number {
    const weight = Math.min(1, Math.max(0, surprise - ceiling) / this.parameters.newsSpan);
    return surprise - discount * (1 - Math.min(1, novelty) * weight) + bonus * weight;
  }

  /** Whether the value is more than twice as long as any that the field has shown. */
  longer({ longest }: LearnedField, length: number): boolean {
    return longest > 0 && length > 2 * longest;
  }

  /** Whether the value has a symbol that the field has not. */
  novelty(field: LearnedField, symbols: Uint32Array): boolean {
    for (let word = 0; word < symbols.length; word++) if ((symbols[word]! & ~field.symbols[word]!) !== 0) return true;
    return false;
  }
}
