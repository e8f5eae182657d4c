import { type ImageTask, type ManifestTensor, SAMPLES_FILE } from '../../../../runtime/src/manifest/index.js';
import { writePackage } from '../../../support/packages.js';

/** Classes of the models that `transformers_cases.py` writes. */
export const LABELS = ['cat', 'dog', 'bird', 'fish'];

export type ModelKind = 'classification' | 'features' | 'detection' | 'segmentation';

const steps = (height: number, width: number, mean: number[], std: number[]): ImageTask['preprocessing'] => [
  { type: 'orient' },
  { type: 'convert', mode: 'RGB' },
  { type: 'resize', height, width, filter: 'bilinear' },
  { type: 'rescale', factor: 1 / 255 },
  { type: 'normalize', mean, std },
];

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const HALF = [0.5, 0.5, 0.5];
const input = (height: number, width: number, mean = MEAN, std = STD) => ({
  preprocessing: steps(height, width, mean, std),
  layout: 'NCHW' as const,
});
const tensor = (name: string, shape: number[], labels?: string[]): ManifestTensor => ({
  name,
  datatype: 'FP32',
  shape,
  ...(labels && { labels }),
});
const json = (name: string): ManifestTensor => ({ name, datatype: 'BYTES', shape: [-1] });

interface Kind {
  readonly task: ImageTask;
  readonly input: ManifestTensor;
  readonly own: ManifestTensor[];
  readonly output: ManifestTensor;
}

const KINDS: Readonly<Record<ModelKind, Kind>> = {
  classification: {
    task: { type: 'image_classification', ...input(32, 32, HALF, HALF), output: 'logits', activation: 'softmax' },
    input: tensor('pixel_values', [-1, 3, 32, 32]),
    own: [tensor('logits', [-1, 4], LABELS)],
    output: tensor('scores', [-1, 4], LABELS),
  },
  features: {
    task: {
      type: 'image_embedding',
      ...input(32, 32, HALF, HALF),
      output: 'last_hidden_state',
      pooling: 'cls',
      normalize: false,
    },
    input: tensor('pixel_values', [-1, 3, 32, 32]),
    own: [tensor('last_hidden_state', [-1, 5, 16])],
    output: tensor('embedding', [-1, 16]),
  },
  detection: {
    task: {
      type: 'object_detection',
      ...input(64, 96),
      output: 'logits',
      activation: 'softmax',
      background: 4,
      boxes: { output: 'pred_boxes', format: 'center', unit: 'fraction' },
      threshold: 0.2,
    },
    input: tensor('pixel_values', [1, 3, 64, 96]),
    own: [tensor('logits', [1, 12, 5], [...LABELS, 'nothing']), tensor('pred_boxes', [1, 12, 4])],
    output: json('objects'),
  },
  segmentation: {
    task: { type: 'image_segmentation', ...input(64, 64), output: 'logits', masks: 'png' },
    input: tensor('pixel_values', [1, 3, 64, 64]),
    own: [tensor('logits', [1, 4, 16, 16], LABELS)],
    output: json('segments'),
  },
};

/** Writes the package of a model that `transformers_cases.py` wrote. */
export function imagePackage(
  kind: ModelKind,
  onnx: Buffer,
  changes: Partial<ImageTask> = {},
  samples: readonly object[] = [],
): string {
  const { task, input, own, output } = KINDS[kind];
  return writePackage({
    name: 'pictures',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [output],
    signatures: { tensors: { inputs: [input], outputs: own } },
    task: { ...task, ...changes } as ImageTask,
    samples: { count: samples.length, tolerance: { absolute: 1e-6, relative: 1e-5 } },
    content: { 'model.onnx': onnx, [SAMPLES_FILE]: JSON.stringify(samples) },
  });
}
