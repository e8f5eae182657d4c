import { EvaluationDataError } from './metrics/compute.js';

/** @throws EvaluationDataError if two columns of a data set have one name */
export function checkColumnNames(path: string, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw new EvaluationDataError(`${path} has the column ${repeated} more than once. Rename one of them.`);
}
