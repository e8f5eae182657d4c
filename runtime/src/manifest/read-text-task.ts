import { describeTensors } from './describe-tensors.js';
import type { LineInput, Manifest, ManifestTensor, ReadTextTask, Task } from './schema.js';

/** Steps of a task with several models, by the name of the signature that has the inputs and outputs of each further model. */
const MODELS = ['direction', 'recognition'] as const;

type FurtherModel = readonly [signature: (typeof MODELS)[number], input: LineInput];

function furtherInputs(task: ReadTextTask): FurtherModel[] {
  return MODELS.flatMap((name) => (task[name] ? [[name, task[name]] as const] : []));
}

/** Returns the paths of the models that a task needs beside the artifact, by the name of their signature. */
export function furtherModels(task: Task | undefined): Readonly<Record<string, string>> {
  if (task?.type !== 'read_text') return {};
  return Object.fromEntries(furtherInputs(task).map(([name, { model }]) => [name, model]));
}

/** Returns what is wrong with the further models of a task that reads text, each starting with the field. */
export function readTextFaults(task: ReadTextTask, { files, signatures = {} }: Manifest): string[] {
  const faults: string[] = [];
  const listed = (field: string, path: string) => {
    if (files.some((file) => file.path === path)) return;
    faults.push(`task.${field}: ${JSON.stringify(path)} is not listed in \`files\`, so no digest covers it`);
  };
  listed('recognition.characters', task.recognition.characters);
  const { minWidth, maxWidth } = task.recognition;
  if (maxWidth < minWidth) {
    faults.push(`task.recognition.maxWidth: must be at least \`minWidth\`, ${minWidth}, got ${maxWidth}`);
  }
  for (const [name, input] of furtherInputs(task)) {
    listed(`${name}.model`, input.model);
    for (const [index, { type }] of input.preprocessing.entries()) {
      if (type === 'rescale' || type === 'normalize') continue;
      faults.push(`task.${name}.preprocessing.${index}: only rescale and normalize are allowed, got ${type}`);
    }
    if (!Object.hasOwn(signatures, name)) {
      faults.push(`signatures: the task ${task.type} needs the signature ${name} with the inputs of ${input.model}`);
      continue;
    }
    const { inputs, outputs } = signatures[name]!;
    if (inputs.length !== 1 || !isLineTensor(inputs[0]!, input.height)) {
      const allowed = `[-1, 3, ${input.height}, -1]`;
      faults.push(`signatures.${name}: has ${describeTensors(inputs)}; one input FP32 ${allowed} is allowed`);
    }
    const output = outputs.find((each) => each.name === input.output);
    const rank = name === 'direction' ? 2 : 3;
    if (output?.datatype !== 'FP32' || output.shape.length !== rank) {
      const found = describeTensors(outputs);
      faults.push(`task.${name}.output: ${input.output} must be FP32 with ${rank} dimensions, the model has ${found}`);
    }
  }
  return faults;
}

function isLineTensor({ datatype, shape }: ManifestTensor, height: number): boolean {
  const [rows, channels, ownHeight, width, ...others] = shape;
  return (
    datatype === 'FP32' &&
    rows === -1 &&
    channels === 3 &&
    [-1, height].includes(ownHeight!) &&
    width !== undefined &&
    others.length === 0
  );
}
