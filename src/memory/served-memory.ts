import { LearnedMemory } from './learned-memory.js';
import { readSnapshot, SERVING, stampOf } from './snapshot-folder.js';

export interface ServedMemoryOptions {
  readonly dir: string;
  readonly modelId: string;
  /** After each load, also the first. */
  readonly onLoaded?: (memory: LearnedMemory) => void;
  /** A snapshot that was refused; the one before serves on. */
  readonly onRefused?: (error: Error) => void;
}

/** The memory that serves, and its replacement while requests flow: one assignment, so that each request sees one of both. */
export class ServedMemory {
  private memory: LearnedMemory | null = null;
  private stamp = '';

  constructor(private readonly options: ServedMemoryOptions) {}

  readonly current = (): LearnedMemory | null => this.memory;

  /** Loads what is there; a folder without a snapshot is an empty memory. @throws MemoryError when a snapshot is refused. */
  load(): void {
    const { dir, modelId, onLoaded } = this.options;
    const stamp = stampOf(dir, SERVING);
    this.stamp = stamp;
    if (stamp === '') return;
    const memory = new LearnedMemory(readSnapshot(dir, SERVING, modelId).store);
    this.memory = memory;
    onLoaded?.(memory);
  }

  /** Loads again where the file is another one than last time, or in any case. Never throws. */
  reload(anyCase = false): void {
    if (!anyCase && stampOf(this.options.dir, SERVING) === this.stamp) return;
    try {
      this.load();
    } catch (error) {
      this.options.onRefused?.(error as Error);
    }
  }
}
