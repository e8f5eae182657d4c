import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EncodedIds } from '../../engines/index.js';
import { ModelPackageError, type Side, type TextTokenizer } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import { requirePackage } from '../require-package.js';

/** A text, or two texts that the model compares. */
export type TextInput = string | readonly [string, string];

/** The tokens of a text or of a pair of texts, including special tokens. */
export interface EncodedText extends EncodedIds {
  /** Returns where each token starts and ends in its text, in Unicode code points as in Python. */
  offsets(): readonly (readonly [number, number])[];
  /** Returns for each token whether it is a special token. */
  specials(): readonly boolean[];
}

/** The part of the package `tokenizers` that is used here. */
interface TokenizersPackage {
  readonly Tokenizer: { fromString(json: string): NativeTokenizer };
}

interface NativeTokenizer {
  disablePadding(): void;
  disableTruncation(): void;
  setTruncation(maxTokens: number, options: { direction: Side; strategy: 'LongestFirst' | 'OnlyFirst' }): void;
  idToToken(id: number): string | null;
  encode(text: string, pair?: string | null, options?: NativeOptions): Promise<NativeEncoding>;
  encodeBatch(texts: readonly string[], options?: NativeOptions): Promise<NativeEncoding[]>;
  decode(ids: readonly number[], skipSpecialTokens: boolean): Promise<string>;
  getDecoder(): { decode(tokens: readonly string[]): string } | null;
}

interface NativeOptions {
  readonly addSpecialTokens: boolean;
}

export interface NativeEncoding {
  getLength(): number;
  getIds(): number[];
  getTypeIds(): number[];
  getTokens(): string[];
  getOffsets(): [number, number][];
  getSpecialTokensMask(): number[];
  getSequenceIds(): (number | null | undefined)[];
  getWordIds(): (number | null | undefined)[];
  getOverflowing(): unknown[];
}

/** Settings of a tokenizer that do not depend on the request. */
export interface TokenizerOptions extends Omit<TextTokenizer, 'file'> {
  /** Which text of a pair is cut. @default - the longer one */
  readonly cuts?: 'first';
}

/**
 * Maximum length of a text to tokenize at once, in UTF-16 code units. The native code takes about a second for it, and
 * cannot be stopped.
 */
const MAX_TEXT_LENGTH = 1 << 20;

/** Length of the part of a long text to try first, for each token that the model takes. */
const LENGTH_PER_TOKEN = 32;

/**
 * Turns texts into tokens, with the same results as the package `tokenizers` of Python. The native code of both is the
 * same. It runs outside the event loop.
 */
export class Tokenizer {
  /**
   * Loads a `tokenizer.json`.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the file cannot be loaded or does not fit `options`, or
   * `FORMAT_UNSUPPORTED` if the package `tokenizers` cannot be loaded
   */
  static async load(path: string, options: TokenizerOptions): Promise<Tokenizer> {
    const { Tokenizer: Native } = tokenizersPackage();
    let native: NativeTokenizer;
    let json: string;
    try {
      json = readFileSync(path, 'utf8');
      native = Native.fromString(json);
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
    truncate(native, options, truncationSide);
    return new Tokenizer({ path, digest: digestOf(json) }, native, options);
  }

  /** Tokenizers with another limit than that of the package, which is state of the native code. */
  private readonly others = new Map<Side | 'unlimited', NativeTokenizer>();

  private constructor(
    private readonly file: { readonly path: string; readonly digest: string },
    private readonly native: NativeTokenizer,
    private readonly options: TokenizerOptions,
  ) {}

  /**
   * Encodes texts and pairs of texts. The results are in the same order.
   *
   * @param side side from which tokens of longer texts are removed
   * @throws InferenceError `INVALID_ARGUMENT` for a text that is too long to tokenize
   */
  async encode(inputs: readonly TextInput[], side: Side = this.options.truncationSide): Promise<EncodedText[]> {
    const native = side === this.options.truncationSide ? this.native : this.other(side);
    const isSingle = (input: TextInput): input is string => typeof input === 'string';
    const shortened = await this.shortened(inputs, side);
    // A batch takes half the time of single calls for short texts, but the package accepts no pairs in it.
    const encodings = shortened.every(isSingle)
      ? await native.encodeBatch(shortened)
      : await Promise.all(shortened.map((input) => (isSingle(input) ? native.encode(input) : native.encode(...input))));
    return encodings.map((encoding, index) => ({
      ids: encoding.getIds(),
      typeIds: encoding.getTypeIds(),
      isTruncated: encoding.getOverflowing().length > 0,
      offsets: () => offsetsIn(encoding, inputs[index]!, shortened[index]!, side),
      specials: () => encoding.getSpecialTokensMask().map((mask) => mask === 1),
    }));
  }

  /**
   * Encodes texts without removing tokens.
   *
   * @throws InferenceError `INVALID_ARGUMENT` for a text that is too long to tokenize
   */
  async encodeWhole(texts: readonly string[], addSpecialTokens: boolean): Promise<NativeEncoding[]> {
    for (const text of texts) if (text.length > MAX_TEXT_LENGTH) throw tooLong(text);
    return this.other('unlimited').encodeBatch(texts, { addSpecialTokens });
  }

  /**
   * Encodes a pair of texts without removing tokens.
   *
   * @throws InferenceError `INVALID_ARGUMENT` for a text that is too long to tokenize
   */
  async encodePair(first: string, second: string): Promise<NativeEncoding> {
    for (const text of [first, second]) if (text.length > MAX_TEXT_LENGTH) throw tooLong(text);
    return this.other('unlimited').encode(first, second);
  }

  /** Returns the name of a token. */
  token(id: number): string | null {
    return this.native.idToToken(id);
  }

  /** Returns the text of token ids. */
  decode(ids: readonly number[], skipSpecialTokens: boolean): Promise<string> {
    return this.native.decode(ids, skipSpecialTokens);
  }

  /** Returns the text of tokens by their names. */
  join(tokens: readonly string[]): string {
    return this.native.getDecoder()?.decode(tokens) ?? tokens.join(' ');
  }

  /** Returns the section `model` of the tokenizer's file. */
  modelSection(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.content()).model;
  }

  /** Reads the file again, because large vocabularies are too much to keep in memory twice. */
  private content(): string {
    const { digest, path } = this.file;
    const json = readFileSync(path, 'utf8');
    if (digestOf(json) !== digest) throw new Error(`${path} changed after the model was loaded`);
    return json;
  }

  /** Returns each long text without what is certainly removed, because the native code tokenizes a text as a whole. */
  private async shortened(inputs: readonly TextInput[], side: Side): Promise<readonly TextInput[]> {
    const limit = this.options.maxTokens * LENGTH_PER_TOKEN;
    const isLong = (text: string) => text.length > limit * 2;
    if (!inputs.some((input) => (typeof input === 'string' ? isLong(input) : input.some(isLong)))) return inputs;
    const whole = this.other('unlimited');
    const shorten = async (text: string) => {
      if (!isLong(text)) return text;
      for (let length = limit; length < Math.min(text.length, MAX_TEXT_LENGTH); length *= 2) {
        const part = partOf(text, length, side);
        // Tokens near the cut may differ, so the part has twice the tokens that remain.
        if ((await whole.encode(part)).getLength() >= this.options.maxTokens * 2) return part;
      }
      if (text.length > MAX_TEXT_LENGTH) throw tooLong(text);
      return text;
    };
    // One after another, so that a request keeps a single thread busy.
    const found: TextInput[] = [];
    for (const input of inputs) {
      found.push(typeof input === 'string' ? await shorten(input) : [await shorten(input[0]), await shorten(input[1])]);
    }
    return found;
  }

  private other(kind: Side | 'unlimited'): NativeTokenizer {
    let native = this.others.get(kind);
    if (!native) {
      native = tokenizersPackage().Tokenizer.fromString(this.content());
      native.disablePadding();
      if (kind === 'unlimited') native.disableTruncation();
      else truncate(native, this.options, kind);
      this.others.set(kind, native);
    }
    return native;
  }
}

function truncate(native: NativeTokenizer, { maxTokens, cuts }: TokenizerOptions, direction: Side): void {
  native.setTruncation(maxTokens, { direction, strategy: cuts === 'first' ? 'OnlyFirst' : 'LongestFirst' });
}

function digestOf(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}

/** Maximum distance of a cut to white space, beyond which the cut is inside a word. */
const MAX_WORD_LENGTH = 256;

/** Returns the start of a text, or its end if tokens are removed on the left. Cuts at white space if there is any near. */
function partOf(text: string, length: number, side: Side): string {
  if (side === 'right') {
    for (let end = length; end > length - MAX_WORD_LENGTH; end--) if (isSpace(text, end)) return text.slice(0, end);
    return text.slice(0, isLowSurrogate(text, length) ? length - 1 : length);
  }
  const first = text.length - length;
  for (let start = first; start < first + MAX_WORD_LENGTH; start++) if (isSpace(text, start)) return text.slice(start);
  return text.slice(isLowSurrogate(text, first) ? first + 1 : first);
}

const isSpace = (text: string, index: number) => /\s/.test(text.charAt(index));

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Returns the offsets of tokens in the texts as they were before they were shortened. */
function offsetsIn(encoding: NativeEncoding, input: TextInput, shortened: TextInput, side: Side): [number, number][] {
  const offsets = encoding.getOffsets();
  if (side === 'right' || input === shortened) return offsets;
  const parts = [shortened].flat();
  const removed = [input].flat().map((text, index) => codePoints(text.slice(0, text.length - parts[index]!.length)));
  const sequences = encoding.getSequenceIds();
  return offsets.map(([start, end], index) => {
    const sequence = sequences[index];
    const shift = typeof sequence === 'number' ? removed[sequence]! : 0;
    return [start + shift, end + shift];
  });
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function tooLong({ length }: string) {
  return invalid(
    `a text has ${length} characters, and its first ${MAX_TEXT_LENGTH} do not hold enough tokens to cut it there. ` +
      'Send the part of the text that matters.',
  );
}

function tokenizersPackage(): TokenizersPackage {
  return requirePackage('tokenizers', '0.23.2', 'texts');
}

function unusable(message: string): ModelPackageError {
  return new ModelPackageError('ARTIFACT_INVALID', message);
}
