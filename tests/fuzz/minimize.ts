import type { FuzzMessage } from './message.js';

/**
 * Makes a message smaller while `fails` still holds: headers one by one, then each string by halves, quarters and so on
 * down to single bytes.
 *
 * @param tries calls of `fails` at most; each may cost as much as the failure itself.
 */
export async function minimize(
  message: FuzzMessage,
  fails: (message: FuzzMessage) => Promise<boolean>,
  tries = 2000,
): Promise<FuzzMessage> {
  let best = message;
  let left = tries;
  const attempt = async (smaller: FuzzMessage): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  await attempt({ ...best, headers: [] });
  for (let i = best.headers.length - 1; i >= 0; i--) await attempt({ ...best, headers: best.headers.toSpliced(i, 1) });
  for (const part of ['body', 'target', 'method'] as const) {
    await shorten(best[part], (text) => attempt({ ...best, [part]: text }));
  }
  for (let i = 0; i < best.headers.length; i++) {
    const [name, value] = best.headers[i]!;
    await shorten(value, (text) => attempt({ ...best, headers: best.headers.with(i, [name, text]) }));
  }
  return best;
}

/** Leaves slices out, the largest first, as long as `keep` takes what remains. */
async function shorten(text: string, keep: (text: string) => Promise<boolean>): Promise<void> {
  let rest = text;
  for (let length = rest.length; length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < rest.length; ) {
      const shorter = rest.slice(0, at) + rest.slice(at + length);
      if (await keep(shorter)) rest = shorter;
      else at += length;
    }
  }
}
