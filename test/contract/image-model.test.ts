import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { writePackage } from '../support/packages.js';
import { TARGETS } from './targets.js';

// A model that takes pictures, on each target: files, forms and base64 get through, and the mean color is that of the picture.

const COLORS = ['red', 'green', 'blue'];
const means = { name: 'means', datatype: 'FP32' as const, shape: [-1, 3], labels: COLORS };
const PICTURES = Model.fromDirectory(
  writePackage({
    name: 'colors',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ ...means, name: 'scores' }],
    signatures: {
      tensors: { inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 8, 8, 3] }], outputs: [means] },
    },
    task: {
      type: 'image_classification',
      preprocessing: [
        { type: 'orient' },
        { type: 'convert', mode: 'RGB' },
        { type: 'resize', height: 8, width: 8, filter: 'bilinear' },
        { type: 'rescale', factor: 1 / 255 },
      ],
      layout: 'NHWC',
      output: 'means',
      activation: 'none',
    },
    content: { 'model.onnx': readFileSync(join(__dirname, '..', 'fixtures', 'mean_color.onnx')) },
  }),
);

let stop: () => Promise<unknown> = async () => {};
afterEach(() => stop());

test.each(Object.entries(TARGETS))(
  '%s',
  async (_, start) => {
    const background = { r: 255, g: 51, b: 0 };
    const bytes = await sharp({ create: { width: 20, height: 30, channels: 3, background } })
      .png()
      .toBuffer();
    const scores = [1, 0.2, 0].map((value) => expect.closeTo(value, 5));
    const target = await start(PICTURES);
    stop = () => target.stop();
    const path = target.onlyPath ?? '/v1/models/colors:predict';
    const predictions = async (body: Parameters<typeof target.ask>[1]) => {
      const { status, text } = await target.ask(path, body);
      expect([status, status === 200 ? '' : text]).toEqual([200, '']);
      return JSON.parse(text).predictions;
    };
    expect(await predictions({ bytes, type: 'image/png' })).toEqual([scores]);
    const instances = [bytes.toString('base64'), bytes.toString('base64')];
    expect(await predictions({ instances })).toEqual([scores, scores]);
    const part = 'Content-Disposition: form-data; name="picture"; filename="picture.png"';
    const form = Buffer.concat([Buffer.from(`--line\r\n${part}\r\n\r\n`), bytes, Buffer.from('\r\n--line--\r\n')]);
    expect(await predictions({ bytes: form, type: 'multipart/form-data; boundary=line' })).toEqual([scores]);
    const { status } = await target.ask(path, { bytes: bytes.subarray(0, 60), type: 'image/png' });
    expect(status).toBe(400);
  },
  900_000,
);
