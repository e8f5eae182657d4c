import { join } from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageMemory } from '../../../runtime/src/server/message-memory.js';
import { damaged } from '../fuzz/arbitraries.js';

const PROTO = join(import.meta.dirname, '../../../runtime/proto');

/** Least bytes of memory that a decoded value takes. */
const [OBJECT, TEXT, NUMBER] = [100, 50, 8] as const;

function weightOf(value: unknown): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return TEXT;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + weightOf(each), 0);
  if (typeof value !== 'object' || value === null) return NUMBER;
  return OBJECT + weightOf(Object.values(value));
}

function methodOf(file: string, service: string, name: string) {
  // Only the fields of a message are decoded, and only text becomes a string.
  const loaded = loadSync(file, { includeDirs: [PROTO], keepCase: true, longs: Number });
  const method = (loaded[service] as ServiceDefinition)[name] as MethodDefinition<object, object>;
  const memory = messageMemory(method as never, loaded);
  return {
    encode: method.requestSerialize,
    decode: method.requestDeserialize,
    estimate: (bytes: Buffer) => memory(bytes, Number.POSITIVE_INFINITY),
    /** Checks that the estimator rejects `bytes`, or counts everything that they decode to. */
    check(bytes: Buffer): void {
      let estimate: number;
      try {
        estimate = memory(bytes, Number.POSITIVE_INFINITY);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
        return;
      }
      let decoded: object;
      try {
        decoded = method.requestDeserialize(bytes);
      } catch {
        return;
      }
      expect(estimate).toBeGreaterThanOrEqual(weightOf(decoded));
    },
  };
}

const infer = methodOf('open_inference.proto', 'inference.GRPCInferenceService', 'ModelInfer');
const predict = methodOf('tensorflow_serving.proto', 'tensorflow.serving.PredictionService', 'Predict');

const text = fc.string({ maxLength: 4 });
const bytes = fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array));
const list = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 4 });
const optional = <T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) => fc.record(fields, { requiredKeys: [] });
const long = fc.maxSafeInteger();

const parameters = fc.dictionary(text, optional({ int64_param: long, bool_param: fc.boolean() }), { maxKeys: 2 });
const inferRequest = optional({
  model_name: text,
  parameters,
  inputs: list(
    optional({
      name: text,
      shape: list(long),
      parameters,
      contents: optional({
        bool_contents: list(fc.boolean()),
        int_contents: list(fc.integer()),
        int64_contents: list(long),
        fp32_contents: list(fc.float({ noNaN: true })),
        fp64_contents: list(fc.double({ noNaN: true })),
        bytes_contents: list(bytes),
      }),
    }),
  ),
  outputs: list(optional({ name: text, parameters })),
  raw_input_contents: list(bytes),
}).map((message) => infer.encode(message));

const predictRequest = optional({
  inputs: fc.dictionary(
    text,
    optional({
      dtype: fc.nat({ max: 9 }),
      tensor_shape: fc.record({ dim: list(optional({ size: long, name: text })) }),
      int_val: list(fc.integer()),
      half_val: list(fc.integer()),
      string_val: list(bytes),
      uint64_val: list(fc.maxSafeNat()),
    }),
    { maxKeys: 3 },
  ),
  output_filter: list(text),
}).map((message) => predict.encode(message));

describe.each([
  ['ModelInfer', infer, inferRequest],
  ['Predict', predict, predictRequest],
])('the estimate of the memory of a request of %s', (_, method, requests) => {
  it('is at least what it decodes to', () => {
    fc.assert(
      fc.property(requests, (message) => {
        expect(method.estimate(message)).toBeGreaterThanOrEqual(weightOf(method.decode(message)));
      }),
      { numRuns: 500 },
    );
  });

  it('is at least what it decodes to when damaged, or the message is rejected', () => {
    // Repeated damage outweighs the rest of the message.
    const amplified = damaged(requests).chain((message) =>
      fc.tuple(fc.nat({ max: message.length }), fc.nat({ max: 12 })).map(([at, length]) => {
        const part = message.subarray(at, at + length);
        return Buffer.concat([message.subarray(0, at), ...Array<Buffer>(100).fill(part), message.subarray(at)]);
      }),
    );
    fc.assert(fc.property(fc.oneof(damaged(requests), amplified), method.check), { numRuns: 4000 });
  });

  it('is at least what any bytes decode to, or they are rejected', () => {
    const byte = fc.oneof(fc.constantFrom(0, 1, 2, 8, 0x0a, 0x10, 0x28, 0x2a, 0x3a, 0x80), fc.nat({ max: 255 }));
    const repeated = fc
      .tuple(fc.array(byte, { maxLength: 4 }), fc.array(byte, { maxLength: 12 }))
      .map(([head, part]) => Buffer.from([...head, ...Array<number[]>(100).fill(part).flat()]));
    fc.assert(fc.property(repeated, method.check), { numRuns: 4000 });
  });
});

describe('messages that decoders read unlike their wire types', () => {
  const times = (hex: string, count = 1000) => hex.repeat(count);

  it.each([
    ['numbers in place of messages', times('2800')],
    ['numbers in place of bytes', times('3800')],
    ['fixed numbers in place of messages', times('2900')],
    ['lengths in place of numbers', '220512030a0100'],
    ['a group before messages', `a306a406${times('2a00')}`],
    ['the end of a group', 'a406'],
    ['an invalid wire type', 'a606'],
    ['tags above 32 bits', times('aa8080801000')],
    ['tags of more than 5 bytes', times('aa80808080008080808000')],
    ['lengths of more than 5 bytes', times('2a80808080800080808000')],
    ['lengths beyond the message', '2a05'],
    ['lengths beyond the outer message', `2a042a05${times('00', 5)}`],
    ['varints that do not end', '2a052a030a0180'],
    ['32-bit varints of 6 bytes', `2a0a2a080a06${times('80', 5)}00`],
    ['32-bit varints of 11 bytes', `2a0f2a0d0a0b${times('80', 10)}00`],
    ['64-bit varints of 11 bytes', `2a0d1a0b${times('80', 10)}00`],
    ['fixed numbers beyond the message', '2a062a043d000000'],
  ])('are malformed: %s', (_, hex) => {
    expect(() => infer.estimate(Buffer.from(hex, 'hex'))).toThrow('the message is malformed');
  });

  it.each([
    ['unknown fields', `a006ffffffffffffffffff01${'a106'}${times('00', 8)}a50600000000a2060161`, {}],
    ['numbers one by one', '2a0918011802180318ff01', { inputs: [{ shape: [1, 2, 3, 255] }] }],
    [
      'negative numbers of 32 bits',
      '2a0f2a0d120bffffffffffffffffff0105',
      { inputs: [{ contents: { int_contents: [-1, 5] } }] },
    ],
    ['padded tags and lengths', '8a80808000818080800061', { model_name: 'a' }],
  ])('are not: %s', (_, hex, decoded) => {
    const message = Buffer.from(hex, 'hex');
    expect(infer.decode(message)).toEqual(decoded);
    expect(infer.estimate(message)).toBeGreaterThanOrEqual(weightOf(decoded));
  });
});
