import { isImageTask } from '../../manifest/index.js';
import type { ServedModel } from '../../models/served-model.js';
import { allocate, type Datatype } from '../../tensor/datatype.js';
import { invalid } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../tensor/json/ascii.js';
import { JsonReader, JsonWriter, TensorBuilder, writeNested } from '../../tensor/json/index.js';
import type { Cancellation } from '../../tensor/request.js';
import { elementCount, shapeFits, type Tensor, type TensorSpec } from '../../tensor/tensor.js';
import { type Evaluate, shapleyRows, shapleyValues } from './shapley.js';

const DEFAULT_PERMUTATIONS = 16;
const MOST_PERMUTATIONS = 1024;

/** Maximum number of rows evaluated by the model, over all instances of a call. */
const MOST_ROWS = 2 ** 18;

/** Maximum number of numbers in those rows. */
const MOST_NUMBERS = 2 ** 28;

/** Maximum number of numbers in the response, about 20 MB of JSON. */
const MOST_VALUES = 2 ** 20;

/** Input datatypes whose features can be mixed as doubles. */
const EXPLAINABLE: readonly Datatype[] = ['FP32', 'FP64', 'INT8', 'INT16', 'INT32', 'UINT8', 'UINT16', 'UINT32'];

/** Differences between an explain call and KServe's. */
export interface ExplainOptions {
  readonly signal?: Cancellation;
  /**
   * Whether the body may be just the list of instances, or name them `data`, and the response is just the list of
   * explanations.
   *
   * @default false
   */
  readonly bare?: boolean;
}

/** Parsed body of an explain call. */
interface ExplainRequest {
  readonly instances: Tensor;
  readonly background: Tensor | undefined;
  readonly permutations: number;
  readonly seed: number;
}

/**
 * Explains the predictions of a model. The response contains how far each feature of each of `instances` moves each
 * output. The body may also contain `background` with rows that represent absent features, by default zeros. Its
 * `parameters` may contain `permutations` and `seed`.
 *
 * @throws InferenceError `INVALID_ARGUMENT`, or `DEADLINE_EXCEEDED` after the timeout of one request
 */
export function explain(model: ServedModel, body: Buffer, options: ExplainOptions = {}): Promise<Buffer | string> {
  const { signal, bare = false } = options;
  return model.hold((hold) => explanations(model, body, bare, either(signal, hold)));
}

/** Returns a cancellation that is aborted as soon as one of the two is. */
function either(signal: Cancellation | undefined, hold: Cancellation): Cancellation {
  return {
    get aborted() {
      return hold.aborted || signal?.aborted === true;
    },
    trace: signal?.trace,
    held: signal?.held,
  };
}

async function explanations(
  model: ServedModel,
  body: Buffer,
  bare: boolean,
  signal: Cancellation,
): Promise<Buffer | string> {
  const signature = model.signatures.serving_default!;
  const spec = signature.inputs[0]!;
  if (signature.inputs.length > 1 || !EXPLAINABLE.includes(spec.datatype)) {
    const { task } = model.manifest;
    const cause = task ? `; the task ${task.type} takes ${isImageTask(task) ? 'pictures' : 'texts'}` : '';
    throw invalid(`only models of one input, of ${EXPLAINABLE.join(', ')}, can be explained${cause}`);
  }
  const { instances, background, permutations, seed } = decode(body, spec, bare);
  const size = instances.shape[0]!;
  const item = instances.shape.slice(1);
  const features = elementCount(item);
  if (features === 0) throw invalid('an instance has no features');
  const absent = background ? toDoubles(background) : new Float64Array(features);
  if (background && !shapeFits(background.shape.slice(1), item)) {
    throw invalid(`background has rows of shape [${background.shape.slice(1)}], instances of [${item}]`);
  }
  checkSize(size * shapleyRows(features, absent.length / features, permutations), features);
  const evaluate: Evaluate = async (rows, count) => {
    const data = allocate(spec.datatype, rows.length) as Float64Array;
    data.set(rows);
    const input: Tensor = { name: spec.name, datatype: spec.datatype, shape: [count, ...item], data };
    const { outputs } = await model.infer({ inputs: [input], signal });
    const scores = scoresOf(outputs, count);
    const values = size * features * (scores.length / count);
    if (values > MOST_VALUES) {
      throw invalid(
        `explaining gives ${values} numbers, ${MOST_VALUES} are allowed in a response: send fewer instances`,
      );
    }
    return scores;
  };
  const all = toDoubles(instances);
  const writer = new JsonWriter();
  writer.raw(bare ? '[' : '{"explanations": [');
  for (let row = 0; row < size; row++) {
    const instance = all.slice(row * features, (row + 1) * features);
    const { base, values } = await shapleyValues({ instance, background: absent, permutations, seed }, evaluate);
    writer.raw(row > 0 ? ', {"base_values": ' : '{"base_values": ');
    writeDoubles(writer, base, [base.length]);
    writer.raw(', "shap_values": ');
    writeDoubles(writer, values, [...item, base.length]);
    writer.raw('}');
  }
  writer.raw(bare ? ']' : ']}');
  return writer.finish();
}

function checkSize(rows: number, features: number): void {
  const most = Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / features));
  if (rows <= most) return;
  throw invalid(
    `explaining takes ${rows} rows of ${features} features, ${most} are allowed in a call: ask for fewer instances, ` +
      'permutations or background rows',
  );
}

function decode(body: Buffer, spec: TensorSpec, bare: boolean): ExplainRequest {
  const reader = new JsonReader(body, false);
  let instances: Tensor | undefined;
  let background: Tensor | undefined;
  let parameters: Record<string, unknown> = {};
  if (bare && reader.peek() === OPEN_ARRAY) instances = readRows(reader, spec, 'the body');
  else if (reader.peek() !== OPEN_OBJECT) throw invalid('the body must be a JSON object with instances');
  else if (reader.openObject()) {
    do {
      const name = reader.name();
      if (name === 'instances' || (bare && name === 'data')) instances = readRows(reader, spec, name);
      else if (name === 'background') background = readRows(reader, spec, name);
      else if (name === 'parameters') parameters = readParameters(reader);
      else reader.skip();
    } while (reader.nextMember());
  }
  reader.end();
  if (!instances) throw invalid('the body has no instances');
  return {
    instances,
    background,
    permutations: wholeNumber(parameters, 'permutations', DEFAULT_PERMUTATIONS, 1, MOST_PERMUTATIONS),
    seed: wholeNumber(parameters, 'seed', 0, 0, 2 ** 32 - 1),
  };
}

function readRows(reader: JsonReader, spec: TensorSpec, name: string): Tensor {
  if (reader.peek() !== OPEN_ARRAY) throw invalid(`${name} must be a list of rows`);
  const builder = new TensorBuilder(reader, spec);
  builder.read();
  const tensor = builder.tensor();
  if (tensor.shape[0] === 0) throw invalid(`${name} is empty`);
  if (!spec.unknownRank && !shapeFits(tensor.shape, [-1, ...spec.shape.slice(1)])) {
    throw invalid(`${name}: got shape [${tensor.shape}], the model takes [${spec.shape}] where -1 is any size`);
  }
  return tensor;
}

function readParameters(reader: JsonReader): Record<string, unknown> {
  if (reader.peek() !== OPEN_OBJECT) throw invalid('parameters must be a JSON object');
  return reader.value() as Record<string, unknown>;
}

function wholeNumber(
  parameters: Record<string, unknown>,
  name: string,
  byDefault: number,
  least: number,
  most: number,
): number {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : byDefault;
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw invalid(`parameter ${name} is ${JSON.stringify(value)}, must be a whole number from ${least} to ${most}`);
}

/** Returns the first floating-point output, which must have one row per input row. */
function scoresOf(outputs: readonly Tensor[], count: number): Float64Array {
  const scores = outputs.find(({ datatype }) => datatype === 'FP32' || datatype === 'FP64');
  if (scores?.shape[0] !== count) {
    throw invalid('only models with an output of floating-point numbers, a row for each instance, can be explained');
  }
  return toDoubles(scores);
}

function toDoubles({ data }: Tensor): Float64Array {
  return Float64Array.from(data as Float64Array, Number);
}

function writeDoubles(writer: JsonWriter, data: Float64Array, shape: readonly number[]): void {
  writeNested(writer, { name: 'explanations', datatype: 'FP64', shape, data }, shape, 0, {
    separator: ', ',
    nonFinite: 'refused',
  });
}
