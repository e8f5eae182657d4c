import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shortFloatOf } from '../../../runtime/src/tensor/float16.js';

const python = join(import.meta.dirname, '../../../.venv/bin/python');

/** What NumPy, and the bfloat16 that TensorFlow and JAX add to it, make of numbers. */
function judged(type: string, values: readonly number[]): number[] {
  const script = `
import sys, json, numpy, ml_dtypes
values = numpy.array([float(value) for value in json.load(sys.stdin)])
with numpy.errstate(over='ignore'):
    print(json.dumps(values.astype({'FP16': numpy.float16, 'BF16': ml_dtypes.bfloat16}['${type}']).view(numpy.uint16).tolist()))`;
  const texts = values.map((value) => (Object.is(value, -0) ? '-0' : String(value)));
  const input = JSON.stringify(texts).replaceAll('Infinity', 'inf');
  return JSON.parse(execFileSync(python, ['-c', script], { input, encoding: 'utf8' })) as number[];
}

describe.each(['FP16', 'BF16'] as const)('%s', (datatype) => {
  const { toNumber, fromNumber } = shortFloatOf(datatype)!;

  it('keeps the bits of every value', () => {
    for (let bits = 0; bits < 2 ** 16; bits++) {
      const value = toNumber(bits);
      if (Number.isNaN(value)) expect(toNumber(fromNumber(value))).toBeNaN();
      else if (fromNumber(value) !== bits) expect.fail(`${bits} became ${fromNumber(value)}`);
    }
  });

  it('rounds every other number to the nearest, as NumPy does', () => {
    const values = [0, -0, 5e-324, 65519.99, 65520, 1e300, Infinity, -Infinity];
    for (let bits = 0; bits < 0x7f80; bits += 7) {
      const [low, high] = [toNumber(bits), toNumber(bits + 1)];
      // NumPy goes to bfloat16 by way of float32, so that its ties are judged where both have them.
      for (const share of [0.25, 0.5, 0.75]) if (Number.isFinite(high)) values.push(-(low + (high - low) * share));
    }
    expect(values.map(fromNumber)).toEqual(judged(datatype, values));
  });
});
