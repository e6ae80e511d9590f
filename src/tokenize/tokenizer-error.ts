/** A tokenizer.json that this encoder does not implement; the message names the key, what it must be and what it is. */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';

  constructor(source: string, key: string, expected: string, actual: unknown) {
    const shown = JSON.stringify(actual) ?? 'missing';
    super(`${source}: ${key} must be ${expected}, but is ${shown.length > 120 ? `${shown.slice(0, 120)}…` : shown}`);
  }
}
