import { describeTensors } from './describe-tensors.js';
import type { ImageStep, ImageTask, ManifestTensor, Task, TextTask } from './schema.js';

/** Name of the input that takes pictures, in packages with a task on pictures. */
export const IMAGE_INPUT = 'image';

const IMAGE_TYPES: readonly Task['type'][] = [
  'image_classification',
  'image_embedding',
  'object_detection',
  'image_segmentation',
  'read_text',
] satisfies ImageTask['type'][];

/** Whether a task takes texts. */
export function isTextTask(task: Task): task is TextTask {
  return task.type !== 'recommend' && !isImageTask(task);
}

/** Whether a task takes pictures. */
export function isImageTask(task: Task): task is ImageTask {
  return IMAGE_TYPES.includes(task.type);
}

/** Returns all steps of the artifact's input, in their order. */
function stepsOf(task: ImageTask): readonly ImageStep[] {
  return task.type === 'read_text' ? [...task.page, ...task.preprocessing] : task.preprocessing;
}

/** Returns the number of channels after the steps of a task. */
function channelsOf(task: ImageTask): number {
  return stepsOf(task).some((step) => step.type === 'convert' && step.mode === 'L') ? 1 : 3;
}

/** Returns what is wrong with the steps of a task, each starting with the field. */
export function stepFaults(task: ImageTask): string[] {
  const faults: string[] = [];
  const channels = channelsOf(task);
  const isLast = (type: string) => type === 'rescale' || type === 'normalize';
  const steps = stepsOf(task);
  const first = steps.length - task.preprocessing.length;
  for (const [index, step] of steps.entries()) {
    const place = index < first ? `page.${index}` : `preprocessing.${index - first}`;
    const fault = (message: string) => faults.push(`task.${place}: ${message}`);
    const before = steps[index - 1];
    if (index < first && isLast(step.type)) fault(`${step.type} must be in \`preprocessing\`, because lines are bytes`);
    if (step.type === 'orient' && before) fault('orient must be the first step');
    if (before && isLast(before.type) && !isLast(step.type)) {
      fault(`${step.type} must come before ${before.type}, because it computes with bytes`);
    }
    if ('shortestEdge' in step && step.longestEdge !== undefined && step.longestEdge < step.shortestEdge) {
      fault(`\`longestEdge\` must be at least \`shortestEdge\`, ${step.shortestEdge}, got ${step.longestEdge}`);
    }
    if ('minEdge' in step && step.minEdge! > (step.maxEdge ?? step.minEdge!)) {
      fault(`\`maxEdge\` must be at least \`minEdge\`, ${step.minEdge}, got ${step.maxEdge}`);
    }
    if (step.type !== 'normalize') continue;
    for (const field of ['mean', 'std'] as const) {
      const { length } = step[field];
      if (length !== channels) fault(`\`${field}\` must have a number for each of ${channels} channels, got ${length}`);
    }
    if (step.std.includes(0)) fault('`std` must not be 0, because values are divided by it');
  }
  return faults;
}

const TENSOR_TYPES = ['FP32', 'FP16', 'UINT8'];

/** Name of the second input of some models: 1 for each pixel of a picture, 0 for each pixel that only fills up a batch. */
export const PIXEL_MASK = 'pixel_mask';

/** Returns what is wrong with the model's own inputs. */
export function imageInputFaults(task: ImageTask, inputs: readonly ManifestTensor[]): string[] {
  const channels = channelsOf(task);
  const shape = task.layout === 'NCHW' ? [-1, channels, -1, -1] : [-1, -1, -1, channels];
  const pictures = inputs.filter(({ name }) => name !== PIXEL_MASK);
  const masks = inputs.filter(({ name }) => name === PIXEL_MASK);
  const isPicture = (spec: ManifestTensor) =>
    TENSOR_TYPES.includes(spec.datatype) &&
    spec.shape.length === shape.length &&
    spec.shape.every((size, axis) => shape[axis] === -1 || size === -1 || size === shape[axis]);
  const isMask = ({ datatype, shape }: ManifestTensor) => datatype === 'INT64' && shape.length === 3;
  if (pictures.length === 1 && pictures.every(isPicture) && masks.every(isMask)) return [];
  return [
    `has ${describeTensors(inputs)}; one input of ${TENSOR_TYPES.join(', ')} with the shape [${shape.join(', ')}] is allowed, ` +
      `and ${PIXEL_MASK} INT64 [-1, -1, -1] beside it`,
  ];
}

/** Datatypes of boxes. Errors name the usual two; FP64 works, too. */
const BOX_TYPES = ['FP32', 'FP16', 'FP64'];

/** Returns what is wrong with the boxes that a task finds, each starting with the field. */
export function boxFaults(task: ImageTask, outputs: readonly ManifestTensor[], scores: ManifestTensor): string[] {
  if (task.type !== 'object_detection') return [];
  const faults: string[] = [];
  const { background, boxes } = task;
  const output = outputs.find(({ name }) => name === boxes.output);
  const isBoxes =
    output && BOX_TYPES.includes(output.datatype) && output.shape.length === 3 && [4, -1].includes(output.shape[2]!);
  if (!isBoxes) {
    const found = output ? describeTensors([output]) : describeTensors(outputs);
    faults.push(`task.boxes.output: ${boxes.output} must be FP32 or FP16 with the shape [-1, -1, 4], got ${found}`);
  }
  const classes = scores.shape.at(-1)!;
  if (background !== undefined && background >= classes) {
    faults.push(`task.background: must be the index of one of ${classes} classes, got ${background}`);
  }
  return faults;
}
