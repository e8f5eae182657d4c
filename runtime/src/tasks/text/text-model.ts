import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import type { LoadedModel } from '../../engines/index.js';
import { type EmbedTask, type Manifest, ModelPackageError, signaturesOf } from '../../manifest/index.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { floatsOf } from '../../tensor/float16.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import { TaskModel } from '../task-model.js';
import { normalize, pool } from './pooling.js';
import { tokenTensors } from './token-tensors.js';
import { Tokenizer } from './tokenizer.js';

/**
 * Adds the task of a package to its model: the default signature takes texts, and `tensors` runs the model itself.
 *
 * @param model loaded artifact of the package in `directory`
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if this version does not serve the task, or any error of `Tokenizer.load`
 */
export async function withTextTask(model: LoadedModel, manifest: Manifest, directory: string): Promise<LoadedModel> {
  const { task } = manifest;
  if (!task) return model;
  if (task.type !== 'embed') {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `model \`${manifest.name}\`: this version of Modelship does not serve the task ${task.type}; embed is served. ` +
        'Install the latest Modelship.',
    );
  }
  const tokenizer = await Tokenizer.load(join(directory, task.tokenizer.file), task.tokenizer);
  return new EmbeddingModel(model, task, tokenizer, signaturesOf(manifest)[DEFAULT_SIGNATURE]!);
}

/** A model whose default signature turns texts into vectors. */
class EmbeddingModel extends TaskModel {
  constructor(
    model: LoadedModel,
    private readonly task: EmbedTask,
    private readonly tokenizer: Tokenizer,
    signature: Signature,
  ) {
    super(model, signature);
  }

  protected async runTask(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const { defaultPrompt, normalize: isNormalized, output: name, pooling, prompts, tokenizer } = this.task;
    const prompt = defaultPrompt === undefined ? '' : prompts![defaultPrompt]!;
    const texts = textsOf(inputs[0]!).map((text) => prompt + text);
    const [{ name: outputName, shape: outputShape }] = this.signature.outputs as [Tensor];
    if (texts.length === 0) {
      return [
        { name: outputName, datatype: 'FP32', shape: [0, Math.max(outputShape[1]!, 0)], data: new Float32Array() },
      ];
    }
    const encoded = await this.tokenizer.encode(texts);
    const empty = encoded.findIndex(({ ids }) => ids.length === 0);
    if (empty !== -1) throw invalid(`text ${empty} has no tokens: give a text that is not empty`);
    const { tensors, spans } = tokenTensors(encoded, this.own.inputs, tokenizer.padding);
    const output = (await this.model.run(tensors)).find((tensor) => tensor.name === name)!;
    const rank = pooling === undefined ? 2 : 3;
    if (output.shape.length !== rank || output.shape[0] !== texts.length) {
      throw new InferenceError('INTERNAL', `the model returned ${name} with the shape [${output.shape.join(', ')}]`);
    }
    const width = output.shape.at(-1)!;
    const data = floatsOf(output);
    const vectors =
      pooling === undefined ? data.slice() : pool(pooling, { data, tokens: output.shape[1]!, width }, spans);
    if (isNormalized) normalize(vectors, width);
    return [{ name: outputName, datatype: 'FP32', shape: [texts.length, width], data: vectors }];
  }
}

function textsOf({ name, data }: Tensor): string[] {
  return (data as Buffer[]).map((bytes, index) => {
    if (!isUtf8(bytes)) throw invalid(`element ${index} of input ${name} is not valid UTF-8`);
    return bytes.toString();
  });
}
