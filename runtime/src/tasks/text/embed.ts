import type { EmbedTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Signature, Tensor } from '../../tensor/tensor.js';
import { joinVectors } from '../vectors.js';
import { normalize, pool } from './pooling.js';
import { promptOf } from './prompt.js';
import { type PreparedTexts, type TextSteps, textsOf } from './text-steps.js';

/** Turns texts into vectors. */
export class EmbedSteps implements TextSteps {
  readonly outputs;

  constructor(
    private readonly task: EmbedTask,
    private readonly signature: Signature,
  ) {
    this.outputs = [{ name: task.output, isPerToken: task.pooling !== undefined }];
  }

  prepare([input]: readonly Tensor[], options: TextOptions): PreparedTexts {
    const { pooling } = this.task;
    const { promptName, normalize: isNormalized = this.task.normalize, dimensions } = options;
    const prompt = promptOf(this.task, promptName);
    const [output] = this.signature.outputs;
    return {
      texts: textsOf(input!).map((text) => prompt + text),
      finish: (results) => {
        const vectors = results.map(({ encoded, values: [values] }) => {
          const width = pooling === undefined ? values!.length : values!.length / encoded.ids.length;
          const pooled = pooling === undefined ? values!.slice() : pool(pooling, values!, width);
          return this.scaled(pooled, isNormalized, dimensions);
        });
        return [joinVectors(output!, vectors, dimensions)];
      },
    };
  }

  private scaled(vector: Float32Array, isNormalized: boolean, dimensions = vector.length): Float32Array {
    if (!Number.isSafeInteger(dimensions) || dimensions < 1 || dimensions > vector.length) {
      throw invalid(`the number of dimensions must be between 1 and ${vector.length}, got ${dimensions}`);
    }
    const kept = vector.subarray(0, dimensions);
    if (isNormalized) normalize(kept);
    return kept;
  }
}
