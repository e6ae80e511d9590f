import { describe, loadConfig } from '../config.js';
import type { Command } from './command.js';

/** `normgate check-config`: what `serve` would run with, or what is wrong with it. */
export const checkConfigCommand: Command = {
  summary: 'print the effective configuration, or what is wrong with it',
  usage: `normgate check-config [--config=FILE] [--section.key=value ...]

  Exit code 0 and the configuration as JSON, or 2 and one line a problem: key, expectation and value.`,

  async run(args) {
    process.stdout.write(`${describe(loadConfig({ env: process.env, flags: args }))}\n`);
    return 0;
  },
};
