import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Datatype } from '../../../../runtime/src/tensor/datatype.js';
import { InferenceError } from '../../../../runtime/src/tensor/errors.js';
import { JsonReader, TensorBuilder } from '../../../../runtime/src/tensor/json/index.js';

function tensor(json: string, datatype: Datatype = 'FP32', shape: number[] = [-1], nonFinite = true) {
  const builder = new TensorBuilder(new JsonReader(Buffer.from(json), nonFinite), { name: 'x', datatype, shape });
  builder.read();
  return builder.tensor();
}

function batch(json: string, datatype: Datatype = 'FP32') {
  const reader = new JsonReader(Buffer.from(json), true);
  const builder = new TensorBuilder(reader, { name: 'x', datatype, shape: [-1, -1] });
  if (reader.openArray()) {
    do builder.read();
    while (reader.nextElement());
  }
  return builder.batch();
}

describe('a tensor from JSON', () => {
  it('may have texts by the size of the document, beside those that any may have', () => {
    const texts = (count: number, text: string) => `[${new Array(count).fill(JSON.stringify(text)).join()}]`;
    expect(tensor(texts(2 ** 18, ''), 'BYTES').data).toHaveLength(2 ** 18);
    const many = /^a request of \d+ bytes may hold 262144 texts or examples: send them in several requests$/;
    expect(() => tensor(texts(2 ** 18 + 1, ''), 'BYTES')).toThrow(many);
    expect(() => tensor(`[${new Array(2 ** 18 + 1).fill('{"b64":""}').join()}]`, 'BYTES')).toThrow(many);
    expect(tensor(texts(300_000, 'x'.repeat(61)), 'BYTES').data).toHaveLength(300_000);
  });

  it('takes its shape from the nesting', () => {
    expect(tensor('[[1, 2, 3], [4, 5, 6]]')).toEqual({
      name: 'x',
      datatype: 'FP32',
      shape: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(tensor('7').shape).toEqual([]);
    expect(tensor('[]')).toMatchObject({ shape: [0], data: new Float32Array(0) });
    expect(tensor('[[], []]')).toMatchObject({ shape: [2, 0] });
    expect(tensor('[[[1]], [[2]]]').shape).toEqual([2, 1, 1]);
  });

  it('stacks items along a new first dimension', () => {
    expect(batch('[1, 2, 3]')).toMatchObject({ shape: [3], data: Float32Array.of(1, 2, 3) });
    expect(batch('[[1, 2], [3, 4]]')).toMatchObject({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    expect(batch('[[[1], [2]], [[3], [4]]]').shape).toEqual([2, 2, 1]);
  });

  it.each<[Datatype, string, unknown]>([
    ['FP32', '[1, 2.5, -3e2, NaN, Infinity, 1e999]', Float32Array.of(1, 2.5, -300, Number.NaN, Infinity, Infinity)],
    ['FP64', '[0.1, -0.0]', Float64Array.of(0.1, -0)],
    ['BOOL', '[true, false]', Uint8Array.of(1, 0)],
    ['UINT8', '[0, 255]', Uint8Array.of(0, 255)],
    ['INT8', '[-128, 127]', Int8Array.of(-128, 127)],
    ['UINT16', '[65535]', Uint16Array.of(65535)],
    ['INT16', '[-32768, 32767]', Int16Array.of(-32768, 32767)],
    ['INT32', '[-2147483648, 2147483647]', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['UINT32', '[4294967295]', Uint32Array.of(2 ** 32 - 1)],
    ['INT64', '[-9223372036854775808, 9223372036854775807, 1]', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 1n)],
    ['UINT64', '[18446744073709551615, 0]', BigUint64Array.of(2n ** 64n - 1n, 0n)],
    [
      'BYTES',
      '["a", "\\u00e9", {"b64": "/w=="}, ""]',
      ['a', 'é', [0xff], ''].map((bytes) => Buffer.from(bytes as string)),
    ],
  ])('reads %s', (datatype, json, data) => {
    expect(tensor(json, datatype).data).toEqual(data);
  });

  it.each<[Datatype, string, string]>([
    ['FP32', '["1"]', 'JSON Value: "1" Type: String is not of expected type: float'],
    ['FP32', '[1, {"a": 1}]', 'JSON Value: {"a": 1} Type: Object is not of expected type: float'],
    ['FP64', '[true]', 'JSON Value: true Type: True is not of expected type: double'],
    ['BOOL', '[1]', 'JSON Value: 1 Type: Number is not of expected type: bool'],
    ['INT32', '[1.0]', 'JSON Value: 1.0 Type: Number is not of expected type: int32'],
    ['INT32', '[1e2]', 'JSON Value: 1e2 Type: Number is not of expected type: int32'],
    ['INT32', '[2147483648]', 'JSON Value: 2147483648 Type: Number is not of expected type: int32'],
    ['INT32', '[NaN]', 'JSON Value: NaN Type: Number is not of expected type: int32'],
    ['UINT8', '[256]', 'JSON Value: 256 Type: Number is not of expected type: uint8'],
    ['UINT32', '[-1]', 'JSON Value: -1 Type: Number is not of expected type: uint32'],
    ['INT64', '[9223372036854775808]', 'JSON Value: 9223372036854775808 Type: Number is not of expected type: int64'],
    ['UINT64', '[-1]', 'JSON Value: -1 Type: Number is not of expected type: uint64'],
    ['UINT64', '[18446744073709551616]', 'is not of expected type: uint64'],
    ['BYTES', '[1]', 'JSON Value: 1 Type: Number is not of expected type: string'],
    ['BYTES', '[{"b64": 1}]', 'JSON Value: {"b64": 1} not formatted correctly for base64 data'],
    ['BYTES', '[{"b64": "aa", "x": 1}]', 'not formatted correctly for base64 data'],
    ['BYTES', '[{"b64": "a*b"}]', 'Unable to base64 decode'],
    ['FP32', '[[1, 2], [3]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['FP32', '[[1], [2, 3]]', 'Encountered list at unexpected size: 2 at level: 1 expected size: 1'],
    ['FP32', '[[], [1]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 0'],
    ['FP32', '[1, [2]]', 'Encountered list at unexpected level: 1 expected < 1'],
    ['FP32', '[[1], 2]', 'JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 3'],
    ['FP32', '[[1], [[2]]]', 'Encountered list at unexpected level: 2 expected < 2'],
    ['FP32', '[1 2]', 'JSON Parse error: Missing a comma or ] after an array element. at offset: 3'],
    ['FP32', '[1, ]', 'JSON Parse error: Invalid value. at offset: 4'],
    ['FP32', '[1', 'JSON Parse error: Missing a comma or ]'],
    ['FP32', '', 'JSON Parse error'],
  ])('refuses for %s the value %s', (datatype, json, message) => {
    const read = () => tensor(json, datatype);
    expect(read).toThrow(InferenceError);
    expect(read).toThrow(message);
  });

  it.each<[Datatype, string, number[]]>([
    ['FP16', '[1.5, -2, 1e-8, 70000, NaN]', [0x3e00, 0xc000, 0, 0x7c00, 0x7e00]],
    ['BF16', '[1.5, -2, 70000, NaN]', [0x3fc0, 0xc000, 0x4789, 0x7fc0]],
  ])('rounds numbers to the nearest %s', (datatype, json, bits) => {
    expect(tensor(json, datatype).data).toEqual(Uint16Array.from(bits));
    expect(() => tensor('["1"]', datatype)).toThrow('is not of expected type');
    expect(() => tensor('[1e39]', datatype, [-1], false)).toThrow(`1e39 is out of the range of ${datatype}`);
  });

  it.each([
    ['[[1, 2], [3]]', 'Expecting tensor size: 2 but got: 1'],
    ['[[[1, 2]], [[1], [2]]]', 'Expecting shape [1,2] but got: [2,1]'],
    ['[1, [2]]', 'Expecting shape [] but got: [1]'],
  ])('refuses items that differ in shape: %s', (json, message) => {
    expect(() => batch(json)).toThrow(message);
  });

  it('refuses non-finite numbers where they are not asked for', () => {
    expect(() => tensor('[NaN]', 'FP32', [-1], false)).toThrow(InferenceError);
    expect(() => tensor('[1e39]', 'FP32', [-1], false)).toThrow(/range of FP32/);
  });

  it('allocates by what the body can hold, not by what the signature could', () => {
    const huge = tensor('[1]', 'FP32', [1_000_000, 1_000_000]);
    expect((huge.data as Float32Array).buffer.byteLength).toBeLessThan(64);
  });

  it('shortens what it quotes', () => {
    expect(() => tensor(`["${'x'.repeat(10_000)}"]`)).toThrow(/^JSON Value: "x{63}\.\.\. Type: String/);
  });

  it('reads any nested floats as JSON.parse does', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    const cases = shapes.chain((shape) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return fc.tuple(
        fc.constant(shape),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: length, maxLength: length }),
      );
    });
    fc.assert(
      fc.property(cases, ([shape, values]) => {
        let nested: unknown[] = values;
        for (const size of shape.slice(1).reverse()) {
          const rows: unknown[] = [];
          for (let at = 0; at < nested.length; at += size) rows.push(nested.slice(at, at + size));
          nested = rows;
        }
        const read = tensor(JSON.stringify(nested), 'FP32', [-1, 2]);
        expect(read.shape).toEqual(shape);
        expect([...(read.data as Float32Array)].map((value) => value + 0)).toEqual(values.map((value) => value + 0));
      }),
    );
  });
});
