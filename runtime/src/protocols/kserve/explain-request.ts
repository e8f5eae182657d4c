import { EXACT_METHODS } from '../../explain/additive-explainer.js';
import { invalid } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../tensor/json/ascii.js';
import { JsonReader, TensorBuilder } from '../../tensor/json/index.js';
import { shapeFits, type Tensor, type TensorSpec } from '../../tensor/tensor.js';

/** Number of sampled orders of features, unless a request has another. */
export const DEFAULT_PERMUTATIONS = 16;
const MOST_PERMUTATIONS = 1024;

/** Methods that a request may name. */
const METHODS = [...EXACT_METHODS, 'sampled'] as const;

/** How effects are computed: by a method whose effects are exact, or by sampled orders of the features. */
export type Method = (typeof METHODS)[number];

/** Parsed body of an explain call. */
export interface ExplainRequest {
  readonly instances: Tensor;
  readonly background: Tensor | undefined;
  /** Method that the caller wants. @default - the best that the model has */
  readonly method: Method | undefined;
  /** Number of sampled orders. @default - `DEFAULT_PERMUTATIONS`, or fewer for texts and pictures of many parts */
  readonly permutations: number | undefined;
  readonly seed: number;
}

/**
 * Decodes the body of an explain call.
 *
 * @param bare whether the body may be just the list of instances, or name them `data`
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function decodeExplainRequest(body: Buffer, spec: TensorSpec, bare: boolean): ExplainRequest {
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
    method: methodOf(parameters),
    permutations: wholeNumber(parameters, 'permutations', 1, MOST_PERMUTATIONS),
    seed: wholeNumber(parameters, 'seed', 0, 2 ** 32 - 1) ?? 0,
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

function methodOf({ method }: Record<string, unknown>): Method | undefined {
  const known = METHODS.find((each) => each === method);
  if (known !== undefined || method === undefined) return known;
  throw invalid(`parameter method is ${JSON.stringify(method)}, must be one of ${METHODS.join(', ')}`);
}

function wholeNumber(
  parameters: Record<string, unknown>,
  name: string,
  least: number,
  most: number,
): number | undefined {
  if (!Object.hasOwn(parameters, name)) return undefined;
  const value = parameters[name];
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw invalid(`parameter ${name} is ${JSON.stringify(value)}, must be a whole number from ${least} to ${most}`);
}
