/** One verb of the command line. */
export interface Command {
  /** One line for the usage text. */
  readonly summary: string;
  /** Options and arguments, as printed by `--help`. */
  readonly usage: string;
  /**
   * Runs the verb.
   *
   * @param args what followed the verb.
   * @returns the exit code: 0 success, 1 bad input met, 2 bad usage or configuration.
   */
  run(args: string[]): Promise<number>;
}

/** Writes one JSON value as a line to standard output, waiting while the reader is slow. Rejects never: EPIPE ends the process. */
export async function printJson(value: unknown): Promise<void> {
  if (process.stdout.write(`${JSON.stringify(value)}\n`)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}
