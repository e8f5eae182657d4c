import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeFrame, type Frame, FrameReader, tensorsOf } from '../../../runtime/src/engines/python/frame.js';
import { Worker } from '../../../runtime/src/engines/python/worker.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { damaged } from './arbitraries.js';

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [2], data: Float32Array.of(1, 2) };
const frame = (header: object, tensors: readonly Tensor[] = []) =>
  Buffer.concat(encodeFrame(header as Record<string, unknown>, tensors));

/** A frame whose header is any text. */
function withHeader(text: string, body = Buffer.alloc(0)): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(Buffer.byteLength(text), 0);
  lengths.writeUInt32LE(body.length, 4);
  return Buffer.concat([lengths, Buffer.from(text), body]);
}

/** A process in a worker's place, which loads any model and answers each run with the bytes of its environment. */
const IMPOSTOR = `#!${process.execPath}
const { Socket } = require('node:net');
const socket = new Socket({ fd: 3, readable: true, writable: true });
let loaded = false;
socket.on('data', () => {
  const bytes = loaded ? process.env.ANSWER : process.env.LOADED;
  loaded = true;
  socket.write(Buffer.from(bytes, 'base64'));
});
socket.on('close', () => process.exit(0));
`;

const workers: Worker[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const worker of workers.splice(0)) await worker.close();
});

async function answering(bytes: Buffer): Promise<Worker> {
  const python = join(mkdtempSync(join(tmpdir(), 'modelship-impostor-')), 'python');
  writeFileSync(python, IMPOSTOR);
  chmodSync(python, 0o755);
  vi.stubEnv('LOADED', frame({ signatures: {} }).toString('base64'));
  vi.stubEnv('ANSWER', bytes.toString('base64'));
  const worker = new Worker({
    python,
    path: '/none',
    format: 'pickle',
    trusted: true,
    environment: ['LOADED', 'ANSWER'],
    threads: 1,
    loadLimitMs: 20_000,
    onLine: () => {},
  });
  workers.push(worker);
  await worker.load();
  return worker;
}

describe('frames', () => {
  it('that are damaged are refused, or are frames', () => {
    const frames = fc.constantFrom(frame({ signature: 'x' }, [x]), frame({}), frame({ error: { code: 'INTERNAL' } }));
    fc.assert(
      fc.property(damaged(frames), (bytes) => {
        const found: Frame[] = [];
        try {
          new FrameReader((each) => found.push(each)).push(bytes);
          for (const each of found) tensorsOf(each);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what a process writes in the place of an answer', () => {
  it('is an answer if it has the form of one', async () => {
    const worker = await answering(frame({}, [x]));
    expect(await worker.run([x], { signature: 'serving_default' })).toEqual([x]);
    expect(worker.isAlive).toBe(true);
  });

  const tensors = (text: string) => withHeader(`{"tensors":[${text}]}`, Buffer.alloc(8));
  it.each<[string, Buffer]>([
    ['no JSON', withHeader('{')],
    ['null', withHeader('null')],
    ['no tensors', withHeader('{}')],
    ['a tensor of no datatype', tensors('{"name":"x","datatype":"FP8","shape":[2],"size":8}')],
    ['a tensor of a negative size', tensors('{"name":"x","datatype":"FP32","shape":[-2],"size":8}')],
    ['a tensor without a shape', tensors('{"name":"x","datatype":"FP32","size":8}')],
    ['fewer bytes than the shape takes', tensors('{"name":"x","datatype":"FP32","shape":[4],"size":8}')],
    ['more bytes than there are', tensors('{"name":"x","datatype":"FP32","shape":[400],"size":1600}')],
    ['a failure of no code', frame({ error: { code: 'toString', message: 'x' } })],
    ['a failure that is text', frame({ error: 'x' })],
  ])('costs its request and ends the process: %s', async (_, bytes) => {
    const worker = await answering(bytes);
    await expect(worker.run([x], { signature: 'serving_default' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(worker.isAlive).toBe(false);
    await worker.ended;
  });

  it('never answers the request that comes next', async () => {
    const worker = await answering(Buffer.concat([frame({}, [x]), frame({}, [x])]));
    expect(await worker.run([x], { signature: 'serving_default' })).toEqual([x]);
    await worker.ended;
    await expect(worker.run([x], { signature: 'serving_default' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
