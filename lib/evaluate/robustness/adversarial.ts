import type { Tensor, TensorSpec } from '@modelship/runtime';
import type { RowEvaluation } from '../row-evaluation.js';
import type { Predict, SampledBatch } from '../row-sample.js';
import { COLUMNS } from './adversarial-columns.js';
import { PIXELS } from './adversarial-pixels.js';
import { WORDS } from './adversarial-words.js';
import type { Adversary, AdversaryContext } from './adversary.js';

/** Predictions for each row and level, with the one that the metric is computed from. */
export const ADVERSARIAL_QUERIES = 100;

/** Kinds of inputs. The first that a model has is changed. */
const ADVERSARIES: readonly Adversary[] = [COLUMNS, WORDS, PIXELS];

/** Options of an adversarial search. */
export interface AdversarialSearch extends AdversaryContext {
  readonly predict: Predict;
  /** Creates an empty evaluation of the model. */
  readonly evaluation: () => RowEvaluation;
  /** Signal after which no further prediction is asked for. */
  readonly signal?: AbortSignal;
}

/** Returns what changes the inputs. Undefined if nothing can, or if the task does not know how wrong a prediction is. */
export function adversaryOf(inputs: readonly TensorSpec[], evaluation: RowEvaluation): Adversary | undefined {
  if (evaluation.wrongness === undefined) return undefined;
  return ADVERSARIES.find((each) => inputs.some((input) => each.appliesTo(input)));
}

/**
 * Looks for the inputs within the epsilon whose predictions are the most wrong, by random search without gradients. A change of
 * a row is kept if the prediction became more wrong. The changes get smaller, as in the Square Attack of Andriushchenko et al.
 * (2020).
 *
 * @throws the reason of the signal after an interruption
 */
export async function adversarialInputs(
  adversary: Adversary,
  batch: SampledBatch,
  search: AdversarialSearch,
): Promise<readonly Tensor[]> {
  const changes = await adversary.changesOf(batch, search);
  let wrongness = await wrongnessOf(batch, batch.inputs, search);
  // The first query was that of the unchanged rows, and the last is that of the result.
  for (let query = 1; query < ADVERSARIAL_QUERIES - 1; query++) {
    search.signal?.throwIfAborted();
    const found = await wrongnessOf(batch, await changes.tried(query / ADVERSARIAL_QUERIES), search);
    wrongness = wrongness.map((least, row) => {
      if (!(found[row]! > least)) return least;
      changes.keep(row);
      return found[row]!;
    });
  }
  return changes.kept();
}

async function wrongnessOf(
  { rows }: SampledBatch,
  inputs: readonly Tensor[],
  { predict, evaluation }: AdversarialSearch,
): Promise<number[]> {
  const own = evaluation();
  own.add(rows, await predict(inputs));
  return rows.map((_, row) => own.wrongness!(row));
}
