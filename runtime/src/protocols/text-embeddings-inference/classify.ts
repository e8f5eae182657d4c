import type { HttpResponse } from '../../http/http.js';
import { invalid } from '../../tensor/errors.js';
import type { Cancellation, TextUsage } from '../../tensor/request.js';
import { type CallOptions, classify, rerank } from '../text/calls.js';
import type { Fields } from '../text/fields.js';
import { type LabelScore, labelled } from '../text/labelled.js';
import { isOf, type TaskModel } from '../text/task-model.js';
import { textResponseOf } from '../text/usage.js';
import { type Sequence, sequencesOf } from './inputs.js';
import { classifyOptions, rankOptions } from './options.js';

/** Label of the only score of a model that ranks texts, as Hugging Face names classes without a name. */
export const ONLY_LABEL = 'LABEL_0';

/** Returns the scores of each class for each text, the highest first. @throws InferenceError */
export async function classifyTexts(
  model: TaskModel<'text_classification' | 'rerank'>,
  fields: Fields,
  signal?: Cancellation,
): Promise<HttpResponse> {
  const { sequences, isBatch } = sequencesOf(fields);
  const { predictions, usage } = isOf(model, 'rerank')
    ? await classifyPairs(model, sequences, { ...rankOptions(fields), signal })
    : await classifySingles(model as TaskModel<'text_classification'>, sequences, {
        ...classifyOptions(fields),
        signal,
      });
  return textResponseOf(JSON.stringify(isBatch ? predictions : predictions[0]), usage);
}

/** Classes of each text, and what the texts amounted to. */
interface Predictions {
  readonly predictions: readonly (readonly LabelScore[])[];
  readonly usage: TextUsage;
}

async function classifySingles(
  model: TaskModel<'text_classification'>,
  sequences: readonly Sequence[],
  options: CallOptions,
): Promise<Predictions> {
  const texts = sequences.map(([text, other]) => {
    if (other === undefined) return text;
    throw invalid(
      `model ${model.name} classifies single texts, but \`inputs\` has a pair. Send a list as [["a text"], …]`,
    );
  });
  const { scores, usage } = await classify(model, texts, options);
  return { predictions: labelled(scores, model.manifest.outputs[0]!.labels!), usage };
}

async function classifyPairs(
  model: TaskModel<'rerank'>,
  sequences: readonly Sequence[],
  options: CallOptions,
): Promise<Predictions> {
  const texts = sequences.map(([, text]) => {
    if (text !== undefined) return text;
    throw invalid(`model ${model.name} compares two texts, but \`inputs\` has a single one`);
  });
  const queries = sequences.map(([query]) => query);
  const { scores, usage } = await rerank(model, queries, texts, options);
  const predictions = Array.from(scores.data as Float32Array, (score) => [{ label: ONLY_LABEL, score }]);
  return { predictions, usage };
}
