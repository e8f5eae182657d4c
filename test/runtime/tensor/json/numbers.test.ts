import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InferenceError } from '../../../../runtime/src/tensor/errors.js';
import { JsonReader } from '../../../../runtime/src/tensor/json/index.js';

const number = (token: string, single: boolean, nonFinite = true) =>
  new JsonReader(Buffer.from(token), nonFinite).number(single);

// Halfway cases, subnormals, the ends of the ranges, and more digits than a double holds.
const TOKENS = [
  '0',
  '-0',
  '-0.0',
  '5.1',
  '0.1',
  '0.30000001192092896',
  '16777217',
  '16777219',
  '33554434.5',
  '9007199254740992',
  '9007199254740993',
  '9007199254740993.5',
  '9223372036854775807',
  '18446744073709551615',
  '12345678901234567890123',
  '1.17549435e-38',
  '1.1754943e-38',
  '1.4e-45',
  '7.006492321624085e-46',
  '7.006492321624086e-46',
  '1e-46',
  '3.4028234663852886e38',
  '3.4028235677973366e38',
  '3.4028235677973365e38',
  '3.5e38',
  '2.2250738585072011e-308',
  '2.2250738585072014e-308',
  '4.9e-324',
  '2.4703282292062327e-324',
  '2.4703282292062328e-324',
  '1.7976931348623157e308',
  '1.7976931348623159e308',
  '1e999',
  '-1e999',
  '1e-999',
  '1e99999999999999999999',
  '0e99999999999999999999',
  '0.000000000000000000000000000000123456789012345678901234567890',
  '123456789012345678e-40',
  '1.00000017881393432617187499',
  '1.00000017881393432617187500',
  '1.00000017881393432617187501',
  '0.100000001490116119384765625',
  '1e22',
  '1e23',
  '8.5e22',
  '0.5000000298023224',
];

describe('numbers', () => {
  it.each(TOKENS)('rounds %s as Number and Math.fround do', (token) => {
    expect(number(token, false)).toBe(Number(token));
    expect(number(token, true)).toBe(Math.fround(Number(token)));
  });

  it('rounds every token as Number and Math.fround do', () => {
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
    const token = fc
      .tuple(fc.boolean(), digits(25), fc.option(digits(25)), fc.option(fc.integer({ min: -350, max: 350 })))
      .map(([minus, whole, fraction, exponent]) => {
        const head = whole.replace(/^0+(?=\d)/, '');
        return `${minus ? '-' : ''}${head}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`;
      });
    fc.assert(
      fc.property(token, (text) => {
        expect(number(text, false)).toBe(Number(text));
        expect(number(text, true)).toBe(Math.fround(Number(text)));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads back every double and float as JavaScript prints it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(number(JSON.stringify(value), false)).toBe(value === 0 ? 0 : value);
        expect(number(String(Math.fround(value)), true) || 0).toBe(Math.fround(value) || 0);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['NaN', Number.NaN],
    ['-NaN', Number.NaN],
    ['Inf', Infinity],
    ['-Inf', -Infinity],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
  ])('takes %s for a number only where that is asked for', (token, value) => {
    expect(number(token, true)).toBe(value);
    expect(() => number(token, true, false)).toThrow(InferenceError);
  });

  it.each(['Na', 'Infinit', 'I', '-I', '-N', 'Nan', 'INF'])('refuses the broken token %s', (token) => {
    expect(() => new JsonReader(Buffer.from(`[${token}]`), true).skip()).toThrow(InferenceError);
  });

  it.each(['1e999', '-1e999', '1.8e308'])('refuses %s, out of the range, where non-finite numbers are', (token) => {
    expect(() => number(token, false, false)).toThrow(/out of the range of FP64/);
  });

  it.each(['3.5e38', '-1e39'])('refuses %s for a float where non-finite numbers are', (token) => {
    expect(() => number(token, true, false)).toThrow(/out of the range of FP32/);
  });

  it('tells whole tokens from decimal ones', () => {
    const integral = (token: string) => {
      const reader = new JsonReader(Buffer.from(token), true);
      reader.number(false);
      return reader.integral;
    };
    expect(['1', '-0', '12345678901234567890'].map(integral)).toEqual([true, true, true]);
    expect(['1.0', '1e2', '0E0', 'NaN'].map(integral)).toEqual([false, false, false, false]);
  });
});
