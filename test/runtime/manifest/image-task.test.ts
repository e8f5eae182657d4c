import { type Manifest, packageDigest, parseManifest } from '@modelship/runtime/manifest';
import { describe, expect, test } from 'vitest';

const STEPS = [
  { type: 'orient' },
  { type: 'convert', mode: 'RGB' },
  { type: 'resize', shortestEdge: 256, filter: 'bilinear' },
  { type: 'center_crop', height: 224, width: 224, rounding: 'half_even' },
  { type: 'rescale', factor: 1 / 255 },
  { type: 'normalize', mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
];

const CLASSIFY = {
  type: 'image_classification',
  preprocessing: STEPS,
  layout: 'NCHW',
  output: 'logits',
  activation: 'softmax',
};

const LOGITS = { name: 'logits', datatype: 'FP32', shape: [-1, 2], labels: ['cat', 'dog'] };
const pixels = (shape: number[], datatype = 'FP32') => ({ name: 'pixel_values', datatype, shape });

const FIELDS = {
  schemaVersion: 1,
  name: 'pets',
  version: '1',
  format: 'onnx',
  artifact: 'model.onnx',
  inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
  outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 2], labels: ['cat', 'dog'] }],
  signatures: { tensors: { inputs: [pixels([-1, 3, 224, 224])], outputs: [LOGITS] } },
  task: CLASSIFY,
  samples: { count: 0, tolerance: { absolute: 1e-6, relative: 1e-5 } },
  files: [{ path: 'model.onnx', size: 8, sha256: 'a'.repeat(64) }],
};

const EMBED = {
  task: {
    ...CLASSIFY,
    type: 'image_embedding',
    activation: undefined,
    output: 'hidden',
    pooling: 'cls',
    normalize: true,
  },
  outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 8] }],
  signatures: {
    tensors: {
      inputs: [pixels([1, 3, -1, -1]), { name: 'pixel_mask', datatype: 'INT64', shape: [-1, -1, -1] }],
      outputs: [{ name: 'hidden', datatype: 'FP16', shape: [-1, 5, 8] }],
    },
  },
};

const BOXES = { output: 'boxes', format: 'corners', unit: 'pixel' };
const DETECT = {
  task: {
    ...CLASSIFY,
    type: 'object_detection',
    activation: 'sigmoid',
    background: 1,
    boxes: BOXES,
    threshold: 0.5,
    suppression: { overlap: 0.7, perClass: true },
  },
  outputs: [{ name: 'objects', datatype: 'BYTES', shape: [-1] }],
  signatures: {
    tensors: {
      inputs: [pixels([-1, 3, 224, 224])],
      outputs: [
        { ...LOGITS, shape: [-1, 100, 2] },
        { name: 'boxes', datatype: 'FP32', shape: [-1, 100, 4] },
      ],
    },
  },
};

const SEGMENT = {
  task: { ...CLASSIFY, type: 'image_segmentation', activation: undefined, masks: 'png' },
  outputs: [{ name: 'segments', datatype: 'BYTES', shape: [-1] }],
  signatures: {
    tensors: { inputs: [pixels([-1, 3, 224, 224])], outputs: [{ ...LOGITS, shape: [-1, 2, 56, 56] }] },
  },
};

function parse(changes: Record<string, unknown> = {}): Manifest {
  const fields = { ...FIELDS, ...changes } as unknown as Manifest;
  return parseManifest(JSON.stringify({ ...fields, digest: packageDigest(fields) }), 'model.json');
}

const steps = (...preprocessing: object[]) => ({ task: { ...CLASSIFY, preprocessing } });
const inputs = (...specs: object[]) => ({ signatures: { tensors: { inputs: specs, outputs: [LOGITS] } } });

describe('the task of a manifest for pictures', () => {
  test.each<[string, Record<string, unknown>]>([
    ['image_classification', {}],
    ['image_embedding', EMBED],
    ['object_detection', DETECT],
    [
      'boxes of FP64',
      {
        ...DETECT,
        signatures: {
          tensors: {
            ...DETECT.signatures.tensors,
            outputs: [
              { ...LOGITS, shape: [-1, 100, 2] },
              { name: 'boxes', datatype: 'FP64', shape: [-1, 100, 4] },
            ],
          },
        },
      },
    ],
    ['image_segmentation', SEGMENT],
    [
      'grey pictures in bytes',
      {
        task: { ...CLASSIFY, layout: 'NHWC', preprocessing: [{ type: 'convert', mode: 'L' }] },
        ...inputs(pixels([-1, -1, -1, 1], 'UINT8')),
      },
    ],
    [
      'each way to resize and pad',
      steps(
        { type: 'resize', height: 10, width: 20, filter: 'lanczos' },
        { type: 'resize', shortestEdge: 10, longestEdge: 20, filter: 'nearest' },
        { type: 'resize', maxHeight: 10, maxWidth: 20, filter: 'hamming' },
        { type: 'pad', height: 224, width: 224, value: 114, position: 'center' },
      ),
    ],
  ])('is read: %s', (_, changes) => {
    expect(parse(changes)).toMatchObject(JSON.parse(JSON.stringify({ ...FIELDS, ...changes })));
  });

  test.each<[string, Record<string, unknown>, string | RegExp]>([
    ['an unknown step', steps({ type: 'blur' }), /task\.preprocessing\.0: must be orient, convert, resize/],
    ['a resize without a size', steps({ type: 'resize', filter: 'box' }), /task\.preprocessing\.0: must be orient/],
    ['an orientation that comes later', steps(STEPS[1]!, STEPS[0]!), 'preprocessing.1: orient must be the first step'],
    ['bytes after values', steps(STEPS[4]!, STEPS[2]!), 'preprocessing.1: resize must come before rescale'],
    [
      'limits that exclude each other',
      steps({ type: 'resize', shortestEdge: 20, longestEdge: 10, filter: 'box' }),
      '`longestEdge` must be at least `shortestEdge`, 20, got 10',
    ],
    [
      'means of other channels',
      steps({ type: 'convert', mode: 'L' }, STEPS[5]!),
      '`mean` must have a number for each of 1 channels, got 3',
    ],
    ['a division by 0', steps({ type: 'normalize', mean: [0, 0, 0], std: [1, 0, 1] }), '`std` must not be 0'],
    ['axes in another order', inputs(pixels([-1, 224, 224, 3])), 'with the shape [-1, 3, -1, -1] is allowed'],
    [
      'boxes of another output',
      { ...DETECT, task: { ...DETECT.task, boxes: { ...BOXES, output: 'logits' } } },
      'task.boxes.output: logits must be FP32 or FP16 with the shape [-1, -1, 4], got logits FP32 [-1, 100, 2]',
    ],
    [
      'a background that is no class',
      { ...DETECT, task: { ...DETECT.task, background: 2 } },
      'task.background: must be the index of one of 2 classes, got 2',
    ],
    ['two pictures', inputs(pixels([-1, 3, 8, 8]), { ...pixels([-1, 3, 8, 8]), name: 'b' }), 'one input of FP32'],
    ['text inputs', inputs({ name: 'input_ids', datatype: 'INT64', shape: [-1, -1] }), 'one input of FP32'],
    [
      'classes without labels',
      { signatures: { tensors: { inputs: [pixels([-1, 3, 8, 8])], outputs: [{ ...LOGITS, labels: undefined }] } } },
      'logits needs a label for each class, got none',
    ],
    [
      'an input of another name',
      { inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }] },
      'has image BYTES [-1]',
    ],
  ])('is rejected: %s', (_, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });
});
