import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { BatchJobOptions } from '../serving/batch-job.js';
import { modelVariables } from '../serving/servers/model-variables.js';

/** Places of a batch, as folders or URLs. */
export interface BatchLocations {
  readonly model: string;
  /** URL of the bucket or container with the input files. It ends with a slash. */
  readonly input: string;
  /** URL of the folder for the predictions. It ends with a slash. */
  readonly output: string;
}

/** Returns the environment variables of a runtime that runs a batch. */
export function batchEnvironment(
  options: BatchJobOptions,
  { model, input, output }: BatchLocations,
): { [name: string]: string } {
  const { rowsPerRequest = 100, maxConcurrency = 4, timeoutSeconds = 600, toleratedFailurePercent = 0 } = options;
  return {
    ...options.environment,
    ...modelVariables(options.model, model),
    [ENVIRONMENT.timeoutSeconds]: `${timeoutSeconds}`,
    [ENVIRONMENT.batchInput]: input,
    [ENVIRONMENT.batchOutput]: output,
    [ENVIRONMENT.batchRows]: `${rowsPerRequest}`,
    [ENVIRONMENT.batchConcurrency]: `${maxConcurrency}`,
    [ENVIRONMENT.batchToleratedFailures]: `${toleratedFailurePercent}`,
  };
}
