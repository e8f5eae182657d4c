import { InferenceError } from '../tensor/errors.js';

/** Function that turns logits into scores. */
export type Activation = 'none' | 'sigmoid' | 'softmax';

/** Returns the scores of the logits of one row. */
export function activate(activation: Activation, logits: Float32Array): Float32Array {
  switch (activation) {
    case 'none':
      return logits.slice();
    case 'sigmoid':
      return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
    case 'softmax':
      return softmax(logits);
  }
}

/** Returns the shares of logits, which add up to 1. */
export function softmax(logits: Float32Array): Float32Array {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return logits.map((logit) => Math.exp(logit - max) / sum);
}

/**
 * Returns the shares of logits, for results in which a missing number would be mistaken for a score.
 *
 * @throws InferenceError `FAILED_PRECONDITION` if a logit is not a finite number, which leaves no share that is one
 */
export function finiteSoftmax(logits: Float32Array): Float32Array {
  const shares = softmax(logits);
  if (!Number.isNaN(shares[0])) return shares;
  throw new InferenceError('FAILED_PRECONDITION', 'the model returned scores that are not numbers');
}
