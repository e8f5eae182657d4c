import { Token } from 'aws-cdk-lib';
import type { Model } from '../../../model/model.js';
import { smallestRequestBytes } from '../../../model/request-size.js';
import type { Validator } from '../../../serving/validation/validator.js';

/** Size limit of a target, described for error messages, and an alternative target. */
export interface SizeLimit {
  /** Description of the limited resource, such as `a request to a SageMaker serverless endpoint`. */
  readonly what: string;
  /** Recommendation of the closest target with a higher limit, as a sentence. */
  readonly alternative: string;
}

/** Reports an error if a single row exceeds the maximum request size. */
export function checkPayload(
  validator: Validator,
  model: Model,
  maxBytes: number,
  { what, alternative }: SizeLimit,
): void {
  const bytes = smallestRequestBytes(model.manifest);
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
