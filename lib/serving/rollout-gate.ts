/** Task of a data set that the outputs of a model do not decide. */
export type GateTask = 'clustering' | 'multilabel' | 'ranking' | 'retrieval';

/** Labelled data set, and limits of the metrics that a new version must meet on it. */
export interface GateDataSet {
  /**
   * File of CSV, JSON Lines, Parquet or NumPy arrays (`.npz`), or folder with a folder of pictures for each class, of at most
   * 50 MiB. It is deployed as an asset.
   */
  readonly rows: string;
  /** Column of the labels. @default 'label', for a folder of pictures */
  readonly label?: string;
  /** Column of the weights. @default - 1 for each row */
  readonly weight?: string;
  /** Column that the rows of each query have in common. Required for the tasks `ranking` and `retrieval`. @default - none */
  readonly query?: string;
  /** Task of the model. @default - decided by its outputs */
  readonly task?: GateTask;
  /** Minimum of metrics by their names, as `modelship evaluate` reports them: `{ accuracy: 0.9 }`. @default - none */
  readonly min?: { [metric: string]: number };
  /** Maximum of metrics by their names: `{ log_loss: 0.3 }`. @default - none */
  readonly max?: { [metric: string]: number };
}

/**
 * Questions that a new version must answer correctly before it receives traffic. If it does not, the deployment fails and
 * the earlier version keeps all traffic.
 */
export interface RolloutGate {
  /**
   * JSON file of requests with their expected predictions, such as the `samples.json` of the version that was approved. Each
   * prediction must be within the tolerance of the package. The package's own samples do not find a model that was
   * packed with the same mistake.
   *
   * @default - golden samples of the package
   */
  readonly samples?: string;
  /** Labelled data set with limits of metrics. @default - only samples */
  readonly dataSet?: GateDataSet;
}
