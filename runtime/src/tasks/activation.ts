/** Function that turns the logits of classes into scores. */
export type Activation = 'none' | 'sigmoid' | 'softmax';

const APPLY: Readonly<Record<Activation, (row: Float32Array) => void>> = {
  none() {},
  sigmoid(row) {
    for (let index = 0; index < row.length; index++) row[index] = 1 / (1 + Math.exp(-row[index]!));
  },
  softmax(row) {
    let most = Number.NEGATIVE_INFINITY;
    for (const value of row) most = Math.max(most, value);
    const shares = Float64Array.from(row, (value) => Math.exp(value - most));
    let sum = 0;
    for (const share of shares) sum += share;
    for (let index = 0; index < row.length; index++) row[index] = shares[index]! / sum;
  },
};

/** Turns the logits of `[rows, classes]` into scores, in place. */
export function activate(activation: Activation, logits: Float32Array, classes: number): void {
  for (let start = 0; start < logits.length; start += classes) {
    APPLY[activation](logits.subarray(start, start + classes));
  }
}
