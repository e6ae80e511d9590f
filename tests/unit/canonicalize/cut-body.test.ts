import { describe, expect, it } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { requestFromJson } from '../../../src/request/from-json.js';

describe('a JSON body that was cut on the way', () => {
  const request = {
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/json' },
    body: '{"a":"one","b":"tw',
  };
  const texts = (extra: object) =>
    canonicalize(requestFromJson({ ...request, ...extra }, '1').view, DEFAULT_LIMITS)
      .fields.filter(({ zone }) => zone === 'body')
      .map(({ text }) => text);

  it('is malformed when nothing says that it was cut', () => {
    expect(texts({}).every((text) => text.includes(MARKERS.MALFORMED))).toBe(true);
  });

  it('keeps what was read, unmarked, when it was cut', () => {
    const cut = texts({ bodyTruncated: true });
    expect(cut[0]).toBe(`${MARKERS.BODY}a${MARKERS.VALUE}one`);
    expect(cut.some((text) => text.includes(MARKERS.MALFORMED))).toBe(false);
    expect(cut.join('')).toContain('tw');
  });
});
