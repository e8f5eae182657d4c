import { join } from 'node:path';
import type { Signature } from '@modelship/runtime';
import { type ImageClassificationTask, ModelPackageError } from '@modelship/runtime/manifest';
import { shapeText } from '@modelship/runtime/serve';
import { plainSpec } from '../manifest-file.js';
import type { HuggingFaceFolder, Json } from './folder.js';
import { imageSteps, timmSteps } from './image-steps.js';
import { labelList } from './labels.js';
import type { PackedTask } from './packed-task.js';

/** File with the steps that prepare a picture, in folders of Transformers. */
const PROCESSOR_FILE = 'preprocessor_config.json';

/** Whether the model of a folder takes pictures: one of Transformers with an image processor, or one of timm. */
export function isImageFolder(folder: HuggingFaceFolder): boolean {
  const { image_processor_type: type, feature_extractor_type: olderType } = folder.json(PROCESSOR_FILE) ?? {};
  // Older image processors have the name of a feature extractor, as those of sounds have.
  const isOlder = olderType !== undefined && /^\w+ForImage\w+$/.test(folder.architecture ?? '');
  return type !== undefined || isOlder || timmSettings(folder) !== undefined;
}

/** Returns the settings of timm for pictures. Undefined for models of other libraries. */
function timmSettings({ config }: HuggingFaceFolder): Json | undefined {
  return config.pretrained_cfg as Json | undefined;
}

/**
 * Returns the task of a folder that takes pictures, connected with the inputs and outputs of its model.
 *
 * @param source path of the weights, for errors
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` for another task than classification or steps that the server does not
 * run, `ARTIFACT_INVALID` if the labels do not fit the model
 */
export function imageTask(folder: HuggingFaceFolder, { inputs, outputs }: Signature, source: string): PackedTask {
  const timm = timmSettings(folder);
  const { id2label, label_names: names, num_classes: count, problem_type: problem } = folder.config;
  const { architecture } = folder;
  if (!timm && !architecture?.endsWith('ForImageClassification')) {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${source}: architectures in config.json is ${architecture ?? 'missing'}; of models that take pictures, folders ` +
        `of …ForImageClassification are packed. Pack ${source} itself to serve raw tensors.`,
    );
  }
  const preprocessing = timm
    ? timmSteps(timm, join(folder.root, 'config.json'))
    : imageSteps(folder.json(PROCESSOR_FILE)!, join(folder.root, PROCESSOR_FILE));
  const own = outputs.map(plainSpec);
  const output = own.find(({ name }) => name === 'logits') ?? own.find(({ shape }) => shape.length === 2);
  const width = Number(id2label ? Object.keys(id2label).length : (count ?? output?.shape.at(-1)));
  if (output?.shape.length !== 2 || ![-1, width].includes(output.shape[1]!)) {
    const found = own.map((spec) => `${spec.name} ${shapeText(spec)}`).join(', ');
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${source} has the outputs ${found}; logits [-1, ${width}] is needed for the ${width} classes in config.json.`,
    );
  }
  const labels = labelList((id2label ?? names ?? {}) as Json, width);
  const task: ImageClassificationTask = {
    type: 'image_classification',
    preprocessing,
    layout: inputs[0]?.shape.at(-1) === 3 ? 'NHWC' : 'NCHW',
    output: output.name,
    activation: problem === 'multi_label_classification' || width === 1 ? 'sigmoid' : 'softmax',
  };
  return {
    task,
    outputs: own.map((spec) => (spec === output ? { ...spec, shape: [spec.shape[0]!, width], labels } : spec)),
  };
}
