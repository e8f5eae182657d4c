import { InferenceError, type Signature, type Tensor } from '@modelship/runtime';
import { type ModelFormat, ModelPackageError, withInputRules } from '@modelship/runtime/manifest';
import {
  decodeSamples,
  differenceBetween,
  encodeSamples,
  examplesOf,
  type LoadedModel,
  type Sample,
  sampleDifference,
} from '@modelship/runtime/serve';
import type { Tolerance } from './options.js';
import type { SampleRequest } from './sample-requests.js';
import { sampleInputs, sampleTensors } from './sample-tensors.js';

/** Significant digits of a golden response. Further digits differ between processors. */
const GOLDEN_DIGITS = { FP32: 7, FP64: 12 } as const;

/** Rounding step of golden responses as a fraction of the absolute tolerance, so that values close to 0 become 0. */
const GOLDEN_STEP = 0.01;

/**
 * Runs each request and compares the response with the expected one, if the request has one.
 *
 * @throws ModelPackageError `SAMPLES_INVALID` if the model rejects a request, `SAMPLES_DIFFER` if a response is outside
 * the tolerance
 */
export async function goldenSamples(
  requests: readonly SampleRequest[],
  model: LoadedModel,
  format: ModelFormat,
  tolerance: Tolerance,
): Promise<Sample[]> {
  const signature = withInputRules(format, model.signatures).serving_default!;
  const samples: Sample[] = [];
  for (const { place, inputs: given, expected } of requests) {
    const inputs = sampleInputs(given, signature, place);
    const outputs = await run(model, inputs, place);
    if (expected) compare(outputs, sampleTensors(expected, signature.outputs, place, true), tolerance, place);
    samples.push(sampleOf(inputs, outputs, tolerance));
  }
  return samples;
}

/**
 * Maximum number of values of the inputs, or of the outputs, of a made-up sample. More would fill the package with numbers
 * that mean nothing.
 */
const MADE_UP_VALUES = 5000;

/**
 * Makes up samples from the signature, for a model without any. Omits those with a response that is not finite or that
 * differs each time, and stops at the first that the model rejects. The time of a run decides nothing, so that the same
 * model gives the same package.
 */
export async function madeUpSamples(model: LoadedModel, format: ModelFormat, tolerance: Tolerance): Promise<Sample[]> {
  const signature = withInputRules(format, model.signatures).serving_default!;
  const samples: Sample[] = [];
  for (const inputs of examplesOf(model)) {
    if (valuesIn(inputs) > MADE_UP_VALUES) continue;
    const outputs = await model.run(inputs).catch(ignoreRejection);
    if (!outputs) break;
    const sample = sampleOf(inputs, outputs, tolerance);
    if (valuesIn(outputs) <= MADE_UP_VALUES && (await isReproduced(model, sample, signature, tolerance))) {
      samples.push(sample);
    }
  }
  return samples;
}

function valuesIn(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { data }) => sum + data.length, 0);
}

/** Returns whether a server that reads the sample from the package gets its response. */
async function isReproduced(
  model: LoadedModel,
  sample: Sample,
  signature: Signature,
  tolerance: Tolerance,
): Promise<boolean> {
  try {
    const [read] = decodeSamples(Buffer.from(encodeSamples([sample])), signature);
    return (await sampleDifference(model, read!, tolerance)) === undefined;
  } catch (error) {
    // Values without a JSON text, such as numbers that are not finite.
    ignoreRejection(error);
    return false;
  }
}

function ignoreRejection(error: unknown): undefined {
  if (!(error instanceof InferenceError)) throw error;
}

async function run(model: LoadedModel, inputs: readonly Tensor[], place: string): Promise<Tensor[]> {
  try {
    return await model.run(inputs);
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw new ModelPackageError('SAMPLES_INVALID', `${place}: the model cannot run it: ${error.message}`);
  }
}

function compare(outputs: readonly Tensor[], expected: readonly Tensor[], tolerance: Tolerance, place: string): void {
  for (const wanted of expected) {
    const got = outputs.find(({ name }) => name === wanted.name)!;
    const difference = differenceBetween(got, wanted, tolerance);
    if (difference === undefined) continue;
    throw new ModelPackageError(
      'SAMPLES_DIFFER',
      `${place}: the packed model does not answer as expected: ${difference}. Check that the export contains the whole ` +
        'model, preprocessing included; if the difference is acceptable, allow it with `--tolerance ABSOLUTE,RELATIVE`.',
    );
  }
}

/** Returns a sample whose response has the digits that all processors agree on. */
function sampleOf(inputs: readonly Tensor[], outputs: readonly Tensor[], { absolute }: Tolerance): Sample {
  return { inputs, outputs: outputs.map((output) => rounded(output, GOLDEN_STEP * absolute)) };
}

function rounded(tensor: Tensor, step: number): Tensor {
  if (tensor.datatype !== 'FP32' && tensor.datatype !== 'FP64') return tensor;
  const digits = GOLDEN_DIGITS[tensor.datatype];
  const data = (tensor.data as Float32Array | Float64Array).map((value) => {
    const whole = step > 0 ? Math.round(value / step) * step : value;
    return Number(whole.toPrecision(digits));
  });
  return { ...tensor, data };
}
