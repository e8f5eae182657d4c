import type { TransformOptions } from '../../batch-compute.js';

type Size = Pick<TransformOptions, 'instanceType' | 'instanceCount' | 'maxConcurrency' | 'timeoutSeconds'>;

/** Instance type, number of instances and limits of a job, with defaults applied. */
export function transformSize(options: TransformOptions): Required<Size> {
  const { instanceType = 'ml.m5.large', instanceCount = 1, maxConcurrency = 4, timeoutSeconds = 600 } = options;
  return { instanceType, instanceCount, maxConcurrency, timeoutSeconds };
}
