import type { Logger } from 'pino';
import type { Metrics } from './admin/metrics.js';
import type { DetectorOptions } from './main.js';

/**
 * What a service wants to be told while its detector works, as metrics and log lines.
 *
 * @param onMemory what is to be said of the memory that serves, for readiness.
 */
export function detectorHooks(metrics: Metrics, logger: Logger, onMemory: (detail: string) => void): DetectorOptions {
  return {
    onBatch: metrics.onBatch,
    onQueueDepth: metrics.onQueueDepth,
    onLookup: metrics.onLookup,
    onScreened: metrics.onScreened,
    onLoaded: (memory) => {
      const sizes = memory.sizes();
      metrics.onMemory(sizes);
      logger.info(sizes, 'memory loaded');
      onMemory(`${sizes.hosts} hosts, ${sizes.learnedFields} fields`);
    },
    onRefused: (err, serving) => {
      metrics.onMemoryRefused();
      const rest = serving === null ? 'every host is judged without memory' : 'the one before serves on';
      logger.error({ err }, `memory refused; ${rest}`);
      onMemory(`refused, ${rest}: ${err.message}`);
    },
    onProvider: ({ requested, actual }) => logger.info({ requested, actual }, 'execution provider'),
    onProviderFallback: (choice) => {
      metrics.onProviderFallback();
      logger.warn(choice, 'execution provider not available, using another');
    },
    onWorkerExit: (exit) => {
      metrics.onWorkerExit();
      logger.error(exit, 'scoring worker died');
    },
  };
}
