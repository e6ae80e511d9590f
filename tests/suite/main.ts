import { suiteCommand } from './command.js';
import { SuiteError } from './suite-case.js';

try {
  process.exitCode = await suiteCommand(process.argv.slice(2));
} catch (error) {
  const { code = '', message } = error as Error & { code?: string };
  if (!(error instanceof SuiteError) && !code.startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`suite: ${message}\n`);
  process.exitCode = 2;
}
