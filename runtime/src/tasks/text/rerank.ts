import type { RerankTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import { activate } from '../activation.js';
import { type PreparedTexts, type TextSteps, textsOf } from './text-steps.js';

/** Scores how well texts match a query. */
export class RerankSteps implements TextSteps {
  readonly outputs;

  constructor(private readonly task: RerankTask) {
    this.outputs = [{ name: task.output, isPerToken: false }];
  }

  prepare([query, text]: readonly Tensor[], { activation = this.task.activation }: TextOptions): PreparedTexts {
    const texts = textsOf(text!);
    return {
      texts: queriesFor(textsOf(query!), texts.length).map((each, index) => [each, texts[index]!]),
      finish: (results) => {
        const scores = Float32Array.from(results, ({ values: [logits] }) => activate(activation, logits!)[0]!);
        return [{ name: 'score', datatype: 'FP32', shape: [scores.length], data: scores }];
      },
    };
  }
}

function queriesFor(queries: readonly string[], count: number): readonly string[] {
  if (queries.length === count) return queries;
  throw invalid(`the inputs query and text must have the same number of elements, got ${queries.length} and ${count}`);
}
