import type { GateDataSetQuestions, GateQuestions } from '../bundle/gate-questions.js';
import type { DataRow } from '../evaluate/data-set.js';
import { checkedLimits, missedLimits } from '../evaluate/limits.js';
import type { Predictor } from '../requests/predictor.js';
import { rowBatches, rowRequest } from '../requests/row-request.js';
import { sampleAgreement } from '../requests/sample-agreement.js';
import { gateEvaluation, gateLimits, gateSamples, readQuestions } from './questions.js';

/** Answer to the question whether a version may receive traffic. */
export interface Verdict {
  readonly isPassed: boolean;
  /** Reasons why it may not. Empty if it may. */
  readonly reasons: readonly string[];
  /** Number of samples, and of those that agree. */
  readonly samples: number;
  readonly agreeing: number;
  /** Rows and metrics of the data set. @default - there is no data set */
  readonly rows?: number;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Opens a version as a predictor of the model that questions are about. */
export type OpenVersion = (questions: GateQuestions) => Predictor;

/** Request that is larger than a version accepts, or whose response is larger than it can send. */
export class RequestTooLargeError extends Error {
  override readonly name = 'RequestTooLargeError';
}

/**
 * Asks a version the questions in the folder of a gate.
 *
 * @param open returns the version as a predictor
 * @throws Error if the version does not answer a question
 */
export async function verdictOf(folder: string, open: OpenVersion): Promise<Verdict> {
  const questions = readQuestions(folder);
  const predictor = open(questions);
  const { samples, agreeing, differences } = await sampleAgreement(predictor, gateSamples(questions));
  const differing =
    agreeing < samples ? [`${samples - agreeing} of ${samples} samples differ: ${differences.join('; ')}`] : [];
  if (!questions.dataSet) return { isPassed: differing.length === 0, reasons: differing, samples, agreeing };
  const { rows, metrics, missed } = await rowVerdict(questions, questions.dataSet, predictor);
  const reasons = [...differing, ...missed];
  return { isPassed: reasons.length === 0, reasons, samples, agreeing, rows, metrics };
}

async function rowVerdict(questions: GateQuestions, dataSet: GateDataSetQuestions, predictor: Predictor) {
  const evaluation = gateEvaluation(questions, dataSet);
  const ask = async (batch: readonly DataRow[]): Promise<void> => {
    const { rows, inputs } = rowRequest(batch, questions.signature, dataSet);
    try {
      evaluation.add(rows, await predictor.predict(inputs), inputs);
    } catch (error) {
      if (!(error instanceof RequestTooLargeError) || batch.length === 1) throw error;
      const half = Math.ceil(batch.length / 2);
      await ask(batch.slice(0, half));
      await ask(batch.slice(half));
    }
  };
  for await (const batch of rowBatches(questions.signature, dataSet)) await ask(batch);
  const { rows, metrics } = evaluation.all();
  return { rows, metrics, missed: missedLimits(checkedLimits({ rows, metrics }, gateLimits(dataSet))) };
}
