import { describe, expect, test } from 'vitest';
import { distributionOf } from '../../../runtime/src/drift/bins.js';
import type { ReferenceColumn } from '../../../runtime/src/drift/columns.js';
import { InputGuard, type OutsideValue } from '../../../runtime/src/guards/input-guard.js';
import { MISSING_TEXT } from '../../../runtime/src/tensor/missing.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

const place = { input: 'x', index: 0, name: 'x', missing: 0 };
const NUMBERS: ReferenceColumn = { ...place, kind: 'number', min: 1, max: 3, ...distributionOf(Float64Array.of(1, 3)) };
const CITIES: ReferenceColumn = { ...place, kind: 'category', values: ['a', 'b'], counts: [1, 1] };

/** Returns the values of a tensor that are outside, by row. */
function outside(column: ReferenceColumn, tensor: Omit<Tensor, 'name' | 'shape'>) {
  const found: Pick<OutsideValue, 'row' | 'value'>[] = [];
  const input: Tensor = { name: 'x', shape: [tensor.data.length, 1], ...tensor };
  new InputGuard([column]).check([input], ({ row, value }) => found.push({ row, value }));
  return found;
}

describe('a column of numbers', () => {
  test.each([
    { datatype: 'INT64', data: BigInt64Array.of(1n, 3n, -4n) },
    { datatype: 'UINT64', data: BigUint64Array.of(1n, 3n, 2n ** 63n) },
    { datatype: 'FP64', data: Float64Array.of(1, 3, 3.5) },
    { datatype: 'FP16', data: Uint16Array.of(0x3c00, 0x4200, 0x4300) },
  ] as const)('compares values of $datatype with its range', (tensor) => {
    const [, , last] = tensor.datatype === 'FP16' ? [1, 3, 3.5] : [...tensor.data].map(Number);
    expect(outside(NUMBERS, tensor)).toEqual([{ row: 2, value: last }]);
  });

  test('does not compare strings of an input of the same name', () => {
    expect(outside(NUMBERS, { datatype: 'BYTES', data: [Buffer.from('9')] })).toEqual([]);
  });
});

describe('a column of strings', () => {
  test('compares strings with its categories', () => {
    const data = [Buffer.from('a'), Buffer.from('c'), MISSING_TEXT];
    expect(outside(CITIES, { datatype: 'BYTES', data })).toEqual([
      { row: 1, value: 'c' },
      { row: 2, value: Number.NaN },
    ]);
    expect(outside({ ...CITIES, missing: 1 }, { datatype: 'BYTES', data })).toEqual([{ row: 1, value: 'c' }]);
  });

  test('does not compare numbers of an input of the same name', () => {
    expect(outside(CITIES, { datatype: 'INT64', data: BigInt64Array.of(7n) })).toEqual([]);
  });
});
