/** One thing that an application took from a request. */
export interface Seen {
  /** Where it says it found it: query, form, json, multipart, file, filename, cookie, path, user, … or `… name`. */
  readonly where: string;
  readonly name: string;
  readonly value: string;
}

/** What the inspection made of the same request, as far as it is compared. */
export interface Inspected {
  readonly fields: readonly { readonly text: string }[];
  readonly truncated: boolean;
  readonly limits: readonly string[];
}

/** A value that an application saw and no scored sequence holds as it is. */
export interface Finding {
  readonly case: string;
  readonly app: string;
  readonly where: string;
  readonly name: string;
  readonly value: string;
  /**
   * `unseen`: its signs stand in no sequence. `altered`: they do, but the value was cut or unescaped otherwise.
   * `noise`: stray signs among bytes that are no text, such as compressed data read as a form.
   */
  readonly kind: 'unseen' | 'altered' | 'noise';
}

/** Without signs there is nothing to inject: letters, digits, blanks and the punctuation of ordinary prose and ids. */
const HARMLESS = /^[\p{L}\p{N}\p{M}\p{Cc}\s.,:_@+\-\ufffd]*$/u;
const MARKERS = /[\ue000-\ue01f]/g;
const NO_TEXT = /[\p{Cc}\ufffd]+/u;

/**
 * What of the application's values no sequence holds.
 *
 * Both sides are compared canonically: the value passes `canonicalizeValue`, and blanks, placeholders and the values
 * of digits are left out. What was scored in pieces (the leaves of JSON, the pairs of a form, the printable runs of
 * binary data, lists at their separators) counts as held when every piece with signs is. A request of which bytes are
 * known not to be inspected is accounted for and has no findings.
 *
 * @param canonicalizeValue the canonical text of one value.
 */
export function findUnseen(
  seen: readonly Seen[],
  inspected: Inspected,
  canonicalizeValue: (value: string) => string,
): Omit<Finding, 'case' | 'app'>[] {
  if (inspected.truncated) return [];
  const texts = new Texts(inspected.fields.map(({ text }) => text));
  const findings: Omit<Finding, 'case' | 'app'>[] = [];
  for (const { where, name, value } of seen) {
    if (HARMLESS.test(value)) continue;
    const readings = [value, unescaped(value)].map(canonicalizeValue);
    if (readings.some((reading) => texts.hold(reading))) continue;
    if (SPLITS.some((split) => texts.holdAll(split(value).map(canonicalizeValue)))) continue;
    const kind = isNoise(value) ? 'noise' : readings.some((one) => texts.holdSigns(one)) ? 'altered' : 'unseen';
    findings.push({ where, name, value: value.slice(0, 200), kind });
  }
  return findings;
}

/** The texts of a request's sequences. */
class Texts {
  private readonly whole: string;
  private readonly loose: string;

  constructor(texts: readonly string[]) {
    this.whole = texts.map(comparable).join('\n');
    this.loose = texts.map(loose).join('\n');
  }

  hold(text: string): boolean {
    return this.whole.includes(comparable(text));
  }

  /** True when there are pieces, and every one with signs is held. */
  holdAll(pieces: readonly string[]): boolean {
    return pieces.length > 0 && pieces.every((piece) => HARMLESS.test(piece) || this.hold(piece));
  }

  /** True when each run of signs with the letters beside it is in some text, escapes aside. */
  holdSigns(text: string): boolean {
    const runs = loose(text).match(SIGNS) ?? [];
    return runs.length > 0 && runs.every((run) => this.loose.includes(run));
  }
}

/** Two signs or more, and up to two letters on either side. */
const SIGNS = /\p{L}{0,2}[^\p{L}\p{N}\s\ufffd]{2,}\p{L}{0,2}/gu;

/** Bytes beyond ASCII that are left after decoding are letters, in whatever charset they were. */
function comparable(text: string): string {
  return text
    .replace(MARKERS, '')
    .replace(/[^\x21-\x7e\x00-\x08]+/g, '')
    .replace(/[0-9]+/g, '0');
}

function isNoise(value: string): boolean {
  const noText = value.match(/[\p{Cc}\ufffd]/gu)?.length ?? 0;
  return noText * 5 > value.length || !/[!-/:-@[-`{-~]{2}/.test(value);
}

/** Without back-slashes, and without what PHP makes one in names. */
function loose(text: string): string {
  return comparable(text).replace(/[\\_.[\]\p{Cc}]/gu, '');
}

/** As a parser leaves it that takes a back-slash away. */
function unescaped(value: string): string {
  return value.replace(/\\(["\\/'])/g, '$1');
}

/** Ways in which a value may have been scored in pieces; none of them cuts inside what a parser keeps together. */
const SPLITS: readonly ((value: string) => string[])[] = [
  leaves,
  // A form read as one text, and the other way round.
  (value) => value.split(/[&=]/),
  // A multipart body read as one text.
  (value) => value.split(/\r?\n/).filter((line) => !PART_LINE.test(line)),
  (value) => value.split(/[;,]\s*/),
  // JSON that is no JSON to the application: its strings.
  (value) => (/^\s*[[{]/.test(value) ? value.split(/[{}[\],:]*(?<!\\)"[{}[\],:]*/).map(unescaped) : []),
  // GraphQL: the operation without its strings, and the strings.
  (value) => [value.replace(STRING, '""'), ...(value.match(STRING) ?? []).map((one) => unescaped(one.slice(1, -1)))],
  // Binary data: its printable runs.
  (value) => value.split(NO_TEXT).filter((piece) => piece.length >= 8),
];

const PART_LINE = /^(?:--[\w-]*|content-(?:disposition|type): *[\w/ ;="-]*)$/i;
const STRING = /"(?:[^"\\]|\\.)*"/g;

/** Scalars and names inside a JSON text, at any depth of JSON inside JSON; empty when it is none. */
function leaves(text: string): string[] {
  const found: string[] = [];
  const collect = (json: string, depth: number): boolean => {
    if (depth > 8 || !/^\s*[[{"]/.test(json)) return false;
    try {
      JSON.parse(json, (key, value) => {
        if (key !== '') found.push(key);
        if (typeof value !== 'object' && !collect(String(value), depth + 1)) found.push(String(value));
        return value;
      });
      return true;
    } catch {
      return false;
    }
  };
  return collect(text, 0) ? ['', ...found] : [];
}
