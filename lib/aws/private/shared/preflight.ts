import { Token } from 'aws-cdk-lib';
import type { Model } from '../../../model/model.js';
import type { Validator } from '../../../serving/validation/validator.js';

/** What of a target a model may be too large for, and what to take instead. */
export interface Ceiling {
  /** Such as `a request to a SageMaker serverless endpoint`. */
  readonly what: string;
  /** The nearest target that takes more, as a sentence. */
  readonly instead: string;
}

/**
 * Bytes of a request for a single row by a binary protocol: the least that any request has. Lengths that vary, and
 * strings, count as short as they can be.
 */
export function smallestRequestBytes({ manifest }: Model): number {
  return manifest.inputs.reduce(
    (sum, { datatype, shape }) => sum + elementBytes(datatype) * shape.reduce((size, axis) => size * Math.abs(axis), 1),
    0,
  );
}

/** Of the datatypes of the Open Inference Protocol, whose names end in their bits. */
function elementBytes(datatype: string): number {
  return Number(/\d+$/.exec(datatype)?.[0] ?? 8) / 8;
}

/** Notes a fault if not even one row fits into a request. */
export function checkPayload(validator: Validator, model: Model, maxBytes: number, { what, instead }: Ceiling): void {
  const bytes = smallestRequestBytes(model);
  validator.check(
    bytes <= maxBytes,
    'model',
    'PAYLOAD_TOO_LARGE',
    `one row of its inputs has ${bytes} bytes, and ${what} at most ${maxBytes}; ${instead}`,
  );
}

/** Notes a fault if the files alone fill the memory. */
export function checkMemory(validator: Validator, model: Model, memoryMib: number, { what, instead }: Ceiling): void {
  validator.check(
    Token.isUnresolved(memoryMib) || model.sizeBytes < memoryMib * 2 ** 20,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${Math.ceil(model.sizeBytes / 2 ** 20)} MiB, and ${what} has ${memoryMib} MiB of memory; ${instead}`,
  );
}
