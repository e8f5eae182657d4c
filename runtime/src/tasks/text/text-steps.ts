import { isUtf8 } from 'node:buffer';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { EncodedText, TextInput } from './tokenizer.js';

/** Steps of a task before and after the model. */
export interface TextSteps {
  /** Outputs of the model that the task needs. */
  readonly outputs: readonly ModelOutput[];
  /**
   * Returns the texts that the model reads for a request.
   *
   * @throws InferenceError `INVALID_ARGUMENT` if an input or an option is invalid
   */
  prepare(inputs: readonly Tensor[], options: TextOptions): PreparedTexts;
}

/** An output of a model. */
export interface ModelOutput {
  readonly name: string;
  /** Whether the output has values for each token, rather than for each text. */
  readonly isPerToken: boolean;
}

/** Texts that the model reads for a request, and how its outputs become those of the task. */
export interface PreparedTexts {
  readonly texts: readonly TextInput[];
  /** Number of texts that belong to one row of the request. @default 1 */
  readonly textsPerRow?: number;
  /** Encodes each row as one or several texts. @default - texts are cut to what the model takes */
  encode?(): Promise<readonly (readonly EncodedText[])[]>;
  /** Makes the outputs of the task. The results are in the order of `texts`. */
  finish(results: readonly TextResult[]): Tensor[] | Promise<Tensor[]>;
}

/** What the model returned for one text. */
export interface TextResult {
  readonly encoded: EncodedText;
  /** Values of each of the task's outputs, without those of padding. */
  readonly values: readonly Float32Array[];
}

/**
 * Returns the texts of an input.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if one is not UTF-8
 */
export function textsOf({ name, data }: Tensor): string[] {
  return (data as Buffer[]).map((bytes, index) => {
    if (!isUtf8(bytes)) throw invalid(`element ${index} of input ${name} is not valid UTF-8`);
    return bytes.toString();
  });
}
