import type { Signature, Tensor, TensorSpec } from '@modelship/runtime';
import type { TextTask } from '@modelship/runtime/manifest';
import type { Tolerance } from '@modelship/runtime/serve';

export type { Tolerance };

/** Some rows of reference data. */
export interface ReferenceRows {
  /** Inputs of the model. */
  readonly inputs: readonly Tensor[];
  /** Place of the class of each row, or undefined where the label is missing. @default - the rows have no labels */
  readonly classes?: readonly (number | undefined)[] | undefined;
}

/** Options of `modelship pack`. */
export interface PackOptions {
  /**
   * Path of the saved model: a file, an archive or folder of another tool (MLflow, SageMaker, TorchServe, Triton, TensorFlow Serving,
   * MLServer or BentoML), or the folder of a SavedModel, of Hugging Face or of PaddleOCR. A model in MLflow's store has a URI such as
   * `models:/iris/3`.
   */
  readonly source: string;
  /** Name of the served model. */
  readonly name: string;
  /** Folder of the package. An existing package is replaced with `force`. */
  readonly out: string;
  /** Version of the model, an integer in decimal notation. @default - the version that another tool recorded, or '1' */
  readonly version?: string;
  /** JSON file of requests, optionally with the expected responses. @default - samples are made up from the signature */
  readonly samples?: string;
  /**
   * Inputs of the model, for formats that do not record them: scripted TorchScript, whole modules of PyTorch, and
   * scikit-learn pipelines with non-numeric columns. A dimension of -1 may have any size.
   *
   * @default - the inputs that the file records, or those of samples in the Open Inference Protocol
   */
  readonly inputs?: readonly TensorSpec[];
  /** Class names, for the outputs that have one score per class. @default - none */
  readonly labels?: readonly string[];
  /** Maximum difference between a replica's response and the golden one. @default DEFAULT_TOLERANCE */
  readonly tolerance?: Tolerance;
  /**
   * Folder of the Python modules that a pickle or a handler imports, or one such module. Definitions of the script that saved the model
   * are found in them.
   *
   * @default - only installed packages are imported
   */
  readonly code?: string;
  /**
   * Python module with the user's own steps around the model, such as `steps.py`, or `steps.py:Steps` for a class in it. It
   * defines `preprocess(request)` and `postprocess(outputs, request)`.
   *
   * @default - requests have the inputs of the model
   */
  readonly handler?: string;
  /**
   * JSON file of requests whose rows represent absent features in explanations, such as a sample of the training rows.
   *
   * @default - requests for explanations bring such rows, or get zeros
   */
  readonly background?: string;
  /**
   * Returns rows like those that the model was trained with, for a signature with class names. Their ranges and categories become
   * part of the package, and what the scores of a classifier mean.
   *
   * @default - servers cannot compare requests with reference data
   */
  readonly reference?: (signature: Signature) => AsyncIterable<ReferenceRows>;
  /** Whether to allow formats that can run code from the file when loaded. @default false */
  readonly trustPickle?: boolean;
  /** Whether to run handlers: `handler`, and the code of archives of other tools. @default false */
  readonly trustCode?: boolean;
  /**
   * Weights of a folder of Hugging Face: a path in the folder such as `onnx/model_quantized.onnx`, or its last part. For a
   * folder of PaddleOCR, the name of the model that recognizes characters.
   *
   * @default - `model.onnx`, `onnx/model.onnx`, the only ONNX file, or `model.safetensors`; the only such model of PaddleOCR
   */
  readonly weights?: string;
  /** Task of a folder of Hugging Face. @default - the task that the model was saved for */
  readonly task?: TextTask['type'];
  /** Whether to replace a package with another digest in `out`. @default false */
  readonly force?: boolean;
  /** Called with each step when it starts. @default - steps are not reported */
  readonly onStep?: (step: string) => void;
  /** Called with each setting of the original that the package does not keep. @default - they are in `origin.json` only */
  readonly onNote?: (note: string) => void;
}

/**
 * Tolerates a different order of additions in 32-bit floats on another processor. A wrong weight, a swapped class or
 * different preprocessing differs by orders of magnitude more.
 */
export const DEFAULT_TOLERANCE: Tolerance = { absolute: 1e-5, relative: 1e-4 };
