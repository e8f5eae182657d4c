import type { Manifest } from './schema.js';

/**
 * Whether a Python worker runs a model. Packing pins no packages for a model of XGBoost if it has seen that the server
 * itself predicts what XGBoost predicts.
 */
export function needsPython({ format, requirements }: Pick<Manifest, 'format' | 'requirements'>): boolean {
  return format !== 'onnx' && format !== 'npz' && !(format === 'xgboost' && requirements === undefined);
}
