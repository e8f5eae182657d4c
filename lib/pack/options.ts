import type { TensorSpec } from '@modelship/runtime';
import type { Tolerance } from '@modelship/runtime/serve';

export type { Tolerance };

/** What `modelship pack` makes a package of. */
export interface PackOptions {
  /** The saved model: a file, or the folder of a SavedModel. */
  readonly source: string;
  /** The name to serve it under. */
  readonly name: string;
  /** The package's folder, made or, with `force`, replaced. */
  readonly out: string;
  /** A whole number in decimal. @default '1' */
  readonly version?: string;
  /** A JSON file of requests, with the expected answers if they are known. @default - no golden samples */
  readonly samples?: string;
  /**
   * What the model takes, for formats that do not record it: scripted TorchScript, whole modules of PyTorch, and
   * pipelines of scikit-learn whose columns are not all numbers. A dimension of -1 may have any size.
   *
   * @default - what the file records, or what samples of the Open Inference Protocol show
   */
  readonly inputs?: readonly TensorSpec[];
  /** Names of the classes, for the outputs that have one number for each. @default - none */
  readonly labels?: readonly string[];
  /** How far a replica's answer may be from a golden one. @default DEFAULT_TOLERANCE */
  readonly tolerance?: Tolerance;
  /** Whether a format whose loading runs the file's own code may be used. @default false */
  readonly trustPickle?: boolean;
  /** Whether a package with another digest in `out` is replaced. @default false */
  readonly force?: boolean;
  /** Told of each step when it starts. @default - nobody is */
  readonly onStep?: (step: string) => void;
}

/**
 * Room for another processor to add in another order, in 32-bit floats; a wrong weight, a swapped class or another
 * preprocessing is further off by magnitudes.
 */
export const DEFAULT_TOLERANCE: Tolerance = { absolute: 1e-5, relative: 1e-4 };
