import { Worker } from 'node:worker_threads';
import { workerEntry } from '../worker-entry.js';
import type { LearnedColumns } from './learned-fields.js';
import { LearnedMemory } from './learned-memory.js';
import { addClear, type SnapshotClear, type SnapshotTables, storeOf } from './snapshot-file.js';

/** What the loading thread is started with. */
export interface LoadRequest {
  readonly directory: string;
  readonly file: string;
  readonly modelId: string;
}

/** What it sends: the tables, then a slice of what is in clear for each message that asks for one. */
export type LoadedPart =
  | {
      readonly kind: 'tables';
      readonly tables: SnapshotTables;
      readonly learned: LearnedColumns;
      readonly done: boolean;
    }
  | { readonly kind: 'clear'; readonly clear: SnapshotClear; readonly done: boolean };

/**
 * Reads a snapshot in a thread that lives as long: of a million values and 40,000 fields, reading, hashing, checking and
 * what scoring is to know of each field take over half a CPU second. The tables come over without a copy. Names and
 * samples are copied, so they come by slices of a few milliseconds, each asked for when what else waits has had its turn.
 *
 * @throws Error with the message of `readSnapshot`'s MemoryError.
 */
export function loadSnapshot(request: LoadRequest): Promise<LearnedMemory> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerEntry(import.meta.url, 'snapshot-worker.js'), {
      workerData: request,
      name: 'snapshot',
    });
    let memory: LearnedMemory;
    worker.on('message', (part: LoadedPart) => {
      if (part.kind === 'tables') memory = new LearnedMemory(storeOf(part.tables), part.learned);
      else addClear(memory.store, part.clear);
      if (part.done) resolve(memory);
      else setImmediate(() => worker.postMessage('next'));
    });
    worker.on('error', reject);
    // After the last part this changes nothing.
    worker.on('exit', (code) => reject(new Error(`the thread that reads ${request.file} exited with code ${code}`)));
  });
}
