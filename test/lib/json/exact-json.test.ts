import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementTexts, memberTexts, parseExact, stringifyExact } from '../../../lib/json/exact-json.js';

describe('parseExact', () => {
  test('reads what JSON.parse reads', () => {
    const texts = fc.json({ stringUnit: 'grapheme' });
    fc.assert(
      fc.property(texts, (text) => {
        expect(JSON.parse(stringifyExact(parseExact(text, false)))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('and stringifyExact keep every whole number, and the numbers that JSON lacks as texts', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt()), (numbers) => {
        const text = `[${numbers}]`;
        expect(stringifyExact(parseExact(text, false))).toBe(text);
      }),
    );
    expect(stringifyExact(parseExact('[NaN, Inf, -Infinity, 1e999]', true))).toBe(
      '["NaN","Infinity","-Infinity","Infinity"]',
    );
    expect(stringifyExact(parseExact('[-0, -0.0, 0]', false))).toBe('[-0,-0,0]');
  });

  test.each(['', '[1', '{"a" 1}', '[1] 2', 'NaN', '1e999'])('refuses %j', (text) => {
    expect(() => parseExact(text, false)).toThrow(/JSON/);
  });
});

test('stringifyExact leaves out what is undefined, as JSON.stringify does', () => {
  const value = { a: undefined, b: [undefined, null, 'ü"'], c: { d: true } };
  expect(stringifyExact(value)).toBe(JSON.stringify(value));
});

describe('the texts of parts', () => {
  test('are as they were written', () => {
    expect(elementTexts(' [ 1.0 , {"a": [ ]}, "]" ] ')).toEqual(['1.0', '{"a": [ ]}', '"]"']);
    expect(memberTexts('{"a" : 1e400, "\\u00fc": "}"}')).toEqual([
      ['a', '1e400'],
      ['ü', '"}"'],
    ]);
    expect([elementTexts('[]'), memberTexts('{}')]).toEqual([[], []]);
  });

  test('are not there in other values, and refused in what is broken', () => {
    expect([elementTexts('{}'), memberTexts('[]'), elementTexts('1')]).toEqual([undefined, undefined, undefined]);
    expect(() => elementTexts('[1,]')).toThrow(/JSON/);
    expect(() => memberTexts('{"a": 1} {}')).toThrow(/JSON/);
  });
});
