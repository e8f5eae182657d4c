import type { TextClassificationTask } from '../../manifest/index.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Signature, Tensor } from '../../tensor/tensor.js';
import { activate } from '../activation.js';
import { type PreparedTexts, type TextSteps, textsOf } from './text-steps.js';

/** Scores each class for each text. */
export class TextClassificationSteps implements TextSteps {
  readonly outputs;

  constructor(
    private readonly task: TextClassificationTask,
    private readonly signature: Signature,
  ) {
    this.outputs = [{ name: task.output, isPerToken: false }];
  }

  prepare([input]: readonly Tensor[], { activation = this.task.activation }: TextOptions): PreparedTexts {
    const [{ name, shape }] = this.signature.outputs as [Signature['outputs'][number]];
    const classes = shape[1]!;
    return {
      texts: textsOf(input!),
      finish: (results) => {
        const data = new Float32Array(results.length * classes);
        for (const [row, { values }] of results.entries()) data.set(activate(activation, values[0]!), row * classes);
        return [{ name, datatype: 'FP32', shape: [results.length, classes], data }];
      },
    };
  }
}
