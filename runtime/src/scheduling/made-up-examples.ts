import type { LoadedModel } from '../engines/engine.js';
import { allocate, type TensorData } from '../tensor/datatype.js';
import { InferenceError } from '../tensor/errors.js';
import { shortFloatOf } from '../tensor/float16.js';
import { elementCount, type Signature, type Tensor, type TensorSpec } from '../tensor/tensor.js';

/** Magnitudes of the numbers in each example, so that models with thresholds respond differently. */
const SCALES = [1, 10, -10, 1000] as const;

/** Maximum number of elements of an input. Larger ones would make the start slow. */
const MAX_ELEMENTS = 4_000_000;

/** Milliseconds of a run above which a model gets a single example. */
const MAX_RUN_MS = 250;

/** Step of the golden ratio, whose multiples are spread evenly between 0 and 1. */
const SPREAD = 0.618_033_988_749_895;

/**
 * Makes up requests of one row from a signature, for models that come without samples. Integers are 0 and 1, because they
 * may be indices into a table.
 *
 * @returns no requests if a dimension other than the first may have any size, because the time of a run depends on it
 */
export function madeUpExamples({ inputs }: Signature): Tensor[][] {
  const isFixed = ({ shape, unknownRank }: TensorSpec) => !unknownRank && !shape.slice(1).includes(-1);
  if (!inputs.every(isFixed)) return [];
  const shapes = inputs.map(({ shape }) => shape.map((size) => (size === -1 ? 1 : size)));
  if (shapes.some((shape) => elementCount(shape) > MAX_ELEMENTS)) return [];
  return SCALES.map((scale, row) =>
    inputs.map(({ name, datatype }, index) => {
      const data = values(datatype, elementCount(shapes[index]!), scale, row + index);
      return { name, datatype, shape: shapes[index]!, data };
    }),
  );
}

function values(datatype: TensorSpec['datatype'], length: number, scale: number, offset: number): TensorData {
  const data = allocate(datatype, length) as unknown[];
  const shortFloat = shortFloatOf(datatype);
  for (let index = 0; index < length; index++) {
    const number = scale * (((index + offset + 1) * SPREAD) % 1);
    const bit = (index + offset) % 2;
    if (datatype === 'BYTES') data[index] = Buffer.from('text');
    else if (datatype === 'INT64' || datatype === 'UINT64') data[index] = BigInt(bit);
    else if (shortFloat) data[index] = shortFloat.fromNumber(number);
    else data[index] = datatype.startsWith('FP') ? number : bit;
  }
  return data as unknown as TensorData;
}

/** Returns the examples that a model suggests, or made-up ones if it suggests none. It may reject some of them. */
export function examplesOf({ examples = [], signatures }: LoadedModel): readonly (readonly Tensor[])[] {
  return examples.length > 0 ? examples : madeUpExamples(signatures.serving_default!);
}

/** Returns the examples that a model accepts. Stops at the first one that it rejects, which its log reports. */
export async function acceptedExamples(model: LoadedModel): Promise<(readonly Tensor[])[]> {
  const accepted: (readonly Tensor[])[] = [];
  for (const example of examplesOf(model)) {
    const since = performance.now();
    try {
      await model.run(example);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      break;
    }
    accepted.push(example);
    if (performance.now() - since > MAX_RUN_MS) break;
  }
  return accepted;
}
