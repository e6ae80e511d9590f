import { evasionCommand } from './command.js';

try {
  process.exitCode = await evasionCommand(process.argv.slice(2));
} catch (error) {
  const { code = '', message } = error as Error & { code?: string };
  if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`evasion: ${message}\n`);
  process.exitCode = 2;
}
