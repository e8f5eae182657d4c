import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameReader, tensorsOf } from '../../../../runtime/src/engines/python/frame.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';

const tensors: readonly Tensor[] = [
  { name: 'bytes', datatype: 'BYTES', shape: [2], data: [Buffer.from('a'), Buffer.from('longer')] },
  { name: 'odd', datatype: 'UINT8', shape: [3], data: Uint8Array.of(1, 2, 3) },
  { name: 'numbers', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(0.5, Number.NaN) },
  { name: 'none', datatype: 'INT64', shape: [0], data: new BigInt64Array(0) },
];

function read(pieces: readonly Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  for (const piece of pieces) reader.push(piece);
  return frames;
}

describe('a frame', () => {
  it('carries tensors of every kind, each aligned', () => {
    const bytes = Buffer.concat(encodeFrame({ signature: 'main' }, tensors));
    const [frame] = read([bytes]);
    expect(frame!.header.signature).toBe('main');
    expect(frame!.body.length % 8).toBe(0);
    expect(tensorsOf(frame!)).toEqual(tensors);
  });

  it('arrives whole however the stream is cut', () => {
    const bytes = Buffer.concat([
      ...encodeFrame({ number: 1 }, tensors),
      ...encodeFrame({ number: 2 }),
      ...encodeFrame({ number: 3 }, tensors),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 20 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        const frames = read(ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end)));
        expect(frames.map(({ header }) => header.number)).toEqual([1, 2, 3]);
        expect(tensorsOf(frames[2]!)).toEqual(tensors);
      }),
    );
  });

  it('is waited for until its last byte', () => {
    const bytes = Buffer.concat(encodeFrame({}, tensors));
    expect(read([bytes.subarray(0, -1)])).toEqual([]);
  });
});
