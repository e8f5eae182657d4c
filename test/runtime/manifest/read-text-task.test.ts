import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { packModel } from '../../../lib/pack/index.js';
import { type Manifest, packageDigest, parseManifest, type ReadTextTask } from '../../../runtime/src/manifest/index.js';
import { READER } from '../../support/reader.js';

let packed: Manifest;
beforeAll(async () => {
  const out = join(mkdtempSync(join(tmpdir(), 'modelship-reader-')), 'reader');
  packed = await packModel({ source: READER, name: 'reader', out });
}, 120_000);

const changed = (change: (manifest: Manifest, task: ReadTextTask) => void) => {
  const manifest = structuredClone(packed);
  change(manifest, manifest.task as ReadTextTask);
  const { digest: _, ...rest } = manifest;
  return () => parseManifest(JSON.stringify({ ...rest, digest: packageDigest(rest) }), 'model.json');
};

const CASES: readonly [string, (manifest: Manifest, task: ReadTextTask) => void, string][] = [
  [
    'a model that no digest covers',
    ({ files }) => files.splice(2, 1),
    'task.direction.model: "direction.onnx" is not listed in `files`',
  ],
  [
    'characters that no digest covers',
    (_, { recognition }) => {
      recognition.characters = 'other.json';
    },
    'task.recognition.characters: "other.json" is not listed in `files`',
  ],
  [
    'a path outside the package',
    (_, { recognition }) => {
      recognition.model = '../recognition.onnx';
    },
    'task.recognition.model: must be a relative path inside the package',
  ],
  [
    'a model without a signature',
    ({ signatures }) => delete signatures!.recognition,
    'the task read_text needs the signature recognition with the inputs of recognition.onnx',
  ],
  [
    'a model that takes other tensors',
    ({ signatures }) => {
      signatures!.direction!.inputs[0]!.shape = [-1, 3, 32, 192];
    },
    'signatures.direction: has x FP32 [-1, 3, 32, 192]; one input FP32 [-1, 3, 48, -1] is allowed',
  ],
  [
    'an output that the model does not have',
    (_, { recognition }) => {
      recognition.output = 'z';
    },
    'task.recognition.output: z must be FP32 with 3 dimensions, the model has y FP32',
  ],
  [
    'steps for bytes on lines',
    (_, { recognition }) => recognition.preprocessing.unshift({ type: 'orient' }),
    'task.recognition.preprocessing.0: only rescale and normalize are allowed, got orient',
  ],
  [
    'steps for numbers on pages',
    (_, { page }) => page.push({ type: 'rescale', factor: 1 }),
    'task.page.5: rescale must be in `preprocessing`, because lines are bytes',
  ],
  [
    'limits in the wrong order',
    (_, task) => {
      task.page[2] = { type: 'resize', minEdge: 200, maxEdge: 100, multipleOf: 1, filter: 'opencv_linear' };
    },
    'task.page.2: `maxEdge` must be at least `minEdge`, 200, got 100',
  ],
  [
    'widths in the wrong order',
    (_, { recognition }) => {
      recognition.maxWidth = 100;
    },
    'task.recognition.maxWidth: must be at least `minWidth`, 320, got 100',
  ],
  [
    'a map of several channels',
    ({ signatures }) => {
      signatures!.tensors!.outputs[0]!.shape = [-1, 2, -1, -1];
    },
    'task.output: the model has y FP32 [-1, 2, -1, -1]; FP32 or FP16 with the shape [-1, 1, -1, -1] is allowed',
  ],
];

it('accepts the manifest that pack writes', () => {
  expect(changed(() => {})().task).toEqual(packed.task);
});

it.each(CASES)('rejects %s', (_, change, message) => {
  expect(changed(change)).toThrow(message);
});
