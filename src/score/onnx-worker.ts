import { parentPort, workerData } from 'node:worker_threads';
import type { BatchRequest, WorkerInit, WorkerReply, WorkerRequest } from './onnx-protocol.js';
import { OnnxSession } from './onnx-session.js';

/** Entry of a worker thread: one session, one batch at a time. */
const port = parentPort!;
const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

async function score(session: OnnxSession, { id, ids, lengths }: BatchRequest): Promise<void> {
  try {
    const { logits, runs } = await session.score(ids, lengths);
    reply({ kind: 'scored', id, logits, runs }, [logits.buffer, runs.buffer]);
  } catch (error) {
    reply({ kind: 'failed', id, message: (error as Error).message });
  }
}

try {
  const { modelPath, runTokens, providers, intraOpThreads } = workerData as WorkerInit;
  const session = await OnnxSession.create(modelPath, runTokens, providers, intraOpThreads);
  // Batches do not overlap: the session blocks this thread anyway, and reuses its input buffers.
  let last = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    if (request === 'leave') {
      // The thread ends by itself once nothing is left to wait for. `process.exit` would abort the process, as
      // terminating does, when a run is about to begin.
      session.stop();
      void last.then(() => port.close());
    } else {
      last = last.then(() => score(session, request));
    }
  });
  const { provider, failures, runsAlone } = session;
  reply({ kind: 'ready', provider, failures, runsAlone });
} catch (error) {
  reply({ kind: 'unusable', message: (error as Error).message });
}
