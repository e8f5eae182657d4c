import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GateDataSetQuestions, type GateQuestions, QUESTIONS_FILE } from '../bundle/gate-questions.js';
import { foreignMetric, type MetricLimit, type MetricLimits, unreachableLimits } from '../evaluate/limits.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import type { RowEvaluation } from '../evaluate/row-evaluation.js';
import { evaluationOf, needsQuery, QUERY_TASKS, TASKS } from '../evaluate/tasks/index.js';
import { isPictureFolder } from '../model/picture-folder.js';
import { readSampleRequests, type SampleRequest, sampleInputs, sampleTensors } from '../pack/index.js';
import { rowBatches, rowRequest } from '../requests/row-request.js';
import { takesPictures } from '../requests/row-values.js';

/** Reads the questions in the folder of a gate, with the paths of their files. */
export function readQuestions(folder: string): GateQuestions {
  const questions = JSON.parse(readFileSync(join(folder, QUESTIONS_FILE), 'utf8')) as GateQuestions;
  const { samples, dataSet } = questions;
  return {
    ...questions,
    ...(samples !== undefined && { samples: join(folder, samples) }),
    ...(dataSet && { dataSet: { ...dataSet, rows: join(folder, dataSet.rows) } }),
  };
}

/**
 * Reads the samples of a gate, and checks them against the signature of the model.
 *
 * @throws ModelPackageError if a sample does not fit the model, or none has an expected prediction
 */
export function gateSamples({ samples, signature }: GateQuestions): SampleRequest[] {
  if (samples === undefined) return [];
  const requests = readSampleRequests(samples).filter(({ expected }) => expected !== undefined);
  if (requests.length === 0) {
    throw new EvaluationDataError(
      'no request has an expected prediction. Add `predictions` or `outputs` to the requests.',
    );
  }
  for (const { place, inputs, expected } of requests) {
    sampleInputs(inputs, signature, place);
    sampleTensors(expected!, signature.outputs, place, true);
  }
  return requests;
}

/** Limits of a data set as a list. */
export function gateLimits({ min, max }: GateDataSetQuestions): MetricLimits {
  const list = (limits: Readonly<Record<string, number>>): MetricLimit[] =>
    Object.entries(limits).map(([metric, limit]) => ({ metric, limit }));
  return { min: list(min), max: list(max) };
}

/**
 * Returns an empty evaluation of the model on the data set of a gate.
 *
 * @throws EvaluationDataError if the model has no outputs for the task, or no version can meet the limits
 */
export function gateEvaluation({ signature }: GateQuestions, dataSet: GateDataSetQuestions): RowEvaluation {
  const { task, query, rows } = dataSet;
  if (task !== undefined && !TASKS.includes(task)) {
    throw new EvaluationDataError(`${task} is not a task. Tasks: ${TASKS.join(', ')}.`);
  }
  if (needsQuery(task) !== (query !== undefined)) {
    throw new EvaluationDataError(
      `the tasks ${QUERY_TASKS.join(' and ')} and a column of queries need each other. Set both or neither.`,
    );
  }
  if (takesPictures(signature) && !isPictureFolder(rows)) {
    throw new EvaluationDataError('the model takes pictures. Give a folder with a folder of pictures for each class.');
  }
  const evaluation = evaluationOf(signature.outputs, task);
  const limits = gateLimits(dataSet);
  const foreign = foreignMetric(
    evaluation,
    [...limits.min, ...limits.max].map(({ metric }) => metric),
  );
  if (foreign !== undefined) throw new EvaluationDataError(foreign);
  const unreachable = unreachableLimits(limits);
  if (unreachable.length > 0) throw new EvaluationDataError(`no version can pass: ${unreachable.join('; ')}.`);
  return evaluation;
}

/**
 * Reads all questions, and checks them against the signature of the model.
 *
 * @returns the first fault with the option that it is about, or undefined
 */
export async function questionsFault(
  folder: string,
): Promise<{ option: 'samples' | 'dataSet'; message: string } | undefined> {
  const questions = readQuestions(folder);
  const { dataSet, signature } = questions;
  try {
    gateSamples(questions);
  } catch (error) {
    return { option: 'samples', message: withoutFolder(error as Error, folder) };
  }
  if (!dataSet) return undefined;
  try {
    gateEvaluation(questions, dataSet);
    for await (const batch of rowBatches(signature, dataSet)) {
      rowRequest(batch, signature, dataSet);
    }
  } catch (error) {
    return { option: 'dataSet', message: withoutFolder(error as Error, folder) };
  }
  return undefined;
}

/** Returns a message without the folder, which users did not choose. */
function withoutFolder({ message }: Error, folder: string): string {
  return message.replaceAll(join(folder, '/'), '').replace(/\.$/, '');
}
