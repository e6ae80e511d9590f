import type { Logger } from 'pino';
import type { Metrics } from './admin/metrics.js';
import type { DetectorOptions } from './main.js';

/** What a service wants to be told while its detector works, as metrics and log lines. */
export function detectorHooks(metrics: Metrics, logger: Logger): DetectorOptions {
  return {
    onBatch: metrics.onBatch,
    onQueueDepth: metrics.onQueueDepth,
    onLookup: metrics.onLookup,
    onScreened: metrics.onScreened,
    onLoaded: (memory) => {
      metrics.onMemory(memory.sizes());
      logger.info(memory.sizes(), 'memory loaded');
    },
    onRefused: (err) => {
      metrics.onMemoryRefused();
      logger.error({ err }, 'memory refused; the one before serves on');
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
