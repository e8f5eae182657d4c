import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InferenceError } from '../../../../runtime/src/tensor/errors.js';
import { JsonReader, MAX_DEPTH } from '../../../../runtime/src/tensor/json/index.js';

function read(document: string | Buffer, nonFinite = false): unknown {
  const reader = new JsonReader(Buffer.isBuffer(document) ? document : Buffer.from(document), nonFinite);
  const value = reader.value();
  reader.end();
  return value;
}

const refusal = (document: string | Buffer, nonFinite = false) => {
  try {
    read(document, nonFinite);
  } catch (error) {
    return error;
  }
  return undefined;
};

// What RFC 8259 requires a parser to accept, beside the cases of JSONTestSuite in parsing-suite.test.ts.
const ACCEPTED = [
  '0',
  '-0',
  '-1',
  '[\n\r\t ]',
  '[1.0]',
  '[0.1]',
  '[5e-324]',
  '[1.7976931348623157e308]',
  '[9007199254740993]',
  '[100000000000000000000000000000]',
  '{"min": -1.0e+28, "max": 1.0e+28}',
  '{"x":[{"id": "xxxxxxxxxxxx"}], "id": "xxxxxx"}',
  '{"title":"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430"}',
  '["\u2028\u2029"]',
  '["π⍂㈴"]',
];

// What it forbids, or we do: lone surrogates cannot be told in UTF-8.
const REFUSED = [
  '}',
  '[1 2]',
  '[TRUE]',
  '[nan]',
  '[1e1e1]',
  '[1a]',
  '{"a":}',
  '{"a"}',
  '{"a":1,}',
  '{"a":"b"}}',
  '{"a":true} "x"',
  '["\\u"]',
  '["\\u1"]',
  '["\\u1x"]',
  '["',
  '\\u000A""',
  '\u2060',
  '{"\\uD800": 1}',
  '["\\uD800"]',
  '["\\uDC00\\uD800"]',
  '["\\uD800abc"]',
];

describe('the grammar of JSON', () => {
  it.each(ACCEPTED)('accepts %j', (document) => {
    expect(read(document)).toEqual(JSON.parse(document));
  });

  it.each(REFUSED)('refuses %j', (document) => {
    const error = refusal(document);
    expect(error).toBeInstanceOf(InferenceError);
    expect((error as InferenceError).code).toBe('INVALID_ARGUMENT');
  });

  it.each([
    ['a lone continuation byte', [0x22, 0x81, 0x22]],
    ['a truncated sequence', [0x22, 0xe0, 0xff, 0x22]],
    ['a sequence cut by the end of the string', [0x22, 0xe2, 0x82, 0x22]],
    ['an overlong encoding', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a code point past the last', [0x22, 0xf4, 0xbf, 0xbf, 0xbf, 0x22]],
    ['a latin-1 letter', [0x5b, 0x22, 0xe9, 0x22, 0x5d]],
    ['a byte outside a string', [0x5b, 0xff, 0x5d]],
    ['UTF-16', [0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00]],
  ])('refuses %s', (_, bytes) => {
    expect(refusal(Buffer.from(bytes))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('refuses one level more than it allows, whatever is nested', () => {
    const arrays = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(refusal(arrays(MAX_DEPTH))).toBeUndefined();
    expect(refusal(objects(MAX_DEPTH))).toBeUndefined();
    expect(refusal(arrays(MAX_DEPTH + 1))).toMatchObject({ message: expect.stringContaining('at most 100') });
    expect(refusal(objects(MAX_DEPTH + 1))).toMatchObject({ message: expect.stringContaining('at most 100') });
    expect(refusal('['.repeat(1_000_000))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each(['{"__proto__": {"polluted": 1}}', '{"a": {"constructor": 1}}', '{"\\u005f_proto__": 1}'])(
    'reads the name in %s as data',
    (document) => {
      expect(refusal(document)).toBeUndefined();
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );

  it('says where the error is', () => {
    expect(refusal('[1, x]')).toMatchObject({ message: 'JSON Parse error: Invalid value. at offset: 4' });
    expect(refusal('')).toMatchObject({ message: 'JSON Parse error: The document is empty. at offset: 0' });
  });
});

describe('beside JSON.parse', () => {
  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (document) => {
        fc.pre(!/__proto__|constructor/.test(document));
        expect(read(document)).toEqual(JSON.parse(document));
      }),
    );
  });

  it('agrees on whether damaged documents are JSON', () => {
    const damaged = fc
      .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom(...'[]{},:"\\0123456789.eE+-tfn \n'), fc.boolean())
      .map(([document, at, character, replace]) => {
        const index = at % (document.length + 1);
        return document.slice(0, index) + character + document.slice(index + (replace ? 1 : 0));
      });
    fc.assert(
      fc.property(damaged, (document) => {
        fc.pre(!/__proto__|constructor|\\u[dD][89a-fA-F]/.test(document));
        let expected: unknown;
        let valid = true;
        try {
          expected = JSON.parse(document);
        } catch {
          valid = false;
        }
        // 1e999 is JSON, but no number.
        fc.pre(!JSON.stringify(expected ?? null).includes('null') || !/\de\+?\d{3}/i.test(document));
        if (valid) expect(read(document)).toEqual(expected);
        else expect(refusal(document)).toBeInstanceOf(InferenceError);
      }),
      { numRuns: 1000 },
    );
  });

  it('never fails but with an InferenceError, on any bytes', () => {
    const alphabet = fc.constantFrom(...Buffer.from('[]{},:"\\0129.eE+-truefalsn NaIity\n'), 0x80, 0xc3, 0xff, 0);
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 40 }), fc.boolean(), (bytes, nonFinite) => {
        const error = refusal(Buffer.from(bytes), nonFinite);
        expect(error === undefined || error instanceof InferenceError).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
