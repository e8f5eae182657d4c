import { describe, expect, it } from 'vitest';
import { csvFromTensors, tensorsFromCsv } from '../../../runtime/src/tensor/csv.js';
import type { Datatype } from '../../../runtime/src/tensor/datatype.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';

const read = (text: string, datatype: Datatype = 'FP32', shape: number[] = [-1, 2]) =>
  tensorsFromCsv({ inputs: [{ name: 'x', datatype, shape }], outputs: [] }, Buffer.from(text))[0]!;

describe('CSV', () => {
  it.each([
    ['1,2\n3,4\n', [2, 2], [1, 2, 3, 4]],
    ['1, 2\r\n3 ,4', [2, 2], [1, 2, 3, 4]],
    ['1.5,.5\n\n-1e3,+2.\n', [2, 2], [1.5, 0.5, -1000, 2]],
    ['"1","2"', [1, 2], [1, 2]],
    ['nan,-inf', [1, 2], [Number.NaN, -Infinity]],
  ])('reads %j', (text, shape, data) => {
    expect(read(text)).toEqual({ name: 'x', datatype: 'FP32', shape, data: Float32Array.from(data) });
  });

  it('fits the shape of the input', () => {
    expect(read('1\n2\n', 'FP32', [-1]).shape).toEqual([2]);
    expect(read('1,2,3,4\n', 'FP32', [-1, 2, 2]).shape).toEqual([1, 2, 2]);
    expect(read('a,"b ""c"", d"\n', 'BYTES').data).toEqual([Buffer.from('a'), Buffer.from('b "c", d')]);
    expect(read('true,0', 'BOOL').data).toEqual(Uint8Array.of(1, 0));
    expect(read('-9223372036854775808,1', 'INT64').data).toEqual(BigInt64Array.of(-(2n ** 63n), 1n));
  });

  it.each<[string, Datatype, string]>([
    ['', 'FP32', 'the CSV is empty'],
    ['\n\n', 'FP32', 'the CSV is empty'],
    ['1,2\n3', 'FP32', 'CSV line 2: got 1 values, the first line has 2'],
    ['1,2,\n', 'INT32', 'CSV line 1, column 3 is empty, and INT32 has no missing value'],
    ['1,2\n\n3,', 'BOOL', 'CSV line 1, column 2'],
    ['a,b\n1,2', 'FP32', 'CSV line 1, column 1: "a" is not FP32'],
    ['1,0x10', 'FP32', '"0x10" is not FP32'],
    ['1,1.5', 'INT32', '"1.5" is not INT32'],
    ['1,128', 'INT8', '"128" is not INT8'],
    ['1,-1', 'UINT64', '"-1" is not UINT64'],
    ['yes,no', 'BOOL', '"yes" is not BOOL'],
    ['constructor,1', 'BOOL', '"constructor" is not BOOL'],
    ['1,constructor', 'FP32', '"constructor" is not FP32'],
    ['1,-valueOf', 'FP64', '"-valueOf" is not FP64'],
    ['__proto__,1', 'FP32', '"__proto__" is not FP32'],
    ['1,2\n3,4,5', 'FP32', 'CSV line 2: got 3 values, the first line has 2'],
    ['"1,2', 'FP32', 'a quoted value is not closed'],
    ['"1"2', 'FP32', '"2" follows a closing quote'],
  ])('refuses %j for %s', (text, datatype, message) => {
    expect(() => read(text, datatype)).toThrow(InferenceError);
    expect(() => read(text, datatype)).toThrow(message);
  });

  it('reads more lines than there was room for at first', () => {
    const { shape, data } = read('1,2\n'.repeat(1000));
    expect(shape).toEqual([1000, 2]);
    expect(data).toEqual(Float32Array.from({ length: 2000 }, (_, index) => 1 + (index % 2)));
  });

  it('refuses texts that would take many times as much memory as the request', () => {
    expect(read('a,\n'.repeat(1000), 'BYTES').data).toHaveLength(2000);
    expect(() => read(','.repeat(2 ** 18), 'BYTES')).toThrow('may hold 262144 texts');
  });

  it('writes the rows of all outputs side by side', () => {
    const label = {
      name: 'label',
      datatype: 'BYTES' as const,
      shape: [2],
      data: [Buffer.from('a'), Buffer.from('b,"c')],
    };
    const scores = {
      name: 's',
      datatype: 'FP32' as const,
      shape: [2, 2],
      data: Float32Array.of(0.1, 1, Number.NaN, 3),
    };
    expect(csvFromTensors([label, scores])).toBe('a,0.1,1.0\n"b,""c",nan,3.0\n');
    expect(() => csvFromTensors([label, { ...scores, shape: [4] }])).toThrow('output s has shape [4]');
    expect(() => csvFromTensors([{ ...scores, shape: [] }])).toThrow(InferenceError);
  });
});
