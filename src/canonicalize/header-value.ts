import { encodedRuns } from './decode/encoded-runs.js';
import type { FieldCollector } from './field-collector.js';

/** Adds a header's value, and what is encoded in a part of it: `Token dXNl…`. */
export function addValue(collector: FieldCollector, name: string, value: string): void {
  collector.add({ zone: 'header', name, value, form: 'bytes' });
  for (const run of encodedRuns(value)) {
    // One that is encoded as a whole was read as such.
    if (run !== value) collector.addHidden({ zone: 'header', name, value: run, form: 'bytes' });
  }
}

/** Adds what the runs of base64 and hexadecimal digits in a header's value stand for. */
export function addEncoded(collector: FieldCollector, name: string, value: string): void {
  for (const run of encodedRuns(value)) collector.addHidden({ zone: 'header', name, value: run, form: 'bytes' });
}
