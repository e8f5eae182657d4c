import type { TransformOptions } from '../../batch-compute.js';

type Size = Pick<TransformOptions, 'instanceType' | 'instanceCount' | 'concurrencyPerInstance' | 'timeoutSeconds'>;

/** What a job runs on, and how long it waits for an answer, if nothing is said. */
export function transformSize(options: TransformOptions): Required<Size> {
  const { instanceType = 'ml.m5.large', instanceCount = 1, concurrencyPerInstance = 4, timeoutSeconds = 600 } = options;
  return { instanceType, instanceCount, concurrencyPerInstance, timeoutSeconds };
}
