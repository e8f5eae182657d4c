import type { ZeroShotClassificationTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import { softmax } from '../activation.js';
import { type PreparedTexts, type TextResult, type TextSteps, textsOf } from './text-steps.js';

/** Place of the label in a hypothesis template. */
const PLACE = '{}';

/** Scores how well labels fit each text, by a model that tells whether a text entails a hypothesis. */
export class ZeroShotSteps implements TextSteps {
  readonly outputs;

  constructor(private readonly task: ZeroShotClassificationTask) {
    this.outputs = [{ name: task.output, isPerToken: false }];
  }

  prepare([text, label]: readonly Tensor[], options: TextOptions): PreparedTexts {
    const { hypothesisTemplate = this.task.hypothesisTemplate, multiLabel = false } = options;
    const texts = textsOf(text!);
    const labels = textsOf(label!);
    const [rows = 0, count = 0] = label!.shape;
    if (rows !== texts.length) {
      throw invalid(`the input labels must have a row for each text, got ${rows} rows for ${texts.length} texts`);
    }
    if (count === 0) throw invalid('the input labels must have at least one label for each text, got none');
    if (!hypothesisTemplate.includes(PLACE)) {
      throw invalid(`the hypothesis template ${JSON.stringify(hypothesisTemplate)} must contain ${PLACE}`);
    }
    return {
      texts: labels.map((each, index) => [
        texts[Math.floor(index / count)]!,
        hypothesisTemplate.replaceAll(PLACE, () => each),
      ]),
      textsPerRow: count,
      finish: (results) => {
        const data = new Float32Array(results.length);
        for (let row = 0; row < rows; row++) {
          const own = results.slice(row * count, (row + 1) * count);
          data.set(multiLabel || count === 1 ? this.separately(own) : this.together(own), row * count);
        }
        return [{ name: 'scores', datatype: 'FP32', shape: [rows, count], data }];
      },
    };
  }

  /** Scores labels if exactly one of them fits. */
  private together(results: readonly TextResult[]): Float32Array {
    return softmax(Float32Array.from(results, ({ values: [logits] }) => logits![this.task.entailment]!));
  }

  /** Scores each label on its own, by entailment against contradiction. */
  private separately(results: readonly TextResult[]): Float32Array {
    const { entailment } = this.task;
    return Float32Array.from(results, ({ values: [logits] }) => {
      const contradiction = entailment === 0 ? logits!.length - 1 : 0;
      return softmax(Float32Array.of(logits![contradiction]!, logits![entailment]!))[1]!;
    });
  }
}
