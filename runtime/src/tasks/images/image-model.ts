import type { EngineOptions, LoadedModel } from '../../engines/index.js';
import {
  type ImageClassificationTask,
  type ImageEmbeddingTask,
  type ImageSegmentationTask,
  type ImageTask,
  type Manifest,
  type ObjectDetectionTask,
  PIXEL_MASK,
  type ReadTextTask,
  signaturesOf,
  TENSORS_SIGNATURE,
} from '../../manifest/index.js';
import { joinRows, splitRows } from '../../tensor/batch.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { floatsOf, shortFloatOf } from '../../tensor/float16.js';
import { DEFAULT_SIGNATURE, type Signature, shapeFits, type Tensor, type TensorSpec } from '../../tensor/tensor.js';
import { activate } from '../activation.js';
import { TaskModel } from '../task-model.js';
import { normalize, pool } from '../text/pooling.js';
import { joinVectors } from '../vectors.js';
import { loadDecoder } from './decode.js';
import { foundObjects } from './detection.js';
import { pictureProcessors, pictureThreads } from './picture-threads.js';
import type { PreparedPicture } from './preprocess.js';
import { Turns } from './turns.js';

/** Options of a model that takes pictures. */
export type ImageOptions = Pick<EngineOptions, 'processes' | 'timeoutSeconds'>;

/** Outputs of a model for one picture, each with one row. */
export type Outputs = readonly Tensor[];

/**
 * Adds a task on pictures to the model of a package.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if the decoder is not installed
 */
export function withImageTask(
  model: LoadedModel,
  task: Exclude<ImageTask, ReadTextTask>,
  manifest: Manifest,
  options: ImageOptions,
): LoadedModel {
  loadDecoder();
  const { [DEFAULT_SIGNATURE]: signature, [TENSORS_SIGNATURE]: own } = signaturesOf(manifest);
  const { labels = [] } = own!.outputs.find(({ name }) => name === task.output)!;
  switch (task.type) {
    case 'image_classification':
      return new ImageClassificationModel(model, task, signature!, options);
    case 'image_embedding':
      return new ImageEmbeddingModel(model, task, signature!, options);
    case 'object_detection':
      return new ObjectDetectionModel(model, task, signature!, options, labels);
    case 'image_segmentation':
      return new ImageSegmentationModel(model, task, signature!, options, labels);
  }
}

/** A model whose default signature takes pictures. */
export abstract class ImageModel<Task extends ImageTask> extends TaskModel {
  private readonly picture: TensorSpec;
  protected readonly runs: Turns;
  /** Maximum number of threads that work on pictures. */
  protected readonly threads: number;

  constructor(
    model: LoadedModel,
    protected readonly task: Task,
    signature: Signature,
    protected readonly options: ImageOptions,
    protected readonly labels: readonly string[] = [],
    further?: Readonly<Record<string, LoadedModel>>,
  ) {
    super(model, signature, further);
    this.picture = this.own.inputs.find(({ name }) => name !== PIXEL_MASK)!;
    this.runs = new Turns(model.concurrency ?? 1);
    this.threads = pictureProcessors(options.processes);
  }

  /** Pictures of the next runs are prepared while the model runs. */
  override get concurrency(): number {
    return (this.model.concurrency ?? 1) + this.threads;
  }

  override get queuedRuns(): number {
    return 0;
  }

  /** Returns the outputs of the model for each picture. */
  protected async outputsOf(pictures: readonly PreparedPicture[]): Promise<Outputs[]> {
    const outputs: Outputs[] = [];
    for (const { inputs, rows } of this.runsOf(pictures)) {
      const found = await this.runs.take(() => this.model.run(inputs));
      const each = rows === 1 ? [found] : splitRows(found, new Array<number>(rows).fill(1), rows);
      if (!each) throw new InferenceError('INTERNAL', `the model returned other rows than the ${rows} pictures`);
      outputs.push(...each);
    }
    return outputs;
  }

  /** Decodes a picture and runs the steps of the task on it. */
  protected prepare(bytes: Buffer): Promise<PreparedPicture> {
    const { layout, preprocessing } = this.task;
    const page = this.task.type === 'read_text' ? this.task.page : undefined;
    const { timeoutSeconds } = this.options;
    // The picture may be a part of a request's memory, which is not moved.
    const own = new Uint8Array(bytes);
    return pictureThreads.call(
      this.threads,
      [own.buffer],
      'prepare',
      own,
      { layout, preprocessing, page },
      timeoutSeconds,
    );
  }

  /** Returns the output that the task names, for one picture. @throws InferenceError `INTERNAL` for another shape */
  protected output(outputs: Outputs, rank: number, wanted: string = this.task.output): Tensor {
    const output = outputs.find(({ name }) => name === wanted)!;
    if (output.shape.length === rank && output.shape[0] === 1) return output;
    throw new InferenceError(
      'INTERNAL',
      `the model returned ${output.name} with the shape [${output.shape.join(', ')}]`,
    );
  }

  /** Returns the inputs of the runs for pictures. Those of one size run together, if the model takes several. */
  protected runsOf(pictures: readonly PreparedPicture[]): { inputs: readonly Tensor[]; rows: number }[] {
    const inputs = pictures.map((picture) => this.inputsOf(picture));
    const [first, ...others] = pictures;
    const isOneSize = others.every(({ height, width }) => height === first!.height && width === first!.width);
    if (others.length === 0 || !isOneSize || this.picture.shape[0] !== -1) {
      return inputs.map((each) => ({ inputs: each, rows: 1 }));
    }
    return [{ inputs: joinRows(inputs, inputs.length), rows: inputs.length }];
  }

  private inputsOf({ channels, data, height, width }: PreparedPicture): Tensor[] {
    const shape = this.task.layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
    return this.own.inputs.map(({ name, datatype, shape: allowed }) => {
      if (name === PIXEL_MASK) {
        return { name, datatype, shape: [1, height, width], data: new BigInt64Array(height * width).fill(1n) };
      }
      if (!shapeFits(shape.slice(1), allowed.slice(1))) {
        throw invalid(
          `the picture has the shape [${shape.join(', ')}] after preprocessing; the model takes [${allowed.join(', ')}]`,
        );
      }
      return { name, datatype, shape, data: converted(data, datatype) };
    });
  }
}

/** A model that takes all pictures of a request together. */
abstract class BatchedImageModel<Task extends Exclude<ImageTask, ReadTextTask>> extends ImageModel<Task> {
  readonly processorTime?: LoadedModel['processorTime'];

  constructor(...parameters: ConstructorParameters<typeof ImageModel<Task>>) {
    super(...parameters);
    if (this.model.processorTime) this.processorTime = (inputs) => this.modelTime(inputs);
  }

  protected async runTask([input]: readonly Tensor[]): Promise<Tensor[]> {
    const pictures = await this.prepareAll(input!);
    return this.results(await this.outputsOf(pictures), pictures);
  }

  private async modelTime([input]: readonly Tensor[]): Promise<number> {
    let milliseconds = 0;
    for (const { inputs } of this.runsOf(await this.prepareAll(input!))) {
      milliseconds += await this.runs.take(() => this.model.processorTime!(inputs));
    }
    return milliseconds;
  }

  private prepareAll({ data }: Tensor): Promise<PreparedPicture[]> {
    const files = data as Buffer[];
    return Promise.all(files.map((bytes, index) => named(files, index, this.prepare(bytes))));
  }

  /** Returns the outputs of the task for the outputs of the model. */
  protected abstract results(
    outputs: readonly Outputs[],
    pictures: readonly PreparedPicture[],
  ): Tensor[] | Promise<Tensor[]>;
}

class ImageClassificationModel extends BatchedImageModel<ImageClassificationTask> {
  protected results(outputs: readonly Outputs[]): Tensor[] {
    const { activation } = this.task;
    const rows = outputs.map((each) => activate(activation, floatsOf(this.output(each, 2))));
    return [joinVectors(this.signature.outputs[0]!, rows)];
  }
}

class ImageEmbeddingModel extends BatchedImageModel<ImageEmbeddingTask> {
  protected results(outputs: readonly Outputs[]): Tensor[] {
    const { normalize: isNormalized, pooling } = this.task;
    const rows = outputs.map((each) => {
      const output = this.output(each, pooling === undefined ? 2 : 3);
      const data = floatsOf(output);
      const width = output.shape.at(-1)!;
      const row = pooling === undefined ? data.slice() : pool(pooling, data, width);
      if (isNormalized) normalize(row);
      return row;
    });
    return [joinVectors(this.signature.outputs[0]!, rows)];
  }
}

class ObjectDetectionModel extends BatchedImageModel<ObjectDetectionTask> {
  protected results(outputs: readonly Outputs[], pictures: readonly PreparedPicture[]): Tensor[] {
    const { labels, task } = this;
    const objects = outputs.map((each, index) => {
      const logits = floatsOf(this.output(each, 3));
      const boxes = floatsOf(this.output(each, 3, task.boxes.output));
      return foundObjects(task, { logits, boxes, labels }, pictures[index]!);
    });
    return [documents(this.signature, objects)];
  }
}

class ImageSegmentationModel extends BatchedImageModel<ImageSegmentationTask> {
  protected async results(outputs: readonly Outputs[], pictures: readonly PreparedPicture[]): Promise<Tensor[]> {
    const { labels, task, threads } = this;
    const segments = outputs.map((each, index) => {
      const output = this.output(each, 4);
      const [, classes, height, width] = output.shape as [number, number, number, number];
      const grid = { classes, height, width, data: floatsOf(output).slice() };
      const { original } = pictures[index]!;
      return pictureThreads.call(threads, [grid.data.buffer], 'segment', grid, labels, original, task.masks);
    });
    return [documents(this.signature, await Promise.all(segments))];
  }
}

/** Writes one JSON value a picture into the only output of a task. */
export function documents({ outputs: [output] }: Signature, values: readonly unknown[]): Tensor {
  const data = values.map((value) => Buffer.from(JSON.stringify(value)));
  return { name: output!.name, datatype: 'BYTES', shape: [data.length], data };
}

/** Converts values to the datatype of the model's input. Bytes are exact, because only whole pixels reach them. */
function converted(values: Float32Array, datatype: TensorSpec['datatype']): Tensor['data'] {
  if (datatype === 'UINT8') return Uint8Array.from(values);
  const short = shortFloatOf(datatype);
  return short ? Uint16Array.from(values, (value) => short.fromNumber(value)) : values;
}

/** Names a picture in the error of its work, if the request has several. */
export function named<T>({ length }: readonly Buffer[], index: number, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (length === 1 || !(error instanceof InferenceError)) throw error;
    throw new InferenceError(error.code, `picture ${index}: ${error.message}`, error.retryAfterSeconds);
  });
}
