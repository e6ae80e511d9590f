import { parentPort, workerData } from 'node:worker_threads';
import type { Column } from './key-table.js';
import { learnedColumns } from './learned-fields.js';
import type { LoadedPart, LoadRequest } from './load-snapshot.js';
import { storeOf } from './snapshot-file.js';
import { readParts } from './snapshot-folder.js';

/** Entry of the thread that reads a snapshot. What it throws is what was wrong with the snapshot. */
const port = parentPort!;
/** Fields a slice: with six samples each, 2 to 3 ms to take over. */
const SLICE = 1000;

const { directory, file, modelId } = workerData as LoadRequest;
const { tables, clear } = readParts(directory, file, modelId);
const learned = learnedColumns(storeOf(tables));
const size = clear.names.length;
const send = (part: LoadedPart, transfer?: ArrayBuffer[]): void => {
  port.postMessage(part, transfer);
  if (part.done) port.close();
};

const buffers = [
  ...Object.values(tables.keys).flatMap(({ lo, hi, slots }) => [lo.buffer, hi.buffer, slots.buffer]),
  ...Object.values(tables.columns).flatMap((table) => Object.values<Column>(table).map(({ buffer }) => buffer)),
  ...Object.values(learned).map(({ buffer }: Column) => buffer),
];
let from = 0;
port.on('message', () => {
  const names = clear.names.slice(from, from + SLICE);
  const samples = clear.samples.slice(from, from + SLICE);
  const slice = { from, names, samples };
  from += SLICE;
  send({ kind: 'clear', clear: slice, done: from >= size });
});
send({ kind: 'tables', tables, learned, done: size === 0 }, buffers);
