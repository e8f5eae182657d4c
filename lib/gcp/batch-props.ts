import type { BatchCompute } from './batch-compute.js';
import type { GooglePlacementProps } from './props.js';

/** Props of {@link BatchModel}. */
export interface BatchModelProps extends GooglePlacementProps {
  /** Compute that runs the predictions. */
  readonly compute: BatchCompute;

  /**
   * Name of the bucket of the input files. It needs uniform bucket-level access. The files are JSON Lines: one row per line,
   * with the names of the model's inputs as keys.
   */
  readonly inputBucket: string;

  /** Prefix of the input files. Objects outside this prefix cannot be read. @default batch/input/ */
  readonly inputPrefix?: string;

  /** Name of the bucket that receives the predictions. @default - the input bucket */
  readonly outputBucket?: string;

  /** Prefix of the predictions. Each execution writes to its own folder under this prefix. @default batch/output/ */
  readonly outputPrefix?: string;

  /**
   * Seconds until an instance of an execution times out, 1 to 604800. An instance that failed is started once more, and
   * continues with its unfinished files.
   *
   * @default 86400
   */
  readonly timeoutSeconds?: number;
}
