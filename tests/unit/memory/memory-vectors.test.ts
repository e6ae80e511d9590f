import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { learnRequest } from '../../../src/memory/learn-request.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { MemoryView } from '../../../src/score/memory-view.js';
import { HOUR, newStore, OPTIONS } from './support.js';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/memory.json', import.meta.url), 'utf8'));

describe('the rule of the field memory, as the trainer has it', () => {
  for (const [number, history] of vectors.histories.entries()) {
    it(`history ${number}: quorum ${JSON.stringify(history.quorum)}`, () => {
      const store = newStore(history.quorum);
      for (const { client, window, texts } of history.learn) {
        const surprises = texts.map((text: string) => history.surprises[text]);
        const fields = texts.map((text: string) => ({ text }));
        learnRequest(store, { host: vectors.host, client, time: window * HOUR, fields, surprises }, OPTIONS);
      }
      const memory = new LearnedMemory(store);
      const view = new MemoryView({
        rule: vectors.rule,
        matureFrom: 1,
        calibration: undefined as never,
        current: () => memory,
      });
      for (const { texts, adjusted } of history.judge) {
        const look = view.look(
          vectors.host,
          texts.map((text: string) => ({ text })),
        );
        texts.forEach((text: string, i: number) => {
          const known = look?.knows(i) ?? false;
          if (adjusted[i] === null) expect(known, text).toBe(true);
          else
            expect(
              look?.adjust(i, history.surprises[text]) ?? history.surprises[text],
              JSON.stringify(text),
            ).toBeCloseTo(adjusted[i], 5);
        });
      }
    });
  }
});
