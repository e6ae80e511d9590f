import { differentialCommand, UsageError } from './command.js';

try {
  process.exitCode = await differentialCommand(process.argv.slice(2));
} catch (error) {
  const { code = '', message } = error as Error & { code?: string };
  if (!(error instanceof UsageError) && !code.startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`differential: ${message}\n`);
  process.exitCode = 2;
}
