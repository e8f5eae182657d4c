import { shapeFits } from '../tensor/tensor.js';
import { describeTensors } from './describe-tensors.js';
import { boxFaults, IMAGE_INPUT, imageInputFaults, isImageTask, stepFaults } from './image-task.js';
import { readTextFaults } from './read-text-task.js';
import type { Manifest, ManifestTensor, QuestionAnsweringTask, RecommendTask, Task, TextTask } from './schema.js';

/** Name of the signature with a model's own inputs and outputs, in packages with a task. */
export const TENSORS_SIGNATURE = 'tensors';

/** Inputs and outputs of a model with a task, as its callers send and receive them. */
export interface TaskSignature {
  inputs: ManifestTensor[];
  outputs: ManifestTensor[];
}

const strings = (name: string): ManifestTensor => ({ name, datatype: 'BYTES', shape: [-1] });

/** Inputs and outputs of recommendations. Queries are JSON objects or users, and recommendations are JSON objects. */
export const RECOMMEND_SIGNATURE: TaskSignature = {
  inputs: [strings('query')],
  outputs: [strings('recommendations')],
};

/** Task of a model whose own output it names. */
export type ModelTask = Exclude<Task, RecommendTask>;

/** Returns the inputs and outputs of a task, for a model whose own output that the task names is `output`. */
export function taskSignature({ type }: ModelTask, output: ManifestTensor): TaskSignature {
  const width = output.shape.at(-1)!;
  switch (type) {
    case 'embed':
      return { inputs: [strings('text')], outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, width] }] };
    case 'rerank':
      return {
        inputs: [strings('query'), strings('text')],
        outputs: [{ name: 'score', datatype: 'FP32', shape: [-1] }],
      };
    case 'text_classification':
      return {
        inputs: [strings('text')],
        outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, width], labels: output.labels }],
      };
    case 'token_classification':
      return { inputs: [strings('text')], outputs: [strings('entities')] };
    case 'zero_shot_classification':
      return {
        inputs: [strings('text'), { name: 'labels', datatype: 'BYTES', shape: [-1, -1] }],
        outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, -1] }],
      };
    case 'question_answering':
      return {
        inputs: [strings('question'), strings('context')],
        outputs: [
          strings('answer'),
          { name: 'score', datatype: 'FP32', shape: [-1] },
          { name: 'start', datatype: 'INT64', shape: [-1] },
          { name: 'end', datatype: 'INT64', shape: [-1] },
        ],
      };
    case 'fill_mask':
      return {
        inputs: [strings('text')],
        outputs: [
          { name: 'score', datatype: 'FP32', shape: [-1, -1] },
          { name: 'token', datatype: 'INT64', shape: [-1, -1] },
          { name: 'token_str', datatype: 'BYTES', shape: [-1, -1] },
          { name: 'sequence', datatype: 'BYTES', shape: [-1, -1] },
        ],
      };
    case 'image_classification':
      return {
        inputs: [strings(IMAGE_INPUT)],
        outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, width], labels: output.labels }],
      };
    case 'image_embedding':
      return {
        inputs: [strings(IMAGE_INPUT)],
        outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, width] }],
      };
    case 'object_detection':
      return { inputs: [strings(IMAGE_INPUT)], outputs: [strings('objects')] };
    case 'image_segmentation':
      return { inputs: [strings(IMAGE_INPUT)], outputs: [strings('segments')] };
    case 'read_text':
      return { inputs: [strings(IMAGE_INPUT)], outputs: [strings('lines')] };
  }
}

/** Inputs that tokenizers fill, as exporters of Hugging Face models name them. */
const TOKEN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const;

/** Name of an input that tokenizers fill. */
export type TokenInput = (typeof TOKEN_INPUTS)[number];

/** Returns what is wrong with the task of a manifest, each starting with the field. A package without a task has no faults. */
export function taskFaults(manifest: Manifest): string[] {
  const { format, task, signatures } = manifest;
  if ((format === 'npz') !== (task?.type === 'recommend')) {
    return [
      `task: the task recommend and the format npz need each other, got ${task?.type ?? 'no task'} and ${format}`,
    ];
  }
  if (!task) return [];
  if (task.type === 'recommend') return signatureFaults(task, RECOMMEND_SIGNATURE, manifest);
  const faults = isImageTask(task) ? stepFaults(task) : textFaults(task, manifest);
  if (task.type === 'read_text') faults.push(...readTextFaults(task, manifest));
  const own = Object.hasOwn(signatures ?? {}, TENSORS_SIGNATURE) ? signatures![TENSORS_SIGNATURE] : undefined;
  if (!own) {
    faults.push(
      `signatures: a package with a task needs the signature ${TENSORS_SIGNATURE} with the model's own inputs`,
    );
    return faults;
  }
  const ownFaults = isImageTask(task) ? imageInputFaults(task, own.inputs) : inputFaults(own.inputs);
  faults.push(...ownFaults.map((fault) => `signatures.${TENSORS_SIGNATURE}: ${fault}`));
  const output = own.outputs.find(({ name }) => name === task.output);
  if (!output) {
    const names = own.outputs.map(({ name }) => name).join(', ');
    faults.push(`task.output: ${JSON.stringify(task.output)} is not an output of the model (${names})`);
    return faults;
  }
  faults.push(...outputFaults(task, output));
  if (isImageTask(task)) faults.push(...boxFaults(task, own.outputs, output));
  if (task.type === 'question_answering') faults.push(...answerFaults(task, own.outputs));
  return [...faults, ...signatureFaults(task, taskSignature(task, output), manifest)];
}

/** Returns where a package has other inputs or outputs than its task. */
function signatureFaults({ type }: Task, expected: TaskSignature, manifest: Manifest): string[] {
  return (['inputs', 'outputs'] as const).flatMap((side) => {
    const found = describeTensors(manifest[side]);
    const wanted = describeTensors(expected[side]);
    return found === wanted ? [] : [`${side}: the task ${type} has ${wanted}, got ${found}`];
  });
}

function textFaults(task: TextTask, { files }: Manifest): string[] {
  const faults: string[] = [];
  const { file } = task.tokenizer;
  if (!files.some(({ path }) => path === file)) {
    faults.push(`task.tokenizer.file: ${JSON.stringify(file)} is not listed in \`files\`, so no digest covers it`);
  }
  if (
    task.type === 'embed' &&
    task.defaultPrompt !== undefined &&
    !Object.hasOwn(task.prompts ?? {}, task.defaultPrompt)
  ) {
    const names = Object.keys(task.prompts ?? {}).join(', ') || 'there are none';
    faults.push(`task.defaultPrompt: ${JSON.stringify(task.defaultPrompt)} is not among \`prompts\` (${names})`);
  }
  return faults;
}

/** Returns what is wrong with the second output of a model that answers questions, and with how contexts are split. */
function answerFaults(
  { endOutput, stride, tokenizer: { maxTokens } }: QuestionAnsweringTask,
  outputs: readonly ManifestTensor[],
): string[] {
  const faults: string[] = [];
  const end = outputs.find(({ name }) => name === endOutput);
  if (end?.shape.length !== 2 || !isFloat(end)) {
    const found = describeTensors(outputs);
    faults.push(`task.endOutput: must be an FP32 or FP16 output with the shape [-1, -1], the model has ${found}`);
  }
  if (stride >= maxTokens) faults.push(`task.stride: must be less than \`maxTokens\`, ${maxTokens}, got ${stride}`);
  return faults;
}

function isFloat({ datatype }: ManifestTensor): boolean {
  return datatype === 'FP32' || datatype === 'FP16';
}

function inputFaults(inputs: readonly ManifestTensor[]): string[] {
  const faults = inputs.flatMap((spec) => {
    if (!TOKEN_INPUTS.some((name) => name === spec.name)) {
      return [`has the input ${spec.name}; ${TOKEN_INPUTS.join(', ')} are allowed`];
    }
    // A fixed number of rows or tokens would need padding that nothing declares.
    const isDynamic = spec.shape.length === 2 && spec.shape.every((size) => size === -1);
    const isTokens = ['INT64', 'INT32'].includes(spec.datatype) && isDynamic;
    return isTokens ? [] : [`has ${describeTensors([spec])}; INT64 or INT32 with the shape [-1, -1] is allowed`];
  });
  if (!inputs.some(({ name }) => name === 'input_ids')) faults.push('has no input input_ids');
  return faults;
}

/** Tasks whose classes have names. */
const CLASSIFICATIONS: readonly Task['type'][] = [
  'text_classification',
  'token_classification',
  'image_classification',
  'object_detection',
  'image_segmentation',
];

function outputFaults(task: ModelTask, output: ManifestTensor): string[] {
  const shapes = allowedShapes(task);
  const faults: string[] = [];
  if (!isFloat(output) || !shapes.some((shape) => shapeFits(output.shape, shape))) {
    const allowed = shapes.map((shape) => `[${shape.join(', ')}]`).join(' or ');
    faults.push(
      `task.output: the model has ${describeTensors([output])}; FP32 or FP16 with the shape ${allowed} is allowed`,
    );
  }
  const width = task.type === 'image_segmentation' ? output.shape[1] : output.shape.at(-1);
  if (CLASSIFICATIONS.includes(task.type) && output.labels?.length !== width) {
    faults.push(`task.output: ${output.name} needs a label for each class, got ${output.labels?.length ?? 'none'}`);
  }
  if (task.type === 'zero_shot_classification') {
    const classes = output.shape.at(-1)!;
    if (classes < 2 || task.entailment >= classes) {
      faults.push(`task.entailment: must be the index of a class of ${output.name}, which has ${classes}`);
    }
  }
  return faults;
}

/** Returns the shapes that the model's output may have. */
function allowedShapes(task: ModelTask): readonly (readonly number[])[] {
  switch (task.type) {
    case 'embed':
    case 'image_embedding':
      return [task.pooling === undefined ? [-1, -1] : [-1, -1, -1]];
    case 'rerank':
      return [[-1, 1], [-1]];
    case 'text_classification':
    case 'question_answering':
    case 'zero_shot_classification':
    case 'image_classification':
      return [[-1, -1]];
    case 'token_classification':
    case 'fill_mask':
    case 'object_detection':
      return [[-1, -1, -1]];
    case 'image_segmentation':
      return [[-1, -1, -1, -1]];
    case 'read_text':
      return [[-1, 1, -1, -1]];
  }
}
