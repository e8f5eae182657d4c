import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText } from '../../../../runtime/src/tensor/json/decimal.js';
import { JsonWriter } from '../../../../runtime/src/tensor/json/index.js';

function written(value: number, single: boolean): string {
  const writer = new JsonWriter();
  writer.decimal(value, single);
  return String(writer.finish());
}

const float = (value: number) => written(Math.fround(value), true);

describe('decimals', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-2, '-2.0'],
    [2.5, '2.5'],
    [0.1, '0.1'],
    [100, '100.0'],
    [5.1, '5.1'],
    [0.2, '0.2'],
    [0.3333333333, '0.333333343'],
    [0.97777777, '0.977777779'],
    [999999, '999999.0'],
    [1e6, '1e+06'],
    [9e6, '9e+06'],
    [1234567, '1234567.0'],
    [12345678, '12345678.0'],
    [123456789, '123456792.0'],
    [1234567890, '1.23456794e+09'],
    [3e-5, '3e-05'],
    [0.0001, '0.0001'],
    [0.00012207, '0.00012207'],
    [1.2345678e-6, '1.23456778e-06'],
    [0.01, '0.01'],
    [1e-5, '1e-05'],
    [1e-6, '1e-06'],
    [1e-7, '1e-07'],
    [9.999999e-7, '9.99999884e-07'],
    [0.00099999994, '0.000999999931'],
    [1e12, '1e+12'],
    [999999.9, '999999.875'],
    [1e-10, '1e-10'],
    [1.4e-45, '1.4013e-45'],
    [3.4028235e38, '3.40282347e+38'],
    [16777216, '16777216.0'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('writes the float %d as %s', (value, text) => {
    expect(float(value)).toBe(text);
  });

  it.each([
    [0.1, '0.1'],
    [1 / 3, '0.33333333333333331'],
    [0.30000000000000004, '0.30000000000000004'],
    [1e22, '1e+22'],
    [123456789, '123456789.0'],
    [5e-324, '4.94066e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
  ])('writes the double %d as %s', (value, text) => {
    expect(written(value, false)).toBe(text);
  });

  it('rounds what is halfway to the even digit, as C does', () => {
    // 2⁻¹³ has ten digits, the last a 5.
    expect(decimalText(2 ** -13, true)).toBe('0.000122070312');
    expect(float(2 ** -13)).toBe('0.000122070312');
    expect(float(3 * 2 ** -13)).toBe('0.000366210938');
  });

  const finite = { noNaN: true, noDefaultInfinity: true };

  it('reads back as the same number', () => {
    fc.assert(
      fc.property(fc.float(finite), fc.double(finite), (single, double) => {
        expect(Math.fround(Number(written(single, true)))).toBe(single);
        expect(Number(written(double, false))).toBe(double);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes the short cut only where it gives the same text', () => {
    const usual = fc.oneof(
      fc.float({ ...finite, min: Math.fround(1e-12), max: Math.fround(1e16) }),
      fc.integer({ min: -(10 ** 7), max: 10 ** 7 }).map((value) => Math.fround(value / 1024)),
      fc.integer({ min: -(10 ** 7), max: 10 ** 7 }).map((value) => Math.fround(value / 1000)),
    );
    fc.assert(
      fc.property(usual, (value) => {
        expect(written(value, true)).toBe(decimalText(value, true));
        expect(written(value, false)).toBe(decimalText(value, false));
        expect(written(value / 3, false)).toBe(decimalText(value / 3, false));
      }),
      { numRuns: 5000 },
    );
  });

  it('writes the digits that C prints', () => {
    const values = fc.sample(fc.float(finite), { numRuns: 400, seed: 7 }).concat([2 ** -13, 1 / 3, 1e6, 123456789]);
    const singles = values.map(Math.fround);
    const printed = spawnSync(
      '.venv/bin/python',
      ['-c', 'import sys\nfor l in sys.stdin: print("%.6g %.9g %.17g" % ((float(l),) * 3))'],
      {
        input: singles.map((value) => (Object.is(value, -0) ? '-0.0' : String(value))).join('\n'),
        encoding: 'utf8',
      },
    );
    const lines = printed.stdout.trim().split('\n');
    expect(lines).toHaveLength(singles.length);
    for (const [index, line] of lines.entries()) {
      const [six, nine, seventeen] = line.split(' ') as [string, string, string];
      const value = singles[index]!;
      const whole = (text: string) => (/[.e]/.test(text) ? text : `${text}.0`);
      expect(written(value, true)).toBe(whole(Math.fround(Number(six)) === value ? six : nine));
      expect(written(value, false)).toBe(whole(Number(six) === value ? six : seventeen));
    }
  });
});
