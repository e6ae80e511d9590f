import type { FieldMemory } from '../score/memory-view.js';

/** How memory took part in a field's score, in a few words. */
export function describeMemory(memory: FieldMemory): string {
  if (memory.kind === 'new') return 'new field';
  if (memory.kind === 'known') return `known value, ${count(memory.clients, 'client')}`;
  const { ceiling, values, observations, newSymbol, longer, shift } = memory;
  const seen = values > 0 ? `ceiling ${ceiling.toFixed(1)} of ${count(values, 'value')}` : 'only plain values';
  const news = [...(newSymbol ? ['new symbol'] : []), ...(longer ? ['over twice as long as ever'] : [])].join(' and ');
  const after = news === '' ? '' : `, ${news} after ${count(observations, 'observation')}`;
  return `${seen}${after}, ${shift < 0 ? '' : '+'}${shift.toFixed(2)}`;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
