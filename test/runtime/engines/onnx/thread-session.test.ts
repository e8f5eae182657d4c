import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type PlainTensor, ThreadSession } from '../../../../runtime/src/engines/onnx/thread-session.js';

const FIXTURE = join(import.meta.dirname, '../../../fixtures/mean_color.onnx');
const PIXELS = 8 * 8 * 3;

let session: ThreadSession;
afterEach(() => session.release());

const open = async () => {
  session = await ThreadSession.open(FIXTURE, { intraOpNumThreads: 1, logSeverityLevel: 3 });
};

/** A picture of one color, whose mean that is. */
const picture = (value: number): Record<string, PlainTensor> => ({
  pixels: { type: 'float32', dims: [1, 8, 8, 3], data: new Float32Array(PIXELS).fill(value) },
});
const mean = async (value: number) => ((await session.run(picture(value))).outputs.means!.data as Float32Array)[0];

it('gives each run its own answer, also after one that could not be sent', async () => {
  await open();
  expect(await mean(1)).toBe(1);
  const unsendable = { pixels: { type: 'string', dims: [1], data: [() => 'no thread can be given this'] } };
  await expect(session.run(unsendable)).rejects.toThrow('could not be cloned');
  expect(await Promise.all([mean(2), mean(3)])).toEqual([2, 3]);
});

it('gives each run its own answer, though one that was sent later fails before it', async () => {
  await open();
  const first = mean(4);
  // Fails before the model sees it, while the run before it waits for its turn.
  const misnamed = session.run({ pixels: { type: 'float32', dims: [1], data: 'no numbers' } });
  const third = mean(5);
  await expect(misnamed).rejects.toThrow();
  expect(await Promise.all([first, third])).toEqual([4, 5]);
});
