import type { ServedModel } from '../models/served-model.js';
import { DEFAULT_CLASSES } from '../protocols/hugging-face/pictures.js';
import { isOf } from '../protocols/text/task-model.js';

/** Values of one row by the name of the tensor. */
export type ExampleRow = Readonly<Record<string, unknown>>;

/** Texts of examples, for packages without samples. */
const EXAMPLE_TEXTS = ['What is deep learning?', 'Deep learning trains networks of many layers.'] as const;

/** A PNG of one grey pixel in base64, for packages without samples. */
const EXAMPLE_PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

/** Query of the first user of most models. */
const EXAMPLE_QUERY = '{"user": 0, "k": 3}';

/** Corners of an area, in pixels. */
const EXAMPLE_CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

const EXAMPLE_LABELS = ['question', 'statement'] as const;

/** Returns two texts from the samples of a model, or others if it has none. */
export function exampleTexts({ examples = [] }: ServedModel, input: string): readonly [string, string] {
  const texts = examples.flatMap((inputs) => {
    const tensor = inputs.find(({ name, datatype }) => name === input && datatype === 'BYTES');
    return tensor ? (tensor.data as Buffer[]).map(String) : [];
  });
  return [texts[0] ?? EXAMPLE_TEXTS[0], texts[1] ?? EXAMPLE_TEXTS[1]];
}

/** Returns the inputs of an example, or undefined for a model without a task. */
export function exampleInputs(model: ServedModel): ExampleRow | undefined {
  const { task } = model.manifest;
  if (!task) return undefined;
  const names = model.signatures.serving_default!.inputs.map(({ name }) => name);
  return Object.fromEntries(
    names.map((name) => {
      if (name === 'image') return [name, firstText(model, EXAMPLE_PICTURE)];
      if (name === 'query' && task.type === 'recommend') return [name, firstText(model, EXAMPLE_QUERY)];
      return [name, name === 'labels' ? EXAMPLE_LABELS : exampleTexts(model, name)[0]];
    }),
  );
}

/** Returns the first value of the samples of a model. */
function firstText({ examples: [first] = [] }: ServedModel, fallback: string): string {
  return first ? String((first[0]!.data as Buffer[])[0]) : fallback;
}

/** Returns outputs of the form that a model with a task gives, with made-up numbers. */
export function exampleOutputs(model: ServedModel): ExampleRow | undefined {
  const { task, outputs } = model.manifest;
  const [output] = outputs ?? [];
  const text = exampleTexts(model, 'text')[0];
  switch (task?.type) {
    case 'embed':
    case 'image_embedding':
      return { embedding: exampleVector(model) };
    case 'rerank':
      return { score: 0.98 };
    case 'text_classification':
    case 'image_classification':
      return { scores: shares(output!.labels?.length ?? 2) };
    case 'zero_shot_classification':
      return { scores: shares(EXAMPLE_LABELS.length) };
    case 'token_classification': {
      const [word = ''] = text.split(' ', 1);
      const found = { entity_group: 'MISC', score: 0.98, word, start: 0, end: Array.from(word).length };
      return { entities: JSON.stringify([found]) };
    }
    case 'question_answering': {
      const [answer = ''] = exampleTexts(model, 'context')[0].split(' ', 1);
      return { answer, score: 0.98, start: 0, end: Array.from(answer).length };
    }
    case 'fill_mask':
      return { score: [0.98], token: [1996], token_str: ['the'], sequence: [text] };
    case 'object_detection': {
      const box = { xmin: 10, ymin: 20, xmax: 110, ymax: 220 };
      return { objects: JSON.stringify([{ score: 0.98, label: labelsOf(model)[0] ?? 'object', box }]) };
    }
    case 'image_segmentation': {
      const segment = { label: labelsOf(model)[0] ?? 'segment', score: null };
      const area = task.masks === 'png' ? { mask: EXAMPLE_PICTURE } : { polygons: [EXAMPLE_CORNERS] };
      return { segments: JSON.stringify([{ ...segment, ...area }]) };
    }
    case 'recommend':
      return { recommendations: JSON.stringify({ items: [{ item: 'B', score: 0.98 }], source: 'user' }) };
    case 'read_text':
      return { lines: JSON.stringify([{ text: 'Modelship', score: 0.98, polygon: EXAMPLE_CORNERS }]) };
    default:
      return undefined;
  }
}

/** Labels of the model itself, whose outputs become objects and segments. */
function labelsOf({ manifest: { signatures } }: ServedModel): readonly string[] {
  return Object.values(signatures ?? {}).flatMap(({ outputs }) => outputs.flatMap(({ labels = [] }) => labels));
}

/** Returns a vector of the model's width and of the length 1. */
export function exampleVector({ manifest: { outputs } }: ServedModel): number[] {
  const width = outputs[0]!.shape.at(-1)!;
  const count = width > 0 ? width : 3;
  const value = Number((1 / Math.sqrt(count)).toFixed(6));
  return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? value : -value));
}

/** Returns a share for each class, the first the largest. */
function shares(count: number): number[] {
  const rest = Number((0.02 / Math.max(count - 1, 1)).toFixed(6));
  return Array.from({ length: count }, (_, index) => (index === 0 ? 0.98 : rest));
}

/** Returns the response to the example in the form of Hugging Face. */
export function exampleAnswer(model: ServedModel): unknown {
  const outputs = exampleOutputs(model);
  if (!outputs) return undefined;
  const labelled = (labels: readonly string[]) =>
    labels.map((label, index) => ({ label, score: (outputs.scores as number[])[index] }));
  switch (model.manifest.task!.type) {
    case 'embed':
      return isSparse(model) ? [EXAMPLE_ELEMENTS] : [outputs.embedding];
    case 'image_embedding':
      return outputs.embedding;
    case 'rerank':
      return exampleRanks(outputs.score as number);
    case 'text_classification':
      return labelled(model.manifest.outputs[0]!.labels!);
    case 'image_classification':
      return labelled(model.manifest.outputs[0]!.labels!.slice(0, DEFAULT_CLASSES));
    case 'zero_shot_classification':
      return labelled(EXAMPLE_LABELS);
    case 'question_answering':
      return outputs;
    case 'fill_mask':
      return [Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, (values as unknown[])[0]]))];
    default:
      return JSON.parse(String(Object.values(outputs)[0]));
  }
}

/** Elements of a sparse vector. */
export const EXAMPLE_ELEMENTS = [{ index: 1996, value: 0.98 }] as const;

export const isSparse = (model: ServedModel) => isOf(model, 'embed') && model.manifest.task.pooling === 'splade';

/** Returns the ranks of two texts. */
export function exampleRanks(score: number): readonly { readonly index: number; readonly score: number }[] {
  return [score, 1 - score].map((each, index) => ({ index, score: Number(each.toFixed(6)) }));
}

/** Returns the inputs in the form of Hugging Face. */
export function exampleBody(model: ServedModel): object {
  const { image, labels, ...texts } = exampleInputs(model)!;
  if (isOf(model, 'rerank')) {
    return { inputs: { query: texts.query, texts: exampleTexts(model, 'text') } };
  }
  if (isOf(model, 'question_answering')) return { inputs: texts };
  return { inputs: image ?? texts.text, ...(labels !== undefined && { parameters: { candidate_labels: labels } }) };
}
