import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedModel } from '../../engines/index.js';
import {
  type LineInput,
  type Manifest,
  ModelPackageError,
  type ReadTextTask,
  signaturesOf,
} from '../../manifest/index.js';
import { argmax } from '../../tensor/argmax.js';
import { InferenceError } from '../../tensor/errors.js';
import { floatsOf } from '../../tensor/float16.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import { loadDecoder } from './decode.js';
import { documents, ImageModel, type ImageOptions, named } from './image-model.js';
import { upsideDown } from './perspective.js';
import { pictureThreads } from './picture-threads.js';
import type { Picture } from './resample.js';
import type { TextLine } from './text-lines.js';
import { Turns } from './turns.js';

/** A line of text that was read in a picture. */
export interface ReadLine {
  readonly text: string;
  /** Mean score of its characters. */
  readonly score: number;
  /** Corners in pixels of the original picture, clockwise, starting at the upper left. */
  readonly polygon: readonly (readonly [x: number, y: number])[];
}

interface Recognized {
  readonly text: string;
  readonly score: number;
}

/** Where the package of a model is. */
interface Place {
  readonly manifest: Manifest;
  readonly directory: string;
}

/**
 * Loads the task of a model that reads text in pictures.
 *
 * @param further the models for the direction and the characters of lines, by the name of their signature
 * @throws ModelPackageError `ARTIFACT_INVALID` if the list of characters does not fit the model, `FORMAT_UNSUPPORTED` if the
 * decoder is not installed
 */
export function loadReadTextModel(
  model: LoadedModel,
  task: ReadTextTask,
  further: Readonly<Record<string, LoadedModel>>,
  { directory, manifest, ...options }: ImageOptions & Place,
): LoadedModel {
  loadDecoder();
  const path = join(directory, task.recognition.characters);
  const characters = readCharacters(path);
  const output = further.recognition!.signatures[DEFAULT_SIGNATURE]!.outputs.find(
    ({ name }) => name === task.recognition.output,
  );
  const classes = output?.shape.at(-1) ?? -1;
  if (classes !== -1 && classes !== characters.length + 1) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} has ${characters.length} characters, and ${task.recognition.model} has ${classes} classes; ${classes - 1} ` +
        'characters are needed, because class 0 stands for none. Pack the model again with its own list.',
    );
  }
  const { [DEFAULT_SIGNATURE]: signature } = signaturesOf(manifest);
  return new ReadTextModel(model, task, signature!, options, further, characters);
}

function readCharacters(path: string): readonly string[] {
  const characters: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (Array.isArray(characters) && characters.every((each) => typeof each === 'string')) return characters;
  throw new ModelPackageError('ARTIFACT_INVALID', `${path} must contain a JSON list of strings. Pack the model again.`);
}

class ReadTextModel extends ImageModel<ReadTextTask> {
  private readonly turns: Readonly<Record<string, Turns>>;

  constructor(
    model: LoadedModel,
    task: ReadTextTask,
    signature: Signature,
    options: ImageOptions,
    private readonly lineModels: Readonly<Record<string, LoadedModel>>,
    private readonly characters: readonly string[],
  ) {
    super(model, task, signature, options, [], lineModels);
    this.turns = Object.fromEntries(Object.keys(lineModels).map((name) => [name, new Turns(1)]));
  }

  /** Reads one picture after the other, because the page and the map of each take tens of megabytes. */
  protected async runTask([input]: readonly Tensor[]): Promise<Tensor[]> {
    const { timeoutSeconds } = this.options;
    // A request may have thousands of lines, so the time is checked before each run.
    const deadline = timeoutSeconds === undefined ? undefined : performance.now() + timeoutSeconds * 1000;
    const files = input!.data as Buffer[];
    const pages: ReadLine[][] = [];
    for (const [index, bytes] of files.entries()) {
      pages.push(await named(files, index, this.read(bytes, deadline)));
    }
    return [documents(this.signature, pages)];
  }

  private async read(bytes: Buffer, deadline: number | undefined): Promise<ReadLine[]> {
    checkTime(deadline);
    const picture = await this.prepare(bytes);
    const [outputs] = await this.outputsOf([picture]);
    const { data, shape, ...output } = this.output(outputs!, 4);
    const { height, original, page, width } = picture;
    const [, , rows, columns] = shape;
    if (rows !== height || columns !== width) {
      throw new InferenceError('INTERNAL', `the model returned ${output.name} with the shape [${shape.join(', ')}]`);
    }
    const map = { height, width, data: floatsOf({ ...output, data }).slice() };
    const moved = [map.data.buffer, page!.picture.data.buffer as ArrayBuffer];
    const { lines: rules, threshold } = this.task;
    const lines = await pictureThreads.call(this.threads, moved, 'findLines', map, rules, page!, original);
    const upright = await this.upright(lines, deadline);
    const texts = await this.recognize(upright, deadline);
    return lines.flatMap(({ corners }, index) => {
      const { text, score } = texts[index]!;
      if (text.trim() === '' || score < threshold) return [];
      return [{ text, score, polygon: corners.map(({ x, y }) => [x, y] as const) }];
    });
  }

  /** Turns the lines that are upside down. */
  private async upright(lines: readonly TextLine[], deadline: number | undefined): Promise<Picture[]> {
    const pieces = lines.map(({ piece }) => piece);
    const { direction } = this.task;
    if (!direction) return pieces;
    for (const batch of batchesOf(pieces, direction.batchSize)) {
      const scores = await this.runLines('direction', direction, batch, pieces, direction.width, deadline);
      const values = floatsOf(scores);
      for (const [row, index] of batch.entries()) {
        const [upright, turned] = values.subarray(row * 2, row * 2 + 2) as unknown as [number, number];
        if (turned > upright && turned > direction.threshold) pieces[index] = upsideDown(pieces[index]!);
      }
    }
    return pieces;
  }

  private async recognize(pieces: readonly Picture[], deadline: number | undefined): Promise<Recognized[]> {
    const { recognition } = this.task;
    const { height, maxWidth, minWidth } = recognition;
    const texts: Recognized[] = [];
    for (const batch of batchesOf(pieces, recognition.batchSize)) {
      const ratios = batch.map((index) => pieces[index]!.width / pieces[index]!.height);
      const width = Math.min(maxWidth, Math.max(minWidth, Math.trunc(height * Math.max(...ratios))));
      const output = await this.runLines('recognition', recognition, batch, pieces, width, deadline);
      const [, columns, classes] = output.shape as [number, number, number];
      const values = floatsOf(output);
      for (const [row, index] of batch.entries()) {
        const start = row * columns * classes;
        texts[index] = decoded(values.subarray(start, start + columns * classes), classes, this.characters);
      }
    }
    return texts;
  }

  private async runLines(
    name: 'direction' | 'recognition',
    input: LineInput,
    batch: readonly number[],
    pieces: readonly Picture[],
    width: number,
    deadline: number | undefined,
  ): Promise<Tensor> {
    checkTime(deadline);
    const { height, preprocessing } = input;
    const lines = batch.map((index) => pieces[index]!);
    const steps = { height, preprocessing };
    const { data, shape } = await pictureThreads.call(this.threads, [], 'arrangeLines', lines, steps, width);
    const model = this.lineModels[name]!;
    const [spec] = model.signatures[DEFAULT_SIGNATURE]!.inputs;
    const tensor: Tensor = { name: spec!.name, datatype: 'FP32', shape: [...shape], data };
    const outputs = await this.turns[name]!.take(() => model.run([tensor]));
    const output = outputs.find((each) => each.name === input.output)!;
    const [rank, classes] = name === 'direction' ? [2, 2] : [3, this.characters.length + 1];
    const found = output.shape;
    if (found.length === rank && found[0] === batch.length && found.at(-1) === classes) return output;
    throw new InferenceError(
      'INTERNAL',
      `the model ${input.model} returned ${output.name} with the shape [${found.join(', ')}] for ${batch.length} lines; ` +
        `${rank} dimensions are needed, the last with ${classes} classes`,
    );
  }
}

/** @throws InferenceError `DEADLINE_EXCEEDED` after the deadline */
function checkTime(deadline: number | undefined): void {
  if (deadline === undefined || performance.now() <= deadline) return;
  throw new InferenceError('DEADLINE_EXCEEDED', 'reading the lines of the pictures took too long');
}

/** Divides lines into batches of similar width. Returns the indices of each. */
function batchesOf(pieces: readonly Picture[], size: number): number[][] {
  const ratio = (index: number) => pieces[index]!.width / pieces[index]!.height;
  const order = [...pieces.keys()].sort((one, other) => ratio(one) - ratio(other));
  return Array.from({ length: Math.ceil(order.length / size) }, (_, batch) =>
    order.slice(batch * size, (batch + 1) * size),
  );
}

/** Returns the text of a line: the best class of each column, without repetitions and without class 0. */
export function decoded(scores: Float32Array, classes: number, characters: readonly string[]): Recognized {
  let text = '';
  let sum = 0;
  let count = 0;
  let before = 0;
  for (let start = 0; start < scores.length; start += classes) {
    const best = argmax(scores.subarray(start, start + classes));
    if (best !== 0 && best !== before) {
      text += characters[best - 1];
      sum += scores[start + best]!;
      count++;
    }
    before = best;
  }
  return { text, score: count === 0 ? 0 : sum / count };
}
