#!/usr/bin/env node
import { canonicalizeCommand } from './commands/canonicalize.js';
import { checkConfigCommand } from './commands/check-config.js';
import type { Command } from './commands/command.js';
import { learnCommand } from './commands/learn.js';
import { locateCommand } from './commands/locate.js';
import { memoryCommand } from './commands/memory.js';
import { scoreCommand } from './commands/score.js';
import { serveCommand } from './commands/serve.js';
import { version } from './own-files.js';

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  'check-config': checkConfigCommand,
  score: scoreCommand,
  canonicalize: canonicalizeCommand,
  learn: learnCommand,
  memory: memoryCommand,
  locate: locateCommand,
};

const usage = `usage: normgate <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  .join('\n')}

normgate <command> --help tells its options.
`;

async function main([name = '', ...args]: string[]): Promise<number> {
  if (name === '--help' || name === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  if (args.includes('--help')) {
    process.stdout.write(`usage: ${command.usage}\n`);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    const { exitCode = 1, code, message } = error as Error & { exitCode?: number; code?: string };
    process.stderr.write(`normgate: ${message}\n`);
    return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS') ? 2 : exitCode;
  }
}

// A reader that went away (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
