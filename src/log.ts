import { type Logger, pino } from 'pino';

export interface LogOptions {
  readonly level: string;
  /** File descriptor or path; default 1, standard output. */
  readonly to?: number | string;
  /** Each time that lines are lost: their reader is too slow, or the disk is full. */
  readonly onDropped?: () => void;
}

/** JSON lines. */
export interface Log {
  readonly logger: Logger;
  /** Writes what waits, for up to a second; nothing may be logged afterwards. */
  close(): Promise<void>;
}

/**
 * Bytes that may wait for a reader that does not keep up. A full pipe must not stop traffic, which writing at once
 * would do, and must not eat memory, which waiting without bound would do.
 */
const MAX_WAITING = 4 * 1024 * 1024;

export function createLog(options: LogOptions): Log {
  const destination = pino.destination({ dest: options.to ?? 1, sync: false, maxLength: MAX_WAITING });
  destination.on('drop', () => options.onDropped?.());
  // A full disk under the log: without a listener, it would end the process.
  destination.on('error', () => options.onDropped?.());
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      const giveUp = setTimeout(resolve, CLOSE_MS);
      destination.once('close', () => {
        clearTimeout(giveUp);
        resolve();
      });
      destination.end();
    });
  return { logger, close };
}

const CLOSE_MS = 1000;
