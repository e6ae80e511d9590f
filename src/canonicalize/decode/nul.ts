/**
 * The further reading of a value with zero bytes inside: without them, as readers leave it that skip them (`un\0ion` is
 * `union` there). Only where one stands between two visible ASCII characters, in a value that is no binary data.
 *
 * @returns `undefined` when there is none.
 */
export function withoutNuls(text: string): string | undefined {
  if (!text.includes('\0') || !INNER.test(text)) return undefined;
  const solid = text.replaceAll('\0', '');
  const nuls = text.length - solid.length;
  return (solid.match(CONTROL)?.length ?? 0) > nuls ? undefined : solid;
}

const INNER = /[!-~]\0+[!-~]/;
/** Zero bytes of binary data stand among other controls. */
const CONTROL = /[\x01-\x08\x0b\x0c\x0e-\x1f]/g;
