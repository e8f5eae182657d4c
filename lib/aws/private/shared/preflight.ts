import { Token } from 'aws-cdk-lib';
import type { Model } from '../../../model/model.js';
import type { Validator } from '../../../serving/validation/validator.js';

/** Size limit of a target, described for error messages, and an alternative target. */
export interface SizeLimit {
  /** Description of the limited resource, such as `a request to a SageMaker serverless endpoint`. */
  readonly what: string;
  /** Recommendation of the closest target with a higher limit, as a sentence. */
  readonly alternative: string;
}

/**
 * Returns the minimum size of any request in bytes: one row in a binary protocol. Variable dimensions count as 1, and
 * strings and booleans as 1 byte.
 */
export function smallestRequestBytes({ manifest }: Model): number {
  return manifest.inputs.reduce(
    (sum, { datatype, shape }) => sum + elementBytes(datatype) * shape.reduce((size, axis) => size * Math.abs(axis), 1),
    0,
  );
}

/** Returns the size of an element in bytes. Datatype names of the Open Inference Protocol end in the number of bits. */
function elementBytes(datatype: string): number {
  return Number(/\d+$/.exec(datatype)?.[0] ?? 8) / 8;
}

/** Reports an error if a single row exceeds the maximum request size. */
export function checkPayload(
  validator: Validator,
  model: Model,
  maxBytes: number,
  { what, alternative }: SizeLimit,
): void {
  const bytes = smallestRequestBytes(model);
  validator.check(
    bytes <= maxBytes,
    'model',
    'PAYLOAD_TOO_LARGE',
    `one row of its inputs has ${bytes} bytes, and ${what} at most ${maxBytes}; ${alternative}`,
  );
}

/** Reports an error if the model files alone exceed the memory. */
export function checkMemory(
  validator: Validator,
  model: Model,
  memoryMib: number,
  { what, alternative }: SizeLimit,
): void {
  validator.check(
    Token.isUnresolved(memoryMib) || model.sizeBytes < memoryMib * 2 ** 20,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${Math.ceil(model.sizeBytes / 2 ** 20)} MiB, and ${what} has ${memoryMib} MiB of memory; ${alternative}`,
  );
}
