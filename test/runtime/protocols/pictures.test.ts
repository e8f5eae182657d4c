import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { catalog, model, sender } from './support.js';

const INPUTS = [{ name: 'image', datatype: 'BYTES' as const, shape: [-1] }];
const OUTPUTS = [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 2], labels: ['cat', 'dog'] }];
const TASK = { type: 'image_classification', preprocessing: [], layout: 'NCHW', output: 'logits', activation: 'none' };

/** Answers the length of each picture, and its first byte. */
const lengths = model({
  name: 'pets',
  inputs: INPUTS,
  outputs: OUTPUTS,
  manifest: { format: 'onnx', inputs: INPUTS, outputs: OUTPUTS, task: TASK } as unknown as Manifest,
  compute: ([image]) => {
    const files = image!.data as Buffer[];
    const data = Float32Array.from(files.flatMap((file) => [file.length, file[0]!]));
    return [{ name: 'scores', datatype: 'FP32', shape: [files.length, 2], data }];
  },
});

const send = () => sender(catalog([lengths]), { vertexRoutes: { health: '/health', predict: '/predict' } });

/** Predict routes, with the scores of one picture and of two in their answers. */
const ROUTES: readonly (readonly [path: string, scores: (json: never) => unknown])[] = [
  ['/v1/models/pets:predict', ({ predictions }: { predictions: unknown }) => predictions],
  ['/v2/models/pets/infer', ({ outputs }: { outputs: { data: number[] }[] }) => pairs(outputs[0]!.data)],
  ['/invocations', ({ predictions }: { predictions: unknown }) => predictions],
  ['/score', ({ predictions }: { predictions: unknown }) => predictions],
  ['/predict', ({ predictions }: { predictions: unknown }) => predictions],
  ['/predictions/pets', (list: unknown) => list],
];

function pairs(values: readonly number[]): number[][] {
  return Array.from({ length: values.length / 2 }, (_, row) => values.slice(row * 2, row * 2 + 2));
}

function form(...files: readonly Buffer[]): [Buffer, object] {
  const parts = files.flatMap((file, index) => [
    Buffer.from(`--line\r\nContent-Disposition: form-data; name="f${index}"; filename="f"\r\n\r\n`),
    file,
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...parts, Buffer.from('--line--\r\n')]);
  return [body, { headers: { 'content-type': 'multipart/form-data; boundary=line' } }];
}

describe.each(ROUTES)('POST %s', (path, scores) => {
  let jpeg: Buffer;
  let png: Buffer;

  beforeAll(async () => {
    const picture = sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });
    [jpeg, png] = await Promise.all([picture.jpeg().toBuffer(), picture.png().toBuffer()]);
  });

  const answer = async (body: Buffer, options?: object) => {
    const response = await send()('POST', path, body, options);
    expect(response.text).not.toMatch(/error/);
    expect(response.status).toBe(200);
    return scores(response.json() as never);
  };

  it.each(['image/jpeg', 'application/octet-stream', 'application/x-image', 'application/x-www-form-urlencoded'])(
    'takes a picture of the type %s as its body',
    async (type) => {
      expect(await answer(jpeg, { headers: { 'content-type': type } })).toEqual([[jpeg.length, 0xff]]);
    },
  );

  it('takes a form of pictures as one batch', async () => {
    expect(await answer(...form(jpeg, png))).toEqual([
      [jpeg.length, 0xff],
      [png.length, 0x89],
    ]);
  });

  it('passes a body of a picture type to the model, whose decoder reports what is wrong', async () => {
    expect(await answer(Buffer.from('a cat'), { headers: { 'content-type': 'image/jpeg' } })).toEqual([[5, 97]]);
  });

  it('rejects a form without fields', async () => {
    const response = await send()('POST', path, ...form());
    expect(response.status).toBe(400);
    expect(response.text).toMatch('the form has no fields: send each picture as a file');
  });
});
