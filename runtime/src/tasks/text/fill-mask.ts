import type { FillMaskTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import { OBJECTS } from '../../tensor/object-limit.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import { softmax } from '../activation.js';
import { type PreparedTexts, type TextResult, type TextSteps, textsOf } from './text-steps.js';
import type { Tokenizer } from './tokenizer.js';

/** A token in the place of the mask. */
interface Suggestion {
  readonly score: number;
  readonly token: number;
  readonly word: string;
  /** The text with the token. */
  readonly sequence: string;
}

/** Checks the number of suggestions. Each repeats its text. @throws InferenceError `INVALID_ARGUMENT` */
function checkCount(results: readonly TextResult[], topK: number): void {
  const [first] = results;
  if (!first) return;
  const each = Math.min(topK, first.values[0]!.length / first.encoded.ids.length);
  const count = results.length * each;
  if (count <= OBJECTS) return;
  throw invalid(
    `${each} suggestions for each of ${results.length} texts are ${count}, at most ${OBJECTS} are allowed: ask for ` +
      'fewer, or send several requests',
  );
}

/** Suggests tokens for the mask in each text. */
export class FillMaskSteps implements TextSteps {
  readonly outputs;

  constructor(
    private readonly task: FillMaskTask,
    private readonly tokenizer: Tokenizer,
  ) {
    this.outputs = [{ name: task.output, isPerToken: true }];
  }

  prepare([input]: readonly Tensor[], { topK = this.task.topK }: TextOptions): PreparedTexts {
    if (!Number.isSafeInteger(topK) || topK < 1) throw invalid(`the number of results must be 1 or more, got ${topK}`);
    return {
      texts: textsOf(input!),
      finish: async (results) => {
        checkCount(results, topK);
        const rows = await Promise.all(results.map((result, index) => this.suggestions(result, index, topK)));
        const all = rows.flat();
        const shape = [rows.length, rows[0]?.length ?? topK];
        const texts = (name: string, of: (each: Suggestion) => string): Tensor => ({
          name,
          datatype: 'BYTES',
          shape,
          data: all.map((each) => Buffer.from(of(each))),
        });
        return [
          { name: 'score', datatype: 'FP32', shape, data: Float32Array.from(all, ({ score }) => score) },
          { name: 'token', datatype: 'INT64', shape, data: BigInt64Array.from(all, ({ token }) => BigInt(token)) },
          texts('token_str', ({ word }) => word),
          texts('sequence', ({ sequence }) => sequence),
        ];
      },
    };
  }

  private suggestions({ encoded: { ids }, values: [logits] }: TextResult, index: number, topK: number) {
    const places = ids.flatMap((id, position) => (id === this.task.mask ? [position] : []));
    const [place] = places;
    if (place === undefined || places.length > 1) {
      const mask = this.tokenizer.token(this.task.mask);
      throw invalid(
        `text ${index} must contain ${mask} exactly once in the part that the model reads, got ${places.length}`,
      );
    }
    const width = logits!.length / ids.length;
    const scores = softmax(logits!.subarray(place * width, (place + 1) * width));
    const best = Array.from(scores.keys()).sort((one, other) => scores[other]! - scores[one]!);
    return Promise.all(
      best.slice(0, topK).map(async (token): Promise<Suggestion> => {
        const [word, sequence] = await Promise.all([
          this.tokenizer.decode([token], false),
          this.tokenizer.decode(ids.with(place, token), true),
        ]);
        return { score: scores[token]!, token, word, sequence };
      }),
    );
  }
}
