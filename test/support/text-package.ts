import { type ManifestTensor, type ModelTask, taskSignature } from '@modelship/runtime/manifest';
import { type PackageOverrides, writePackage } from './packages.js';

/** Task that turns texts into vectors. */
export const EMBED: ModelTask = {
  type: 'embed',
  tokenizer: {
    file: 'tokenizer.json',
    maxTokens: 256,
    truncationSide: 'right',
    padding: { id: 0, typeId: 0, side: 'right' },
  },
  output: 'last_hidden_state',
  pooling: 'mean',
  normalize: true,
};

const OUTPUT: ManifestTensor = { name: 'last_hidden_state', datatype: 'FP32', shape: [-1, -1, 384] };

/** Writes the package of a model that takes texts. Without `content`, its files are not real. */
export function writeTextPackage(overrides: PackageOverrides = {}, directory?: string): string {
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'].map(
    (name): ManifestTensor => ({ name, datatype: 'INT64', shape: [-1, -1] }),
  );
  const fields: PackageOverrides = {
    name: 'sentences',
    ...taskSignature(EMBED, OUTPUT),
    signatures: { tensors: { inputs, outputs: [OUTPUT] } },
    task: EMBED,
    content: { 'model.onnx': 'not real', 'tokenizer.json': '{}', 'samples.json': '[]' },
    ...overrides,
  };
  return writePackage(fields, directory);
}
