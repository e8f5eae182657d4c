import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { differenceBetween } from '../../../runtime/src/tensor/difference.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

const numbers = (...values: number[]): Tensor => ({
  name: 'y',
  datatype: 'FP64',
  shape: [values.length],
  data: Float64Array.from(values),
});
const texts = (...values: string[]): Tensor => ({
  name: 'y',
  datatype: 'BYTES',
  shape: [values.length],
  data: values.map((value) => Buffer.from(value)),
});
const tolerance = { absolute: 0.01, relative: 0.1 };

describe('the difference between an answer and the golden one', () => {
  it.each([
    [1.1, 1],
    [0.01, 0],
    [-110, -100],
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%f is near enough to %f', (got, wanted) => {
    expect(differenceBetween(numbers(got), numbers(wanted), tolerance)).toBeUndefined();
  });

  it.each([
    [1.12, 1],
    [0.02, 0],
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 1],
    [1, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%f is not %f', (got, wanted) => {
    expect(differenceBetween(numbers(7, got), numbers(7, wanted), tolerance)).toBe(
      `y[1] is ${got}, expected ${wanted}`,
    );
  });

  it('is the type or the shape before any value', () => {
    expect(differenceBetween(texts('1'), numbers(1), tolerance)).toBe('y has type BYTES, expected FP64');
    expect(differenceBetween(numbers(1, 2), numbers(1), tolerance)).toBe('y has shape [2], expected [1]');
    const matrix = { ...numbers(1, 2), shape: [1, 2] };
    expect(differenceBetween(matrix, numbers(1, 2), tolerance)).toBe('y has shape [1,2], expected [2]');
  });

  it('is any byte of a text, and any bit of a whole number', () => {
    expect(differenceBetween(texts('a', 'b'), texts('a', 'c'), tolerance)).toBe('y[1] is "b", expected "c"');
    const large = (value: bigint): Tensor => ({ ...numbers(1), datatype: 'INT64', data: BigInt64Array.of(value) });
    expect(differenceBetween(large(2n ** 60n), large(2n ** 60n + 1n), tolerance)).toContain('expected');
    expect(differenceBetween(large(5n), large(5n), tolerance)).toBeUndefined();
  });

  it('is more than a pixel of a box or a polygon, and more than a thousandth of the pixels of a mask', () => {
    const objects = (xmin: number) => texts(JSON.stringify([{ score: 0.9, label: 'cat', box: { xmin, ymin: 4 } }]));
    const strict = { absolute: 1e-5, relative: 0 };
    expect(differenceBetween(objects(31), objects(30), strict)).toBeUndefined();
    expect(differenceBetween(objects(32), objects(30), strict)).toContain('expected');
    const lines = (x: number, text = 'total') => {
      return texts(
        JSON.stringify([
          {
            text,
            score: 0.9,
            polygon: [
              [x, 4],
              [90, 4],
            ],
          },
        ]),
      );
    };
    expect(differenceBetween(lines(31), lines(30), strict)).toBeUndefined();
    expect(differenceBetween(lines(32), lines(30), strict)).toContain('expected');
    expect(differenceBetween(lines(30, 'tota'), lines(30), strict)).toContain('expected');
    const segment = (mask: string) => texts(JSON.stringify([{ score: null, label: 'cat', mask }]));
    const [plain, one, two] = [0, 1, 2].map((differences) => segment(maskOf(40, 30, differences)));
    expect(differenceBetween(one!, plain!, strict)).toBeUndefined();
    expect(differenceBetween(two!, plain!, strict)).toContain('expected');
    expect(differenceBetween(segment(maskOf(30, 40, 0)), plain!, strict)).toContain('expected');
    expect(differenceBetween(segment('not a mask'), plain!, strict)).toContain('expected');
  });
});

/** Returns a mask as PNG in base64, with some white pixels. */
function maskOf(width: number, height: number, white: number): string {
  const rows = Buffer.alloc((width + 1) * height);
  for (let index = 0; index < white; index++) rows[2 + index] = 255;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.alloc(8), ...chunks]).toString('base64');
}
