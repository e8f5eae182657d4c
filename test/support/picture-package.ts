import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePackage } from './packages.js';

const LABELS = ['cat', 'dog'];

/** Manifest fields of a model that classifies pictures. Its files are those of `writePackage`, so it cannot be run. */
const PICTURES = {
  name: 'pets',
  inputs: [{ name: 'image', datatype: 'BYTES' as const, shape: [-1] }],
  outputs: [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 2], labels: LABELS }],
  signatures: {
    tensors: {
      inputs: [{ name: 'pixel_values', datatype: 'FP32' as const, shape: [-1, 3, 8, 8] }],
      outputs: [{ name: 'logits', datatype: 'FP32' as const, shape: [-1, 2], labels: LABELS }],
    },
  },
  task: {
    type: 'image_classification' as const,
    preprocessing: [{ type: 'resize' as const, height: 8, width: 8, filter: 'bilinear' as const }],
    layout: 'NCHW' as const,
    output: 'logits',
    activation: 'softmax' as const,
  },
};

/** Writes a package whose model takes pictures, and returns its folder. */
export function writePicturePackage(directory?: string): string {
  return writePackage(PICTURES, directory);
}

/** Writes a package that runs: its scores are the mean red, green and blue of a picture. Returns its folder. */
export function writeColorPackage(): string {
  const means = { datatype: 'FP32' as const, shape: [-1, 3], labels: ['red', 'green', 'blue'] };
  return writePackage({
    name: 'colors',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'scores', ...means }],
    signatures: {
      tensors: {
        inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 8, 8, 3] }],
        outputs: [{ name: 'means', ...means }],
      },
    },
    task: {
      type: 'image_classification',
      preprocessing: [
        { type: 'resize', height: 8, width: 8, filter: 'box' },
        { type: 'rescale', factor: 1 / 255 },
      ],
      layout: 'NHWC',
      output: 'means',
      activation: 'none',
    },
    content: {
      'model.onnx': readFileSync(join(import.meta.dirname, '../fixtures/mean_color.onnx')),
      'samples.json': '[]',
    },
  });
}
