import { parentPort, workerData } from 'node:worker_threads';
import { redactSequence } from '../memory-redaction.js';
import type { LessonOutcome } from './learner.js';
import type { LearningInit, LearningReply, LearningRequest } from './learning-protocol.js';
import { LiveLearning } from './live-learning.js';

/** Entry of the learning thread. */
const port = parentPort!;
const reply = (message: LearningReply): void => port.postMessage(message);

const { redactNames, taken, ...options } = workerData as LearningInit;
const learning = new LiveLearning({
  ...options,
  redact: redactSequence(redactNames),
  onEvicted: (evicted) => reply({ kind: 'evicted', evicted }),
  onError: (error) => reply({ kind: 'error', error }),
  onFresh: (reason) => reply({ kind: 'fresh', reason }),
  onChanged: () => reply({ kind: 'changed' }),
});
const done = new Int32Array(taken);
let counts: Partial<Record<LessonOutcome, number>> = {};
let announced = false;

/** One message for all that is taken in a row. */
function announce(): void {
  announced = false;
  reply({ kind: 'outcomes', counts });
  counts = {};
}

port.on('message', (request: LearningRequest) => {
  switch (request.kind) {
    case 'observation': {
      const outcome = learning.take(request.observation);
      Atomics.add(done, 0, 1);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (!announced) setImmediate(announce);
      announced = true;
      return;
    }
    case 'report':
      return reply({ kind: 'report', id: request.id, report: learning.report() });
    case 'close':
      learning.close();
      if (announced) announce();
      port.close();
  }
});
