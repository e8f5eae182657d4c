import type { LoadedModel } from '../../engines/index.js';
import type { TextTokenizer } from '../../manifest/index.js';
import { InferenceError } from '../../tensor/errors.js';
import { floatsOf } from '../../tensor/float16.js';
import { DEFAULT_SIGNATURE } from '../../tensor/tensor.js';
import type { ModelOutput, TextResult } from './text-steps.js';
import { type TokenSpan, tokenTensors } from './token-tensors.js';
import type { EncodedText } from './tokenizer.js';

/** Runs a model on texts of any length. Texts of similar length run together, because padding costs as much as text. */
export class SequenceRunner {
  /** Maximum number of texts of a run by the length of the longest. Texts run alone until it is known what they gain. */
  maxRows: (tokens: number) => number = () => 1;

  constructor(
    private readonly model: LoadedModel,
    private readonly padding: TextTokenizer['padding'],
    private readonly outputs: readonly ModelOutput[],
    /** Milliseconds after which no further run starts. */
    private readonly timeoutMs: number,
  ) {}

  /** Returns a runner of the same model with another maximum number of texts of a run. */
  withRows(maxRows: (tokens: number) => number): SequenceRunner {
    const other = new SequenceRunner(this.model, this.padding, this.outputs, this.timeoutMs);
    other.maxRows = maxRows;
    return other;
  }

  /**
   * Runs the model on each text. The results are in the same order.
   *
   * @throws InferenceError `DEADLINE_EXCEEDED` if the runs take longer than the timeout
   */
  async run(texts: readonly EncodedText[]): Promise<TextResult[]> {
    const since = performance.now();
    const results: TextResult[] = new Array(texts.length);
    for (const batch of this.batches(texts)) {
      if (performance.now() - since > this.timeoutMs) {
        throw new InferenceError('DEADLINE_EXCEEDED', `the texts took longer than ${this.timeoutMs / 1000} s`);
      }
      const values = await this.runTogether(batch.map((index) => texts[index]!));
      for (const [row, index] of batch.entries()) results[index] = { encoded: texts[index]!, values: values[row]! };
    }
    return results;
  }

  /** Returns the indices of the texts that run together. A text is at least half as long as the longest of its run. */
  private batches(texts: readonly EncodedText[]): number[][] {
    const length = (index: number) => texts[index]!.ids.length;
    const byLength = Array.from(texts.keys()).sort((one, other) => length(other) - length(one));
    const batches: number[][] = [];
    let batch: number[] = [];
    for (const index of byLength) {
      const longest = batch.length > 0 ? length(batch[0]!) : 0;
      if (batch.length === 0 || batch.length >= this.maxRows(longest) || length(index) * 2 < longest) {
        batch = [];
        batches.push(batch);
      }
      batch.push(index);
    }
    return batches;
  }

  private async runTogether(texts: readonly EncodedText[]): Promise<Float32Array[][]> {
    const { inputs } = this.model.signatures[DEFAULT_SIGNATURE]!;
    const { tensors, spans } = tokenTensors(texts, inputs, this.padding);
    const tokens = tensors[0]!.shape[1]!;
    const found = await this.model.run(tensors);
    const parts = this.outputs.map(({ name, isPerToken }) => {
      const output = found.find((tensor) => tensor.name === name)!;
      const { shape } = output;
      if (shape[0] !== texts.length || (isPerToken && shape[1] !== tokens)) {
        throw new InferenceError('INTERNAL', `the model returned ${name} with the shape [${shape.join(', ')}]`);
      }
      const data = floatsOf(output);
      return (row: number, span: TokenSpan) =>
        rowOf(data, texts.length, row, isPerToken ? { ...span, tokens } : undefined);
    });
    return spans.map((span, row) => parts.map((part) => part(row, span)));
  }
}

/** Returns the values of one row, or those of its tokens without padding. */
function rowOf(data: Float32Array, rows: number, row: number, span?: TokenSpan & { tokens: number }): Float32Array {
  const size = data.length / rows;
  if (!span) return data.subarray(row * size, (row + 1) * size);
  const width = size / span.tokens;
  return data.subarray(row * size + span.start * width, row * size + span.end * width);
}
