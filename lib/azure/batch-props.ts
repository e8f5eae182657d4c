import type { BatchCompute } from './batch-compute.js';
import type { AzureBlobContainer, AzurePlacementProps } from './props.js';

/** Props of {@link BatchModel}. */
export interface BatchModelProps extends AzurePlacementProps {
  /** Compute that runs the predictions. */
  readonly compute: BatchCompute;

  /**
   * Container of the input files. They are JSON Lines: one row per line, with the names of the model's inputs as keys. With
   * `privateSubnet`, the network needs a private endpoint of its storage account.
   */
  readonly inputContainer: AzureBlobContainer;

  /** Prefix of the input files. Blobs outside this prefix cannot be read. @default batch/input/ */
  readonly inputPrefix?: string;

  /** Container that receives the predictions. @default - the input container */
  readonly outputContainer?: AzureBlobContainer;

  /** Prefix of the predictions. Each execution writes to its own folder under this prefix. @default batch/output/ */
  readonly outputPrefix?: string;

  /**
   * Seconds until an execution times out, 1 to 604800. A replica that failed is started once more, and continues with its
   * unfinished files.
   *
   * @default 86400
   */
  readonly timeoutSeconds?: number;
}
