import { describe, expect, it } from 'vitest';
import { suiteCommand } from '../../suite/command.js';

describe('the suite command', () => {
  it.each([
    [['--format', 'har', '.'], '--format: expected one of raw, jsonl, gotestwaf, ftw, got "har"'],
    [['--format', 'raw'], 'expected one folder'],
    [['--format', 'raw', '.', 'x'], 'expected one folder'],
    [['--format', 'raw', '.', '--url', 'localhost'], '--url: expected http://host:port'],
    [['--format', 'raw', '.', '--url', 'http://x/path'], '--url: expected http://host:port'],
    [['--format', 'raw', '.', '--concurrency', '0'], '--concurrency: expected an integer from 1 to 256, got "0"'],
    [['--format', 'raw', '.', '--blocked', '403,x'], '--blocked: expected an integer from 100 to 599, got "x"'],
    [['--format', 'raw', '/nowhere', '--url', 'http://127.0.0.1:1'], 'expected a folder, got "/nowhere"'],
    [['--format', 'raw', '/nowhere'], 'expected a folder, got "/nowhere"'],
    [['--bad'], "Unknown option '--bad'"],
  ])('refuses %j', async (args, message) => {
    await expect(suiteCommand(args)).rejects.toThrow(message);
  });
});
