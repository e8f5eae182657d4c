import type { TensorSpec } from '@modelship/runtime';
import type { GateTask } from '../../serving/rollout-gate.js';
import { EvaluationDataError } from '../metrics/compute.js';
import type { RowEvaluation } from '../row-evaluation.js';
import { Classification } from './classification.js';
import { Clustering } from './clustering.js';
import { Detection } from './detection.js';
import { Multilabel } from './multilabel.js';
import { labelOutput, numberOutput, scoresOutput } from './outputs.js';
import { Ranking } from './ranking.js';
import { Recommendation } from './recommendation.js';
import { Regression } from './regression.js';
import { Retrieval } from './retrieval.js';
import { TokenClassification } from './token-classification.js';

/** Task that the outputs of a model do not decide. Gates take all of them. */
export type Task = GateTask;

/**
 * Returns an empty evaluation of a model with the given outputs.
 *
 * @param task task if the outputs do not decide it @default - classification, regression, token classification, object
 * detection or recommendation, by the outputs
 * @throws EvaluationDataError if the model has no outputs for the task
 */
export function evaluationOf(outputs: readonly TensorSpec[], task?: Task): RowEvaluation {
  return task === undefined ? decidedByOutputs(outputs) : EVALUATIONS[task](outputs);
}

const EVALUATIONS: Readonly<Record<Task, (outputs: readonly TensorSpec[]) => RowEvaluation>> = {
  clustering: (outputs) =>
    new Clustering(needed(labelOutput(outputs), 'the cluster of each row, as a whole number or text')),
  multilabel: (outputs) => new Multilabel(needed(labelsOutput(outputs), 'a score of each label for each row')),
  ranking: (outputs) => new Ranking(needed(numberOutput(outputs), 'a score for each row')),
  retrieval: (outputs) => new Retrieval(needed(scoresOutput(outputs), 'a vector for each row').name),
};

/** Tasks that the outputs of a model do not decide. */
export const TASKS = Object.keys(EVALUATIONS) as readonly Task[];

/** Tasks of data sets whose rows belong to queries. */
export const QUERY_TASKS: readonly Task[] = ['ranking', 'retrieval'];

/** Whether the data set of a task needs a column of queries. */
export function needsQuery(task: Task | undefined): boolean {
  return task !== undefined && QUERY_TASKS.includes(task);
}

/** Returns the output with a score, or 1 and 0, of each label for each row. */
function labelsOutput(outputs: readonly TensorSpec[]): TensorSpec | undefined {
  const isOfEachLabel = ({ datatype, shape }: TensorSpec) => datatype !== 'BYTES' && shape.length === 2;
  return scoresOutput(outputs) ?? outputs.find(isOfEachLabel);
}

/** Evaluations by the output that only models with these tasks have. */
const BY_OUTPUT: Readonly<Record<string, new (output: string) => RowEvaluation>> = {
  entities: TokenClassification,
  objects: Detection,
  recommendations: Recommendation,
};

function decidedByOutputs(outputs: readonly TensorSpec[]): RowEvaluation {
  const [only] = outputs;
  const OfTask = outputs.length === 1 && only!.datatype === 'BYTES' ? BY_OUTPUT[only!.name] : undefined;
  if (OfTask) return new OfTask(only!.name);
  const label = labelOutput(outputs);
  const scores = scoresOutput(outputs);
  if (label || scores) return new Classification({ label, scores });
  const value = numberOutput(outputs);
  if (value) return new Regression(value);
  throw new EvaluationDataError(
    'the model has no output with a class, a score of each class or a number for each row, so its predictions cannot be ' +
      'compared with labels. Compare whole responses with --samples.',
  );
}

function needed(output: TensorSpec | undefined, content: string): TensorSpec {
  if (output) return output;
  throw new EvaluationDataError(`the model has no output with ${content}.`);
}
