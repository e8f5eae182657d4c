import type { Link } from '../../engines/additive-model.js';
import type { Effects, ExactExplainer, ExactMethod } from '../../explain/additive-explainer.js';
import { EXPLAINABLE, explainableInput } from '../../explain/explainable.js';
import { isImageTask, isTextTask, type Task } from '../../manifest/index.js';
import type { ServedModel } from '../../models/served-model.js';
import { allocate } from '../../tensor/datatype.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { JsonWriter, writeNested } from '../../tensor/json/index.js';
import type { Cancellation } from '../../tensor/request.js';
import { elementCount, shapeFits, type Tensor, type TensorSpec } from '../../tensor/tensor.js';
import { defaultPermutations, type PartKind, partKind } from './explain-parts.js';
import { DEFAULT_PERMUTATIONS, decodeExplainRequest, type ExplainRequest, type Method } from './explain-request.js';
import { type Evaluate, shapleyRows, shapleyValues } from './shapley.js';

/** Maximum number of rows evaluated by the model, over all instances of a call. */
const MOST_ROWS = 2 ** 18;

/** Maximum number of numbers in those rows. */
const MOST_NUMBERS = 2 ** 28;

/** Maximum number of numbers in the response, about 20 MB of JSON. */
const MOST_VALUES = 2 ** 20;

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

/**
 * Explains the predictions of a model. The response contains how far each feature of each of `instances` moves each
 * output. The body may also contain `background` with rows that represent absent features, by default those of the package,
 * or zeros. Its `parameters` may contain `method`, `permutations` and `seed`. By default the effects are exact for trees and
 * linear models, and sampled for others.
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
  if (model.hidesScores) {
    throw new InferenceError(
      'PERMISSION_DENIED',
      'explanations of this model are disabled: they would reveal the exact scores that the server hides',
    );
  }
  const signature = model.signatures.serving_default!;
  const { task } = model.manifest;
  const kind = partKind(task);
  if (kind) {
    const request = decodeExplainRequest(body, signature.inputs[0]!, bare);
    return written(partExplanations(model, kind, request, signal), bare);
  }
  const spec = explainableInput(signature);
  if (!spec) {
    const cause = task ? `; the task ${task.type} takes ${inputsOf(task)}` : '';
    throw invalid(
      `only models of one input, of ${EXPLAINABLE.join(', ')}, and classifiers of texts or pictures can be explained${cause}`,
    );
  }
  const request = decodeExplainRequest(body, spec, bare);
  const item = request.instances.shape.slice(1);
  const features = elementCount(item);
  if (features === 0) throw invalid('an instance has no features');
  const { explainer, background: packaged } = (await model.explanationData?.()) ?? {};
  const background = request.background ?? packaged;
  if (background && !shapeFits(background.shape.slice(1), item)) {
    throw invalid(`background has rows of shape [${background.shape.slice(1)}], instances of [${item}]`);
  }
  const call: ExplainCall = { model, spec, item, request, signal, background: background && toDoubles(background) };
  const { method } = request;
  const canBeExact = explainer !== undefined && method !== 'sampled' && features === explainer.columns;
  const explained = (canBeExact ? await exactly(call, explainer, method) : undefined) ?? bySamples(call, canBeExact);
  return written(explained, bare);
}

/** Returns the response with explanations. */
async function written(
  explained: Iterable<Explanation> | AsyncIterable<Explanation>,
  bare: boolean,
): Promise<Buffer | string> {
  const writer = new JsonWriter();
  writer.raw(bare ? '[' : '{"explanations": [');
  let row = 0;
  for await (const { base, values, item, method, link, parts } of explained) {
    writer.raw(row++ > 0 ? ', {"base_values": ' : '{"base_values": ');
    writeDoubles(writer, base, [base.length]);
    writer.raw(', "shap_values": ');
    writeDoubles(writer, values, [...item, base.length]);
    const listed = parts ? `, "${parts.name}": ${JSON.stringify(parts.list)}` : '';
    writer.raw(`, "method": "${method}", "link": "${link}"${listed}}`);
  }
  writer.raw(bare ? ']' : ']}');
  return writer.finish();
}

/** A call that is explained. */
interface ExplainCall {
  readonly model: ServedModel;
  readonly spec: TensorSpec;
  /** Shape of an instance. */
  readonly item: readonly number[];
  readonly request: ExplainRequest;
  readonly signal: Cancellation;
  /** Rows that represent absent features, concatenated. @default - the request and the package have none */
  readonly background: Float64Array | undefined;
}

/** Explanation of one instance. */
interface Explanation extends Effects {
  readonly method: Method;
  /** Link between the prediction and what the base and the effects add up to. */
  readonly link: Link;
  /** Shape of the features. */
  readonly item: readonly number[];
  /** Parts of a text or a picture, which are its features. @default - the features are numbers */
  readonly parts?: { readonly name: PartKind['name']; readonly list: readonly object[] };
}

/**
 * Computes the effects from the trees or weights of the model.
 *
 * @returns undefined if no method is named and the trees or weights do not give the predictions of the model
 * @throws InferenceError `INVALID_ARGUMENT` if the request names a method that the model does not have
 */
async function exactly(
  { model, item, request, signal, background }: ExplainCall,
  explainer: ExactExplainer,
  named: ExactMethod | undefined,
): Promise<readonly Explanation[] | undefined> {
  const features = elementCount(item);
  const instances = toDoubles(request.instances);
  const count = request.instances.shape[0]!;
  checkValues(instances.length * explainer.outputs);
  const { outputs } = await model.infer({ inputs: [request.instances], signal });
  const predictions = scoresOf(outputs, count);
  const exact = await explainer.explain({ instances, predictions, background, method: named }, signal);
  if (!exact) return undefined;
  const { base, values, method, link } = exact;
  return Array.from({ length: count }, (_, row) => {
    const size = features * base.length;
    return { base, values: values.subarray(row * size, (row + 1) * size), item, method, link };
  });
}

/**
 * Computes sampled Shapley values, instance by instance.
 *
 * @param isCompared whether the instances were already compared with the reference data of the model
 */
async function* bySamples(
  {
    model,
    spec,
    item,
    request: { instances, method, permutations = DEFAULT_PERMUTATIONS, seed },
    signal,
    background: given,
  }: ExplainCall,
  isCompared: boolean,
): AsyncGenerator<Explanation> {
  if (method !== undefined && method !== 'sampled') {
    throw invalid(
      `method ${method} is for trees and linear models whose file gives the predictions of the model; use the method sampled`,
    );
  }
  const size = instances.shape[0]!;
  const features = elementCount(item);
  const background = given ?? new Float64Array(features);
  checkSize(size * shapleyRows(features, background.length / features, permutations), features);
  const evaluate: Evaluate = async (rows, count) => {
    const data = allocate(spec.datatype, rows.length) as Float64Array;
    data.set(rows);
    const input: Tensor = { name: spec.name, datatype: spec.datatype, shape: [count, ...item], data };
    const { outputs } = await model.infer({ inputs: [input], signal, isMadeUp: true });
    const scores = scoresOf(outputs, count);
    checkValues(size * features * (scores.length / count));
    return scores;
  };
  const all = toDoubles(instances);
  // The rows of the samples are not compared with the reference data of the model, but those of the request are.
  if (!isCompared && model.manifest.reference) await model.infer({ inputs: [instances], signal });
  for (let row = 0; row < size; row++) {
    const instance = all.slice(row * features, (row + 1) * features);
    const { base, values } = await shapleyValues({ instance, background, permutations, seed }, evaluate);
    yield { base, values, item, method: 'sampled', link: 'identity' };
  }
}

/** Samples Shapley values of the tokens of texts or the regions of pictures, instance by instance. */
async function* partExplanations(
  model: ServedModel,
  kind: PartKind,
  { instances, background, method = 'sampled', permutations, seed }: ExplainRequest,
  signal: Cancellation,
): AsyncGenerator<Explanation> {
  if (method !== 'sampled') throw invalid(`method ${method} is for rows of numbers; use the method sampled`);
  if (background) throw invalid(`background is for rows of numbers; absent ${kind.name} need none`);
  const { name, datatype } = model.signatures.serving_default!.inputs[0]!;
  for (const bytes of instances.data as readonly Buffer[]) {
    const instance = await kind.read(model, bytes);
    const { length } = instance.parts;
    const orders = permutations ?? defaultPermutations(kind, length);
    checkSize(instances.shape[0]! * shapleyRows(length, 1, orders), length);
    const evaluate: Evaluate = async (rows, count) => {
      const scores: number[] = [];
      for (let start = 0; start < count; start += kind.perCall) {
        const end = Math.min(count, start + kind.perCall);
        const data = await Promise.all(
          Array.from({ length: end - start }, (_, index) =>
            instance.with(rows.subarray((start + index) * length, (start + index + 1) * length)),
          ),
        );
        const { outputs } = await model.infer({
          inputs: [{ name, datatype, shape: [data.length], data }],
          signal,
          isMadeUp: true,
        });
        for (const score of scoresOf(outputs, data.length)) scores.push(score);
      }
      checkValues(instances.shape[0]! * length * (scores.length / count));
      return Float64Array.from(scores);
    };
    const [all, none] = [new Float64Array(length).fill(1), new Float64Array(length)];
    const problem = { instance: all, background: none, permutations: orders, seed };
    const { base, values } = await shapleyValues(problem, evaluate);
    yield {
      base,
      values,
      item: [length],
      method,
      link: 'identity',
      parts: { name: kind.name, list: instance.parts },
    };
  }
}

/** Rejects a response of too many numbers. */
function checkValues(values: number): void {
  if (values <= MOST_VALUES) return;
  throw invalid(`explaining gives ${values} numbers, ${MOST_VALUES} are allowed in a response: send fewer instances`);
}

function checkSize(rows: number, features: number): void {
  const most = Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / features));
  if (rows <= most) return;
  throw invalid(
    `explaining takes ${rows} rows of ${features} features, ${most} are allowed in a call: ask for fewer instances, ` +
      'permutations or background rows',
  );
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
  return new Float64Array(data as Float64Array);
}

function writeDoubles(writer: JsonWriter, data: Float64Array, shape: readonly number[]): void {
  writeNested(writer, { name: 'explanations', datatype: 'FP64', shape, data }, shape, 0, {
    separator: ', ',
    nonFinite: 'refused',
  });
}

/** Returns what a task takes, for people. */
function inputsOf(task: Task): string {
  if (isImageTask(task)) return 'pictures';
  return isTextTask(task) ? 'texts' : 'queries';
}
