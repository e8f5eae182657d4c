import type { Tensor } from '../../tensor/tensor.js';

/** Score of a class. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** Returns the scores of each row with their labels, the highest first. Equal scores stay in the order of the labels. */
export function labelled({ data, shape }: Tensor, labels: readonly string[]): readonly (readonly LabelScore[])[] {
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) =>
    labels
      .map((label, index) => ({ label, score: (data as Float32Array)[row * width + index]! }))
      .sort((one, other) => other.score - one.score),
  );
}
