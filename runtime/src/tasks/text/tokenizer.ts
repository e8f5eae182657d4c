import { createRequire } from 'node:module';
import { ModelPackageError, type TextTokenizer } from '../../manifest/index.js';

/** A text, or two texts that the model compares. */
export type TextInput = string | readonly [string, string];

/** The tokens of a text or of a pair of texts, including special tokens. */
export interface EncodedText {
  readonly ids: readonly number[];
  /** For each token: 0 in the first text and 1 in the second. Tokenizers of some models give 0 to both. */
  readonly typeIds: readonly number[];
  /** Whether the text was longer than the model takes, so that tokens were removed. */
  readonly isTruncated: boolean;
  /** Returns where each token starts and ends in its text, in Unicode code points as in Python. */
  offsets(): readonly (readonly [number, number])[];
}

/** The part of the package `tokenizers` that is used here. */
interface TokenizersPackage {
  readonly Tokenizer: { fromFile(path: string): NativeTokenizer };
}

interface NativeTokenizer {
  disablePadding(): void;
  setTruncation(maxTokens: number, options: { direction: 'left' | 'right' }): void;
  idToToken(id: number): string | null;
  encode(text: string, pair?: string): Promise<NativeEncoding>;
  encodeBatch(texts: readonly string[]): Promise<NativeEncoding[]>;
}

interface NativeEncoding {
  getIds(): number[];
  getTypeIds(): number[];
  getOffsets(): [number, number][];
  getOverflowing(): unknown[];
}

/**
 * Turns texts into tokens, with the same results as the package `tokenizers` of Python. The native code of both is the
 * same. It runs outside the event loop.
 */
export class Tokenizer {
  /**
   * Loads a `tokenizer.json`.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the file cannot be loaded or does not fit `options`, or
   * `FORMAT_UNSUPPORTED` if the package `tokenizers` is not installed
   */
  static async load(path: string, options: Omit<TextTokenizer, 'file'>): Promise<Tokenizer> {
    const { Tokenizer: Native } = tokenizersPackage();
    let native: NativeTokenizer;
    try {
      native = Native.fromFile(path);
    } catch (error) {
      const reason = (error as Error).message;
      throw unusable(
        `${path} cannot be loaded as a tokenizer: ${reason}. Save it again with \`tokenizer.save("tokenizer.json")\`.`,
      );
    }
    // The model's limit is in the manifest. Many files hold another one, and pad short texts to it.
    native.disablePadding();
    const { maxTokens, padding, truncationSide } = options;
    if (native.idToToken(padding.id) === null) {
      throw unusable(
        `${path} has no token ${padding.id}, which \`task.tokenizer.padding.id\` names. Pack the model again.`,
      );
    }
    // Below this limit, the native code would return tokens beyond it.
    const special = (await native.encode('', '')).getIds().length;
    if (maxTokens <= special) {
      throw unusable(
        `\`task.tokenizer.maxTokens\` must be more than ${special}, got ${maxTokens}: ${path} adds ${special} special ` +
          'tokens to a pair of texts. Pack the model again.',
      );
    }
    native.setTruncation(maxTokens, { direction: truncationSide });
    return new Tokenizer(native);
  }

  private constructor(private readonly native: NativeTokenizer) {}

  /** Encodes texts and pairs of texts. The results are in the same order. */
  async encode(inputs: readonly TextInput[]): Promise<EncodedText[]> {
    const isSingle = (input: TextInput): input is string => typeof input === 'string';
    // A batch takes half the time of single calls for short texts, but the package accepts no pairs in it.
    const encodings = inputs.every(isSingle)
      ? await this.native.encodeBatch(inputs)
      : await Promise.all(
          inputs.map((input) => (isSingle(input) ? this.native.encode(input) : this.native.encode(...input))),
        );
    return encodings.map((encoding) => ({
      ids: encoding.getIds(),
      typeIds: encoding.getTypeIds(),
      isTruncated: encoding.getOverflowing().length > 0,
      offsets: () => encoding.getOffsets(),
    }));
  }
}

/** Loads the package on first use, because only models that take texts need it. */
function tokenizersPackage(): TokenizersPackage {
  try {
    return createRequire(__filename)('tokenizers') as TokenizersPackage;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n', 1);
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `models that take texts need the npm package \`tokenizers\`, which cannot be loaded (${reason}). ` +
        'Install it beside the server with `npm install tokenizers@0.23.2`.',
    );
  }
}

function unusable(message: string): ModelPackageError {
  return new ModelPackageError('ARTIFACT_INVALID', message);
}
