import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { ConfigError, ERRORS, type ErrorCode, NormgateError } from '../../../src/errors.js';

describe('the table of errors', () => {
  it('is exactly this', () => {
    const table = Object.entries(ERRORS).map(([code, entry]) => [code, status[entry.grpcStatus], entry.httpStatus]);
    expect(table).toEqual([
      ['malformed_check', 'INVALID_ARGUMENT', 400],
      ['message_too_large', 'RESOURCE_EXHAUSTED', 413],
      ['deadline', 'DEADLINE_EXCEEDED', 504],
      ['overloaded', 'RESOURCE_EXHAUSTED', 503],
      ['cancelled', 'CANCELLED', 499],
      ['backend_failed', 'UNAVAILABLE', 503],
      ['internal', 'INTERNAL', 500],
    ]);
  });

  it.each(Object.keys(ERRORS) as ErrorCode[])('%s: keeps its cause out of its message', (code) => {
    const error = new NormgateError(code, { cause: new Error('hunter2') });
    expect(error.message).toBe(ERRORS[code].message);
    expect(error.message).toMatch(/^[\x20-\x7e]{1,60}$/);
    expect((error.cause as Error).message).toBe('hunter2');
  });
});

describe('ConfigError', () => {
  it('has one line a problem', () => {
    const problem = { key: 'a.b', expected: 'a number', actual: '"x"' };
    expect(new ConfigError(problem).message).toBe('a.b: expected a number, got "x"');
    expect(new ConfigError([problem, { ...problem, key: 'c' }]).message.split('\n')).toHaveLength(2);
  });
});
