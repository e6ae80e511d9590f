import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadVocabulary, parseVocabulary } from '../../../src/tokenize/vocabulary.js';

const path = new URL('../../vectors/tokenizer.json', import.meta.url).pathname;
// biome-ignore lint/suspicious/noExplicitAny: the tests break arbitrary places of foreign JSON
const fresh = (): any => JSON.parse(readFileSync(path, 'utf8'));

describe('tokenizer.json', () => {
  it('reads merges as pairs and as strings alike', () => {
    const json = fresh();
    const pairs = json.model.merges.map((m: string | string[]) => (typeof m === 'string' ? m.split(' ') : m));
    const asPairs = parseVocabulary({ ...json, model: { ...json.model, merges: pairs } }, 'pairs');
    const asStrings = parseVocabulary(
      { ...json, model: { ...json.model, merges: pairs.map((p: string[]) => p.join(' ')) } },
      'strings',
    );
    expect(asStrings.merges).toEqual(asPairs.merges);
    expect(asPairs.merges.merged.length).toBeGreaterThan(100);
  });

  // biome-ignore lint/suspicious/noExplicitAny: as above
  const breakages: [key: string, spoil: (json: any) => void][] = [
    ['model.type must be "BPE"', (j) => (j.model.type = 'WordPiece')],
    ['model.dropout', (j) => (j.model.dropout = 0.1)],
    ['model.ignore_merges must be false', (j) => (j.model.ignore_merges = true)],
    ['model.byte_fallback must be false', (j) => (j.model.byte_fallback = true)],
    ['model.unk_token', (j) => (j.model.unk_token = '[UNK]')],
    ['normalizer must be null', (j) => (j.normalizer = { type: 'NFC' })],
    ['truncation must be null', (j) => (j.truncation = { max_length: 8 })],
    ['post_processor must be null', (j) => (j.post_processor = { type: 'TemplateProcessing' })],
    ['pre_tokenizer.type must be "Sequence"', (j) => (j.pre_tokenizer = { type: 'ByteLevel' })],
    ['pre_tokenizer.pretokenizers[0].pattern.Regex', (j) => (j.pre_tokenizer.pretokenizers[0].pattern.Regex = '\\w+')],
    ['pre_tokenizer.pretokenizers[0].behavior', (j) => (j.pre_tokenizer.pretokenizers[0].behavior = 'Removed')],
    ['pre_tokenizer.pretokenizers[1].use_regex', (j) => (j.pre_tokenizer.pretokenizers[1].use_regex = true)],
    ['added_tokens must be the 32 markers', (j) => j.added_tokens.pop()],
    ['added_tokens[3]', (j) => (j.added_tokens[3].content = 'X')],
    ['added_tokens[3].lstrip', (j) => (j.added_tokens[3].lstrip = true)],
    ['added_tokens[5]', (j) => (j.added_tokens[6].id = 5)],
    ['must be the id of byte 65', (j) => delete j.model.vocab.A],
    ['a unique integer', (j) => (j.model.vocab.A = j.model.vocab.B)],
    ['a unique integer', (j) => (j.model.vocab.A = 70_000)],
    ['model.merges must be a list', (j) => (j.model.merges = undefined)],
    ['model.merges[2]', (j) => (j.model.merges[2] = ['A', 'nowhere'])],
  ];
  it.each(breakages)('is refused with "%s"', (message, spoil) => {
    const json = fresh();
    spoil(json);
    expect(() => parseVocabulary(json, 'bad.json')).toThrow(`bad.json: `);
    expect(() => parseVocabulary(json, 'bad.json')).toThrow(message);
  });

  it('is refused when it is no JSON, or no object', () => {
    const bad = join(mkdtempSync(join(tmpdir(), 'normgate-')), 'tokenizer.json');
    writeFileSync(bad, '{');
    expect(() => loadVocabulary(bad)).toThrow(/must be readable JSON/);
    expect(() => parseVocabulary([], 'bad.json')).toThrow('model.type');
  });
});
