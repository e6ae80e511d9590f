/**
 * Marker tokens: single private-use code points that only the canonicalizer writes.
 *
 * Invariant: attacker text can never become a marker. Every value passes {@link neutralizeMarkers}, which replaces the
 * whole reserved block in input, before any marker is added. The tokenizer declares each one as a special token whose
 * id is `code point - MARKER_BASE`; `tests/vectors/markers.json` binds this table to the trainer's.
 */
export const MARKER_BASE = 0xe000;
export const MARKER_COUNT = 32;

const at = (index: number): string => String.fromCharCode(MARKER_BASE + index);

export const MARKERS = {
  PAD: at(0),
  CLS: at(1),
  MASK: at(2),
  /** One sequence a request: method, path template, sorted parameter names, content type. */
  STRUCTURE: at(3),
  PATH: at(4),
  QUERY: at(5),
  HEADER: at(6),
  COOKIE: at(7),
  BODY: at(8),
  /** Text found inside a value that was itself encoded (base64). */
  DECODED: at(9),
  /** Printable runs of a binary value. */
  PRINTABLE: at(10),
  /** Separates a field's name from its value. */
  VALUE: at(11),
  /** The value was encoded more than once. */
  DEPTH: at(12),
  /** The body claimed a format that it does not parse as. */
  MALFORMED: at(13),
  UUID: at(14),
  HEX: at(15),
  JWT: at(16),
  OPAQUE: at(17),
  TIME: at(18),
  NUMBER: at(19),
  /** Bytes that are no text in any charset we know. */
  BYTES: at(20),
} as const;

const RESERVED = /[\ue000-\ue01f]/g;

/** Replaces every reserved code point with U+FFFD, so that input cannot speak in markers. */
export function neutralizeMarkers(text: string): string {
  return text.replace(RESERVED, '\ufffd');
}

/** Markers written out for people: `[QUERY]q[VALUE]it's [UUID]`. Never parsed back. */
export function showMarkers(text: string): string {
  return text.replace(RESERVED, (mark) => `[${NAMES.get(mark) ?? 'RESERVED'}]`);
}

const NAMES = new Map<string, string>(Object.entries(MARKERS).map(([name, mark]) => [mark, name]));
