import type { ServedMemory } from './memory/served-memory.js';

/** Looks for another snapshot now and then, and on SIGHUP. @returns how to stop. */
export function watchMemory(memory: ServedMemory, everyMs: number): () => Promise<void> {
  const timer = setInterval(() => void memory.reload(), everyMs);
  const now = (): void => void memory.reload(true);
  process.on('SIGHUP', now);
  return async () => {
    clearInterval(timer);
    process.off('SIGHUP', now);
    await memory.settled();
  };
}
