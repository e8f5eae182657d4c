import { join } from 'node:path';
import type { Signature } from '@modelship/runtime';
import {
  type ImageInput,
  type ImageStep,
  type ImageTask,
  type Manifest,
  ModelPackageError,
  PIXEL_MASK,
  type ReadTextTask,
} from '@modelship/runtime/manifest';
import { shapeText } from '@modelship/runtime/serve';
import type { Json } from '../json-file.js';
import { plainSpec } from '../manifest-file.js';
import type { HuggingFaceFolder } from './folder.js';
import { imageSteps, type TorchvisionProcessor, timmSteps, torchvisionSteps } from './image-steps.js';
import { labelList } from './labels.js';
import type { PackedTask } from './packed-task.js';

/** File with the steps that prepare a picture, in folders of Transformers. */
const PROCESSOR_FILE = 'preprocessor_config.json';

/** Library that saved a model which takes pictures. */
export type ImageLibrary = 'transformers' | 'timm' | 'torchvision';

/** Kind of a model that takes pictures. */
export type ImageTaskType = Exclude<ImageTask, ReadTextTask>['type'];

/** Returns the library that saved a model which takes pictures. Undefined for models that take texts. */
export function imageLibrary(folder: HuggingFaceFolder): ImageLibrary | undefined {
  if (timmSettings(folder)) return 'timm';
  if (folder.config.library_name === 'torchvision') return 'torchvision';
  const { image_processor_type: type, feature_extractor_type: olderType } = folder.json(PROCESSOR_FILE) ?? {};
  // Older image processors have the name of a feature extractor, as those of sounds have.
  const isOlder = olderType !== undefined && /^\w+(?:ForImage\w+|ForObjectDetection)$/.test(folder.architecture ?? '');
  return type !== undefined || isOlder ? 'transformers' : undefined;
}

/** Returns the settings of timm for pictures. Undefined for models of other libraries. */
function timmSettings({ config }: HuggingFaceFolder): Json | undefined {
  return config.pretrained_cfg as Json | undefined;
}

/** Architectures of Transformers for each task. */
const ARCHITECTURES: readonly (readonly [RegExp, ImageTaskType])[] = [
  [/ForImageClassification(?:WithTeacher)?$/, 'image_classification'],
  [/ForObjectDetection$/, 'object_detection'],
  [/ForSemanticSegmentation$/, 'image_segmentation'],
  [/Model(?:WithProjection)?$/, 'image_embedding'],
];

/**
 * Returns the task that a folder was saved for.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` for models that the server does not run
 */
export function imageTaskType(folder: HuggingFaceFolder, library: ImageLibrary): ImageTaskType {
  if (library !== 'transformers') return folder.config.num_classes === 0 ? 'image_embedding' : 'image_classification';
  const architecture = folder.architecture ?? 'missing';
  const found = ARCHITECTURES.find(([name]) => name.test(architecture));
  if (found) return found[1];
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${join(folder.root, 'config.json')}: architectures is ${architecture}; of models that take pictures, those of ` +
      '…ForImageClassification, …ForObjectDetection, …ForSemanticSegmentation and …Model are packed. Pack the ONNX file ' +
      'itself to serve raw tensors.',
  );
}

/** What a folder says about a model, beside the graph. */
export interface ImageSource {
  readonly library: ImageLibrary;
  readonly type: ImageTaskType;
  /** Preprocessing of torchvision, which its export reports. @default - the folder has it */
  readonly processor?: TorchvisionProcessor | undefined;
  /** Path of the weights, for errors. */
  readonly weights: string;
}

type Output = Manifest['outputs'][number];

/**
 * Returns the task of a folder that takes pictures, connected with the inputs and outputs of its model.
 *
 * @param notes gets what people should know about the package
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` for steps that the server does not run, `ARTIFACT_INVALID` if no output or
 * other labels fit the task
 */
export function imageTask(
  folder: HuggingFaceFolder,
  source: ImageSource,
  { inputs, outputs }: Signature,
  notes: string[],
): PackedTask {
  const own = outputs.map(plainSpec);
  const picture = inputs.find(({ name }) => name !== PIXEL_MASK);
  const input: ImageInput = {
    preprocessing: stepsOf(folder, source),
    layout: picture?.shape.at(-1) === 3 ? 'NHWC' : 'NCHW',
  };
  switch (source.type) {
    case 'image_classification': {
      const output = outputOf(source, own, 2, 'logits');
      const labels = labelsOf(folder, source, output.shape[1]!);
      const isSigmoid = folder.config.problem_type === 'multi_label_classification' || labels.length === 1;
      const activation = isSigmoid ? 'sigmoid' : 'softmax';
      return {
        task: { type: source.type, ...input, output: output.name, activation },
        outputs: labelled(own, output, 1, labels),
      };
    }
    case 'image_embedding':
      return { task: { type: source.type, ...input, ...vectorOf(source, own, notes) }, outputs: own };
    case 'object_detection': {
      const output = outputOf(source, own, 3, 'logits');
      const boxes = outputOf(source, own, 3, 'pred_boxes');
      return detectionTask(labelsOf(folder, source, undefined), { source, own, input, output, boxes });
    }
    case 'image_segmentation': {
      const output = outputOf(source, own, 4, 'logits');
      const labels = labelsOf(folder, source, output.shape[1]!);
      return {
        task: { type: source.type, ...input, output: output.name, masks: 'png' },
        outputs: labelled(own, output, 1, labels),
      };
    }
  }
}

function stepsOf(folder: HuggingFaceFolder, { library, processor }: ImageSource): ImageStep[] {
  const config = join(folder.root, 'config.json');
  switch (library) {
    case 'transformers':
      return imageSteps(folder.json(PROCESSOR_FILE)!, join(folder.root, PROCESSOR_FILE));
    case 'timm':
      return timmSteps(timmSettings(folder)!, config);
    case 'torchvision':
      return torchvisionSteps(processor!, config);
  }
}

/** Returns the output of a rank with a name, or else the only one of this rank. */
function outputOf({ weights }: ImageSource, own: readonly Output[], rank: number, name: string): Output {
  const ranked = own.filter(({ shape }) => shape.length === rank);
  const found = ranked.find((output) => output.name === name) ?? (ranked.length === 1 ? ranked[0] : undefined);
  if (found) return found;
  const shape = Array.from({ length: rank }, () => -1).join(', ');
  throw invalid(`${weights} has the outputs ${described(own)}; ${name} [${shape}] is needed`);
}

/** Returns the labels of a folder. Classes without a name have the one that Transformers gives them. */
function labelsOf({ config }: HuggingFaceFolder, source: ImageSource, width: number | undefined): string[] {
  const { id2label, label_names: names, num_classes: count } = config;
  const listed = (id2label ?? names ?? source.processor?.labels ?? {}) as Json;
  const known = id2label ? Object.keys(id2label).length : (count ?? source.processor?.labels.length ?? width);
  const classes = Number(known ?? 0);
  if (width !== undefined && ![-1, classes].includes(width)) {
    throw invalid(`${source.weights} has ${width} classes; config.json has ${classes}. Use the weights of that file`);
  }
  return labelList(listed, classes);
}

function labelled(own: readonly Output[], output: Output, axis: number, labels: string[]): Output[] {
  const shape = output.shape.map((size, index) => (index === axis ? labels.length : size));
  return own.map((spec) => (spec === output ? { ...spec, shape, labels } : spec));
}

/** Returns the vector of a picture: the pooled output of the model, or else that of its first token. */
function vectorOf({ weights }: ImageSource, own: readonly Output[], notes: string[]) {
  const vectors = own.filter(({ shape }) => shape.length === 2);
  const names = ['image_embeds', 'pooler_output'];
  const output = names.map((name) => vectors.find((each) => each.name === name)).find(Boolean) ?? vectors[0];
  if (output) return { output: output.name, normalize: false };
  const tokens = own.find(({ shape }) => shape.length === 3);
  if (!tokens) {
    throw invalid(`${weights} has the outputs ${described(own)}; image_embeds or pooler_output [-1, -1] is needed`);
  }
  notes.push(`${weights} has no pooled output: the vector of a picture is that of its first token in ${tokens.name}`);
  return { output: tokens.name, pooling: 'cls' as const, normalize: false };
}

/** Score above which Transformers reports an object. */
const THRESHOLD = 0.5;

interface Detection {
  readonly source: ImageSource;
  readonly own: readonly Output[];
  readonly input: ImageInput;
  readonly output: Output;
  readonly boxes: Output;
}

/** Models like DETR have one more class, which means no object. Those like RT-DETR score each class on its own. */
function detectionTask(labels: string[], { source, own, input, output, boxes }: Detection): PackedTask {
  const width = output.shape[2]!;
  const hasBackground = width === labels.length + 1;
  if (!hasBackground && width !== labels.length) {
    throw invalid(
      `${source.weights} has ${width === -1 ? 'an unknown number of' : width} classes in ${output.name}; config.json ` +
        `has ${labels.length}, and ${labels.length} or one more for boxes without an object are possible`,
    );
  }
  return {
    task: {
      type: 'object_detection',
      ...input,
      output: output.name,
      activation: hasBackground ? 'softmax' : 'sigmoid',
      ...(hasBackground && { background: labels.length }),
      boxes: { output: boxes.name, format: 'center', unit: 'fraction' },
      threshold: THRESHOLD,
    },
    outputs: labelled(own, output, 2, hasBackground ? [...labels, 'no object'] : labels),
  };
}

function described(own: readonly Output[]): string {
  return own.map((spec) => `${spec.name} ${shapeText(spec)}`).join(', ');
}

function invalid(message: string): ModelPackageError {
  return new ModelPackageError('ARTIFACT_INVALID', `${message}.`);
}
