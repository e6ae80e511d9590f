import { once } from 'node:events';
import { loadConfig } from '../config.js';
import { startService } from '../main.js';
import type { Command } from './command.js';

/** `normgate serve`: the sidecar. */
export const serveCommand: Command = {
  summary: 'answer the proxy until SIGTERM or SIGINT',
  usage: `normgate serve [--config=FILE] [--section.key=value ...]

  Settings come from the defaults, the file, the environment (NORMGATE_SECTION_KEY) and flags; each overrides the ones
  before it. normgate check-config prints the result.`,

  async run(args) {
    const service = await startService(loadConfig({ env: process.env, flags: args }));
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    // A second signal means now.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
    await service.stop();
    return 0;
  },
};
