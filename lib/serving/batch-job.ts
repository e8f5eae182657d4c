import type { Model } from '../model/model.js';
import type { ImageSource } from './image-source.js';

/** Default of `inputPrefix` of a batch. */
export const DEFAULT_INPUT_PREFIX = 'batch/input/';

/** Default of `outputPrefix` of a batch. */
export const DEFAULT_OUTPUT_PREFIX = 'batch/output/';

/** Default of `timeoutSeconds` of a batch: 24 hours. */
export const DEFAULT_BATCH_SECONDS = 86_400;

/** Number of times that the host starts a task again after a failure. The task continues with its unfinished files. */
export const BATCH_RETRIES = 1;

/** Settings of a job that predicts the rows of files with Modelship's runtime. It starts and ends with each execution. */
export interface BatchJobOptions {
  /** Model package to run. */
  readonly model: Model;
  /** Image of Modelship's runtime. @default - the runtime of this version, built at apply */
  readonly image?: ImageSource;
  /** Maximum number of rows per request to the model, 1 to 10000. @default 100 */
  readonly rowsPerRequest?: number;
  /** Maximum number of concurrent requests per instance, 1 to 1000. @default 4 */
  readonly maxConcurrency?: number;
  /** Seconds until a request times out, 1 to 3600. @default 600 */
  readonly timeoutSeconds?: number;
  /**
   * Percentage of the rows of a file that may fail before the batch gives up the file and the execution fails, 0 to 100.
   *
   * @default 0
   */
  readonly toleratedFailurePercent?: number;
  /** Additional environment variables of the runtime. @default - only those that the construct sets */
  readonly environment?: { [name: string]: string };
}

/** Props of a batch that other endpoints do not have, or that mean something else there. */
interface BatchProps {
  readonly compute: unknown;
  readonly timeoutSeconds?: unknown;
}

/** Returns the props that concern the resources around the job. Its timeout is not that of a request. */
export function placementOf<Props extends BatchProps>(props: Props): Omit<Props, keyof BatchProps> {
  const { compute: _, timeoutSeconds: __, ...placement } = props;
  return placement;
}
