import type { Tensor } from '../../tensor/tensor.js';
import type { TaskModel } from './task-model.js';

/** Score of a class. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** Returns the scores of each text with their labels, the highest first. Equal scores stay in the order of the labels. */
export function labelledScores(
  model: TaskModel<'text_classification'>,
  scores: Tensor,
): readonly (readonly LabelScore[])[] {
  const [rows, width] = scores.shape as [number, number];
  const labels = model.manifest.outputs[0]!.labels!;
  const data = scores.data as Float32Array;
  return Array.from({ length: rows }, (_, row) =>
    labels
      .map((label, index) => ({ label, score: data[row * width + index]! }))
      .sort((one, other) => other.score - one.score),
  );
}
