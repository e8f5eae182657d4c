import type { EncodedIds } from '../../engines/index.js';
import type { TextTokenizer, TokenInput } from '../../manifest/index.js';
import type { Tensor, TensorSpec } from '../../tensor/tensor.js';

/** Positions of the tokens of one text in its row of a padded batch. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/** Texts as inputs of a model, each padded to the longest. */
export interface TokenBatch {
  /** Tensors of the shape `[texts, tokens]`, in the order of the model's inputs. */
  readonly tensors: readonly Tensor[];
  /** Span of each text. */
  readonly spans: readonly TokenSpan[];
}

/** How each input is filled: the value of padding, and the values of tokens. */
interface TokenValues {
  padding(padding: TextTokenizer['padding']): number;
  token(text: EncodedIds, index: number): number;
}

const VALUES: Readonly<Record<TokenInput, TokenValues>> = {
  input_ids: { padding: ({ id }) => id, token: ({ ids }, index) => ids[index]! },
  attention_mask: { padding: () => 0, token: () => 1 },
  token_type_ids: { padding: ({ typeId }) => typeId, token: ({ typeIds }, index) => typeIds[index]! },
  position_ids: { padding: () => 0, token: (_, index) => index },
};

/** Builds the inputs of a model from tokens. Each text has at least one token. */
export function tokenTensors(
  texts: readonly EncodedIds[],
  inputs: readonly Pick<TensorSpec, 'name' | 'datatype'>[],
  padding: TextTokenizer['padding'],
): TokenBatch {
  const width = Math.max(...texts.map(({ ids }) => ids.length));
  const spans = texts.map(({ ids: { length } }) => {
    const start = padding.side === 'right' ? 0 : width - length;
    return { start, end: start + length };
  });
  const tensors = inputs.map(({ name, datatype }) => {
    const values = VALUES[name as TokenInput];
    const isWide = datatype === 'INT64';
    const data = isWide ? new BigInt64Array(texts.length * width) : new Int32Array(texts.length * width);
    // Values are small and not negative, so the low halves of 64-bit elements hold them. That avoids a BigInt for each
    // token.
    const words = new Int32Array(data.buffer);
    const stride = isWide ? 2 : 1;
    const fill = values.padding(padding);
    for (const [row, text] of texts.entries()) {
      const { start, end } = spans[row]!;
      for (let column = 0; column < width; column++) {
        const isToken = column >= start && column < end;
        words[(row * width + column) * stride] = isToken ? values.token(text, column - start) : fill;
      }
    }
    return { name, datatype, shape: [texts.length, width], data };
  });
  return { tensors, spans };
}
