/** A memory that must not be used; the message names the file or key, what was expected and what is there. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';

  constructor(place: string, expected: unknown, actual: unknown) {
    super(`${place}: expected ${expected}, got ${actual}`);
  }
}
