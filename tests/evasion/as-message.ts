/**
 * Writes an SQL payload with other blanks, and a control byte behind it, so that it parses as a protobuf message of nothing
 * but numbers (Encoding, protobuf.dev): whoever has no schema cannot tell whether a field holds that or a text.
 *
 * @param text ASCII; whatever stands behind it means nothing.
 * @returns `undefined` when no blanks do it.
 */
export function asMessage(text: string): string | undefined {
  const failed = new Set<string>();
  const from = (at: number, state: number, added: number): string | undefined => {
    if (at === text.length) return state === TAG ? 'x\x01' : `\x01${'x'.repeat(Math.max(0, state - 1))}`;
    const key = `${at} ${state} ${added}`;
    if (failed.has(key)) return undefined;
    for (const byte of text[at] === ' ' ? BLANKS : text[at]!) {
      const next = step(state, byte.charCodeAt(0));
      if (next === undefined) continue;
      const rest =
        from(at + 1, next, 0) ?? (text[at] === ' ' && added < MAX_ADDED ? from(at, next, added + 1) : undefined);
      if (rest !== undefined) return byte + rest;
    }
    failed.add(key);
    return undefined;
  };
  return from(0, TAG, 0);
}

const BLANKS = ' \t\r';
const MAX_ADDED = 7;
/** What comes next: a tag, the one byte of a varint, or so many bytes of a number of fixed size. */
const TAG = 0;
const VARINT = -1;
const AFTER_TAG: readonly (number | undefined)[] = [VARINT, 8, undefined, undefined, undefined, 4];

/** @returns the state after a byte; `undefined` where it starts no field of a number. */
function step(state: number, byte: number): number | undefined {
  if (state === TAG) return byte < 0x08 ? undefined : AFTER_TAG[byte & 7];
  return state === VARINT ? TAG : state - 1;
}
