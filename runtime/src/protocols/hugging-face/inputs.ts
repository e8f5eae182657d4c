import type { HttpRequest, HttpResponse } from '../../http/http.js';
import { AGGREGATIONS } from '../../manifest/index.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import { invalid } from '../../tensor/errors.js';
import type { Cancellation } from '../../tensor/request.js';
import { isInferRequest } from '../open-inference/index.js';
import { jsonResponse } from '../responses.js';
import { checkCount, classify, runTexts } from '../text/calls.js';
import { excerpt, Fields, isObject } from '../text/fields.js';
import { labelled } from '../text/labelled.js';
import {
  hasTextModel,
  isOf,
  isTextModel,
  type ModelChoice,
  type TaskModel,
  TEXT_TASKS,
  taskModel,
} from '../text/task-model.js';
import { textList } from '../text/text-list.js';
import { textResponseOf } from '../text/usage.js';
import { embedSparse, embedTexts, rankTexts, similarities, textOptions } from '../text-embeddings-inference/index.js';

/**
 * Runs a request of the form `{"inputs": …, "parameters": …}`. Options may also be beside `inputs`, as in requests to
 * text-embeddings-inference.
 *
 * @throws InferenceError
 */
export function answerInputs(model: TaskModel, fields: Fields, signal?: Cancellation): Promise<HttpResponse> {
  const options = fields.with(fields.object('parameters'));
  const inputs = fields.get('inputs');
  const isFields = isObject(inputs);
  if (isOf(model, 'rerank')) return rankTexts(model, isFields ? options.with(new Fields(inputs)) : options, signal);
  if (isOf(model, 'embed')) {
    if (isFields) return similarities(model, fields, signal);
    return model.manifest.task.pooling === 'splade'
      ? embedSparse(model, options, signal)
      : embedTexts(model, options, signal);
  }
  if (isOf(model, 'text_classification')) {
    return classifyInputs(model, options, fields.has('parameters'), signal);
  }
  if (isOf(model, 'token_classification')) return findEntities(model, options, signal);
  if (isOf(model, 'question_answering')) return answerQuestions(model, options, signal);
  return isOf(model, 'zero_shot_classification')
    ? scoreLabels(model, options, signal)
    : fillMasks(model as TaskModel<'fill_mask'>, options, signal);
}

const FUNCTIONS = ['sigmoid', 'softmax', 'none'] as const;

async function classifyInputs(
  model: TaskModel<'text_classification'>,
  fields: Fields,
  isHub: boolean,
  signal: Cancellation | undefined,
): Promise<HttpResponse> {
  const { texts, isSingle } = textList(fields, 'inputs');
  const activation = fields.choice('function_to_apply', FUNCTIONS);
  const count = fields.count('top_k');
  const { scores, usage } = await classify(model, texts, { ...textOptions(fields), activation, signal });
  const classes = labelled(scores, model.manifest.outputs[0]!.labels!).map((list) => list.slice(0, count));
  // The hub's clients send `parameters` and expect a list for each text, even for a single one.
  return textResponseOf(JSON.stringify(isSingle && !isHub ? classes[0] : classes), usage);
}

/** Returns the entities of each text, as the pipeline of Transformers does. */
async function findEntities(
  model: TaskModel<'token_classification'>,
  fields: Fields,
  signal: Cancellation | undefined,
): Promise<HttpResponse> {
  const { texts, isSingle } = textList(fields, 'inputs');
  const aggregation = fields.choice('aggregation_strategy', AGGREGATIONS);
  const ignored = fields.strings('ignore_labels');
  const { outputs, usage } = await runTexts(model, [texts], { ...textOptions(fields), aggregation, signal });
  const lists = (outputs[0]!.data as Buffer[]).map((json) => {
    if (!ignored) return json.toString();
    const entities: { entity?: string; entity_group?: string }[] = JSON.parse(json.toString());
    return JSON.stringify(entities.filter((each) => !ignored.includes((each.entity_group ?? each.entity)!)));
  });
  return textResponseOf(isSingle ? lists[0]! : `[${lists.join(',')}]`, usage);
}

/** Returns the score of each label for each text, the highest first. */
async function scoreLabels(
  model: TaskModel<'zero_shot_classification'>,
  fields: Fields,
  signal: Cancellation | undefined,
): Promise<HttpResponse> {
  const { texts, isSingle } = textList(fields, 'inputs');
  const labels = fields.required('candidate_labels', fields.strings('candidate_labels'));
  checkCount(labels, 'candidate_labels');
  const options = {
    ...textOptions(fields),
    hypothesisTemplate: fields.string('hypothesis_template'),
    multiLabel: fields.boolean('multi_label'),
    signal,
  };
  const { outputs, usage } = await runTexts(model, [texts, texts.map(() => labels)], options);
  const lists = labelled(outputs[0]!, labels);
  return textResponseOf(JSON.stringify(isSingle ? lists[0] : lists), usage);
}

/** Returns the answer to each question, as the pipeline of Transformers does. */
async function answerQuestions(
  model: TaskModel<'question_answering'>,
  fields: Fields,
  signal: Cancellation | undefined,
): Promise<HttpResponse> {
  const inputs = fields.required('inputs', fields.get('inputs'));
  const isSingle = !Array.isArray(inputs);
  const asked: unknown[] = isSingle ? [inputs] : inputs;
  checkCount(asked, 'inputs');
  const parts = asked.map((each) => {
    if (!isObject(each)) {
      throw invalid(`\`inputs\` must be {"question": …, "context": …} or a list of these, got ${excerpt(each)}`);
    }
    const own = new Fields(each);
    return {
      question: own.required('question', own.string('question')),
      context: own.required('context', own.string('context')),
    };
  });
  const columns = [parts.map(({ question }) => question), parts.map(({ context }) => context)];
  const { outputs, usage } = await runTexts(model, columns, { ...textOptions(fields), signal });
  const column = (name: string) => outputs.find((output) => output.name === name)!.data;
  const answers = parts.map((_, row) => ({
    score: (column('score') as Float32Array)[row],
    start: Number((column('start') as BigInt64Array)[row]),
    end: Number((column('end') as BigInt64Array)[row]),
    answer: String((column('answer') as Buffer[])[row]),
  }));
  return textResponseOf(JSON.stringify(isSingle ? answers[0] : answers), usage);
}

/** Returns suggestions for the mask of each text, the most likely first. */
async function fillMasks(
  model: TaskModel<'fill_mask'>,
  fields: Fields,
  signal: Cancellation | undefined,
): Promise<HttpResponse> {
  const { texts, isSingle } = textList(fields, 'inputs');
  if (fields.has('targets')) throw invalid('`targets` is not supported: leave it out, and raise `top_k` instead');
  const { outputs, usage } = await runTexts(model, [texts], {
    ...textOptions(fields),
    topK: fields.count('top_k'),
    signal,
  });
  const column = (name: string) => outputs.find((output) => output.name === name)!;
  const [rows, width] = column('score').shape as [number, number];
  const lists = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_, index) => {
      const at = row * width + index;
      const text = (name: string) => String((column(name).data as Buffer[])[at]);
      return {
        score: (column('score').data as Float32Array)[at],
        token: Number((column('token').data as BigInt64Array)[at]),
        token_str: text('token_str'),
        sequence: text('sequence'),
      };
    }),
  );
  return textResponseOf(JSON.stringify(isSingle ? lists[0] : lists), usage);
}

/**
 * Responds to a request of the form `{"inputs": …}` on a route that takes other forms too. Returns undefined for another
 * form, or if no model, or not the named one, reads texts.
 *
 * @param named model and version that the request names outside its body
 * @throws InferenceError
 */
export function answerTexts(
  models: ModelCatalog,
  { body, signal }: HttpRequest,
  named: Pick<ModelChoice, 'path' | 'version'> = {},
): Promise<HttpResponse> | undefined {
  if (!hasTextModel(models) || isInferRequest(body)) return undefined;
  const model = named.path === undefined ? undefined : models.find(named.path, named.version);
  if (model && !isTextModel(model)) return undefined;
  let fields: Fields;
  try {
    fields = Fields.parse(body);
  } catch {
    // The decoder of the other forms reports the error.
    return undefined;
  }
  // Async, so that an error of one instance never leaves the promises of those before it without a handler.
  const answer = async (each: Fields) =>
    answerInputs(taskModel(models, TEXT_TASKS, { ...named, body: each.string('model') }), each, signal);
  if (hasInputs(fields)) return answer(fields);
  const instances = instancesOf(fields);
  return instances && answerAll(instances.map(answer));
}

function hasInputs(fields: Fields): boolean {
  return fields.has('inputs') || (fields.has('query') && fields.has('texts'));
}

/**
 * Returns the requests of a body for Vertex AI, as text-embeddings-inference has it there: `{"instances": [{"inputs": …}]}`.
 *
 * @returns undefined for other instances, such as texts
 */
function instancesOf(fields: Fields): readonly Fields[] | undefined {
  const instances = fields.get('instances');
  if (!Array.isArray(instances) || instances.length === 0 || !instances.every(isObject)) return undefined;
  checkCount(instances, 'instances');
  const requests = instances.map((instance, index) => new Fields(instance, `instances[${index}].`));
  return requests.every(hasInputs) ? requests : undefined;
}

async function answerAll(answers: readonly Promise<HttpResponse>[]): Promise<HttpResponse> {
  const bodies = await Promise.all(answers);
  return jsonResponse(`{"predictions":[${bodies.map(({ body }) => body.toString()).join(',')}]}`);
}
