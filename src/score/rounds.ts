import type { Texts, Window } from '../tokenize/encoding.js';

/** Windows of which the Transformer judges `size` at a time, those of the oddest pieces first; at least one round. */
export function roundsOf(windows: readonly Window[], pieces: Texts['pieces'], size: number): Window[][] {
  if (windows.length <= size || pieces === undefined) return [[...windows]];
  const oddest = [...windows].sort((a, b) => pieces[b.field]!.priority - pieces[a.field]!.priority);
  return Array.from({ length: Math.ceil(oddest.length / size) }, (_, i) => oddest.slice(i * size, (i + 1) * size));
}
