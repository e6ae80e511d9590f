import { LearnedMemory } from './learned-memory.js';
import { loadSnapshot } from './load-snapshot.js';
import { readSnapshot, SERVING, stampOf } from './snapshot-folder.js';

export interface ServedMemoryOptions {
  readonly dir: string;
  readonly modelId: string;
  /** After each load, also the first. */
  readonly onLoaded?: (memory: LearnedMemory) => void;
  /** A snapshot that was refused. The one before serves on; at the start there is none, and nothing is remembered. */
  readonly onRefused?: (error: Error, serving: LearnedMemory | null) => void;
}

/** The memory that serves, and its replacement while requests flow: one assignment, so that each request sees one of both. */
export class ServedMemory {
  private memory: LearnedMemory | null = null;
  private stamp = '';
  /** Loads come one after the other. */
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly options: ServedMemoryOptions) {}

  readonly current = (): LearnedMemory | null => this.memory;

  /**
   * Loads what is there, on the spot, before there is anybody to answer; a folder without a snapshot is an empty memory.
   *
   * @throws MemoryError when a snapshot is refused and nobody is told of it (`onRefused`).
   */
  load(): void {
    const { dir, modelId, onRefused } = this.options;
    this.stamp = stampOf(dir, SERVING);
    if (this.stamp === '') return;
    try {
      this.serve(new LearnedMemory(readSnapshot(dir, SERVING, modelId).store));
    } catch (error) {
      if (onRefused === undefined) throw error;
      onRefused(error as Error, null);
    }
  }

  /**
   * Loads again where the file is another one than last time, or in any case. Requests are answered meanwhile: what is
   * left to this thread are slices of a few milliseconds. Never rejects.
   */
  reload(anyCase = false): Promise<void> {
    this.turn = this.turn.then(() => this.loadAside(anyCase));
    return this.turn;
  }

  /** After the load that is under way, if there is one. */
  settled(): Promise<void> {
    return this.turn;
  }

  private async loadAside(anyCase: boolean): Promise<void> {
    const { dir, modelId, onRefused } = this.options;
    const stamp = stampOf(dir, SERVING);
    if (!anyCase && stamp === this.stamp) return;
    this.stamp = stamp;
    if (stamp === '') return;
    try {
      this.serve(await loadSnapshot({ directory: dir, file: SERVING, modelId }));
    } catch (error) {
      onRefused?.(error as Error, this.memory);
    }
  }

  private serve(memory: LearnedMemory): void {
    this.memory = memory;
    this.options.onLoaded?.(memory);
  }
}
