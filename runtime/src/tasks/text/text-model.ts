import { join } from 'node:path';
import type { EngineOptions, LoadedModel, RowLengths, TextToken, TextTokens } from '../../engines/index.js';
import {
  type Manifest,
  signaturesOf,
  TENSORS_SIGNATURE,
  type TextTask,
  type TextTokenizer,
} from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import { type RowUsage, usageTensors } from '../../tensor/usage.js';
import { TaskModel } from '../task-model.js';
import { EmbedSteps } from './embed.js';
import { FillMaskSteps } from './fill-mask.js';
import { promptOf } from './prompt.js';
import { QuestionAnsweringSteps } from './question-answering.js';
import { RerankSteps } from './rerank.js';
import { SequenceRunner } from './sequence-runner.js';
import { TextClassificationSteps } from './text-classification.js';
import type { TextSteps } from './text-steps.js';
import { TokenClassificationSteps } from './token-classification.js';
import { tokenTensors } from './token-tensors.js';
import { type EncodedText, type TextInput, Tokenizer } from './tokenizer.js';
import { ZeroShotSteps } from './zero-shot.js';

/**
 * Adds the task of a package to its model.
 *
 * @param model loaded artifact of the package in `directory`
 * @throws any error of `Tokenizer.load`
 */
export async function loadTextModel(
  model: LoadedModel,
  task: TextTask,
  { manifest, directory, timeoutSeconds }: { manifest: Manifest; directory: string } & EngineOptions,
): Promise<LoadedModel> {
  const cuts = task.type === 'zero_shot_classification' ? { cuts: 'first' as const } : undefined;
  const tokenizer = await Tokenizer.load(join(directory, task.tokenizer.file), { ...task.tokenizer, ...cuts });
  const signature = signaturesOf(manifest)[DEFAULT_SIGNATURE]!;
  const own = manifest.signatures![TENSORS_SIGNATURE]!.outputs.find(({ name }) => name === task.output);
  const steps = stepsOf(task, signature, tokenizer, own?.labels ?? []);
  const timeoutMs = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : timeoutSeconds * 1000;
  const runner = new SequenceRunner(model, task.tokenizer.padding, steps.outputs, timeoutMs);
  return new TextModel(model, task, signature, { steps, tokenizer, runner });
}

function stepsOf(task: TextTask, signature: Signature, tokenizer: Tokenizer, labels: readonly string[]): TextSteps {
  switch (task.type) {
    case 'embed':
      return new EmbedSteps(task, signature);
    case 'rerank':
      return new RerankSteps(task);
    case 'text_classification':
      return new TextClassificationSteps(task, signature);
    case 'token_classification':
      return new TokenClassificationSteps(task, labels, tokenizer);
    case 'zero_shot_classification':
      return new ZeroShotSteps(task);
    case 'question_answering':
      return new QuestionAnsweringSteps(task, tokenizer);
    case 'fill_mask':
      return new FillMaskSteps(task, tokenizer);
  }
}

interface TextParts {
  readonly steps: TextSteps;
  readonly tokenizer: Tokenizer;
  readonly runner: SequenceRunner;
}

/** A model whose default signature takes texts. */
class TextModel extends TaskModel {
  readonly tokens: TextTokens;
  readonly lengths: RowLengths;
  readonly processorTime?: LoadedModel['processorTime'];

  constructor(
    model: LoadedModel,
    private readonly task: TextTask,
    signature: Signature,
    private readonly parts: TextParts,
  ) {
    super(model, signature);
    this.tokens = {
      ...tokensOf(parts.tokenizer),
      encode: async (texts, options) => {
        const prompt = promptOf(task, options.promptName);
        const encoded = await this.encoded(
          texts.map((text) => prompt + text),
          options,
        );
        return encoded.map(({ ids, typeIds, isTruncated }) => ({ ids, typeIds, isTruncated }));
      },
    };
    const { runner } = parts;
    this.lengths = {
      ...lengthsOf(model, task.tokenizer),
      limitRows(maxRows) {
        runner.maxRows = maxRows;
      },
      withRows: (maxRows) => new TextModel(model, task, signature, { ...parts, runner: runner.withRows(maxRows) }),
    };
    if (model.processorTime) this.processorTime = (inputs) => model.processorTime!(inputs);
  }

  protected async runTask(inputs: readonly Tensor[], text?: TextOptions): Promise<Tensor[]> {
    const { runner, steps } = this.parts;
    const { texts, textsPerRow = 1, encode, finish } = steps.prepare(inputs, text ?? {});
    const rows = encode ? await encode() : chunks(await this.encoded(texts, text), textsPerRow);
    const outputs = await finish(await runner.run(rows.flat()));
    return text ? [...outputs, ...usageTensors(rows.map(usageOf))] : outputs;
  }

  private async encoded(
    texts: readonly TextInput[],
    { truncate = true, truncationSide }: TextOptions = {},
  ): Promise<readonly EncodedText[]> {
    const encoded = await this.parts.tokenizer.encode(texts, truncationSide);
    for (const [index, { ids, isTruncated }] of encoded.entries()) {
      if (ids.length === 0) throw invalid(`text ${index} has no tokens: give a text that is not empty`);
      if (isTruncated && !truncate) {
        throw invalid(
          `text ${index} has more than ${this.task.tokenizer.maxTokens} tokens, which is the most that the model takes. ` +
            'Shorten it, or allow truncation.',
        );
      }
    }
    return encoded;
  }
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: items.length / size }, (_, row) => items.slice(row * size, (row + 1) * size));
}

function usageOf(texts: readonly EncodedText[]): RowUsage {
  return {
    tokens: texts.reduce((sum, { ids }) => sum + ids.length, 0),
    truncated: texts.filter(({ isTruncated }) => isTruncated).length,
  };
}

/** Average bytes of a token, to estimate the length of a text. */
const BYTES_PER_TOKEN = 4;

function lengthsOf(
  model: LoadedModel,
  { maxTokens, padding }: TextTokenizer,
): Pick<RowLengths, 'max' | 'estimate' | 'example'> {
  const { inputs: own } = model.signatures[DEFAULT_SIGNATURE]!;
  return {
    max: maxTokens,
    estimate(inputs) {
      const [first] = inputs;
      const rows = first?.shape[0] ?? 0;
      let longest = 0;
      for (let row = 0; row < rows; row++) {
        let bytes = 0;
        for (const { data, shape } of inputs) if (shape.length === 1) bytes += (data[row] as Buffer).length;
        longest = Math.max(longest, bytes);
      }
      return Math.min(Math.ceil(longest / BYTES_PER_TOKEN) + 2, maxTokens);
    },
    example(tokens) {
      const ids = new Array<number>(tokens).fill(padding.id);
      const typeIds = new Array<number>(tokens).fill(0);
      const text = { ids, typeIds, isTruncated: false, offsets: () => [], specials: () => [] };
      return tokenTensors([text], own, padding).tensors;
    },
  };
}

function tokensOf(tokenizer: Tokenizer): Omit<TextTokens, 'encode'> {
  return {
    async tokenize(texts, specialTokens) {
      const encodings = await tokenizer.encodeWhole(texts, specialTokens);
      return encodings.map((encoding, index): TextToken[] => {
        const characters = Array.from(texts[index]!);
        const offsets = encoding.getOffsets();
        const specials = encoding.getSpecialTokensMask();
        const names = encoding.getTokens();
        return encoding.getIds().map((id, position) => {
          const [start, end] = offsets[position]!;
          const special = specials[position] === 1;
          return { id, text: special ? names[position]! : characters.slice(start, end).join(''), special, start, end };
        });
      });
    },
    async decode(ids, skipSpecialTokens) {
      const unknown = ids.flat().find((id) => tokenizer.token(id) === null);
      if (unknown !== undefined) throw invalid(`${unknown} is not a token of the model`);
      return Promise.all(ids.map((each) => tokenizer.decode(each, skipSpecialTokens)));
    },
  };
}
