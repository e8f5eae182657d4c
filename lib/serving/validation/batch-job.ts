import { type BatchJobOptions, DEFAULT_INPUT_PREFIX, DEFAULT_OUTPUT_PREFIX } from '../batch-job.js';
import { NUMBER, type PropTypes, required, STRING, STRING_MAP } from './prop-types.js';
import { IMAGE } from './server.js';
import { checkEnvironment, MODEL } from './serving-props.js';
import type { Range, Validator } from './validator.js';

const ROWS: Range = { min: 1, max: 10_000, source: 'this construct' };
const CONCURRENCY: Range = { min: 1, max: 1000, source: 'this construct' };
const REQUEST_SECONDS: Range = { min: 1, max: 3600, unit: 'seconds', source: 'this construct' };
const PERCENT: Range = { min: 0, max: 100, unit: 'percent', source: 'this construct' };

/** Types of the settings that jobs have on every cloud. */
export const BATCH_JOB_OPTIONS: PropTypes<BatchJobOptions> = {
  model: required(MODEL),
  image: IMAGE,
  rowsPerRequest: NUMBER,
  maxConcurrency: NUMBER,
  timeoutSeconds: NUMBER,
  toleratedFailurePercent: NUMBER,
  environment: STRING_MAP,
};

/** The excluded characters have a meaning in conditions of roles, in URLs, or in shells. */
const PREFIX = /^[^/'"{}\\*?#%$][^'"{}\\*?#%$]*\/$/;
const PREFIX_RULE =
  'must end with a slash, not start with one, and have no quotes, braces, backslashes, `*`, `?`, `#`, `%` or `$`';

/** Prefixes of the files and their predictions, and the stores that hold them. */
export interface BatchPlaces {
  readonly inputPrefix?: string | undefined;
  readonly outputPrefix?: string | undefined;
  /** Whether both are in the same bucket or container. */
  readonly isSameStore: boolean;
}

/** Reports faults of the prefixes and of the settings that jobs have on every cloud. */
export function checkBatchJob(
  validator: Validator,
  options: BatchJobOptions,
  { inputPrefix = DEFAULT_INPUT_PREFIX, outputPrefix = DEFAULT_OUTPUT_PREFIX, isSameStore }: BatchPlaces,
  reserved: RegExp,
): void {
  validator.text('inputPrefix', inputPrefix, PREFIX, PREFIX_RULE);
  validator.text('outputPrefix', outputPrefix, PREFIX, PREFIX_RULE);
  validator.check(
    !isSameStore || validator.isToken(outputPrefix) || !`${outputPrefix}`.startsWith(inputPrefix),
    'outputPrefix',
    'CONFLICT',
    `got ${JSON.stringify(outputPrefix)}, which is below the inputPrefix ${JSON.stringify(inputPrefix)}, so that the next batch ` +
      'would read the predictions; choose a prefix beside it',
  );
  validator.number('compute.rowsPerRequest', options.rowsPerRequest, ROWS);
  validator.number('compute.maxConcurrency', options.maxConcurrency, CONCURRENCY);
  validator.number('compute.timeoutSeconds', options.timeoutSeconds, REQUEST_SECONDS);
  validator.number('compute.toleratedFailurePercent', options.toleratedFailurePercent, PERCENT);
  checkEnvironment(validator, 'compute.environment', options.environment, reserved, STRING);
}
