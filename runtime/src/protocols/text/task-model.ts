import type { TextTask } from '../../manifest/index.js';
import { loadedModels, loadingError, type ModelCatalog, servedModels } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { InferenceError } from '../../tensor/errors.js';
import { BadRequest } from './bad-request.js';

/** What a model does with texts. */
export type TaskType = TextTask['type'];

/** Every task whose models read texts. */
export const TEXT_TASKS: readonly TaskType[] = [
  'embed',
  'rerank',
  'text_classification',
  'token_classification',
  'zero_shot_classification',
  'question_answering',
  'fill_mask',
];

/** Model whose task is one of `Type`. */
export type TaskModel<Type extends TaskType = TaskType> = ServedModel & {
  readonly manifest: { readonly task: Extract<TextTask, { type: Type }> };
};

/** How a request chooses its model. */
export interface ModelChoice {
  /** Name in the path, which must be served. */
  readonly path?: string;
  /** Version of the model. @default - the newest available one */
  readonly version?: string;
  /** Name in the body. Many clients must send one, so it only counts if several models can respond. */
  readonly body?: string;
}

/**
 * Returns the model that responds on a route for models with the tasks `types`.
 *
 * @throws InferenceError `NOT_FOUND` if the server has no such name in the path or no model with a task, `UNAVAILABLE`
 * while it is not loaded, `FAILED_PRECONDITION` for a model with another task, or BadRequest if several could respond
 */
export function taskModel<Type extends TaskType>(
  models: ModelCatalog,
  types: readonly Type[],
  choice: ModelChoice = {},
): TaskModel<Type> {
  const loaded = loadedModels(models, choice.version);
  if (choice.path !== undefined) {
    const model = loaded.find(({ name }) => name === choice.path);
    if (model) return checked(model, types);
    const named = `${choice.path}${choice.version === undefined ? '' : ` version ${choice.version}`}`;
    const missing = new InferenceError('NOT_FOUND', `model ${named} is not served; ${servedModels(models)}`);
    throw loadingError(models, choice.path, choice.version) ?? missing;
  }
  const tasked = loaded.filter(isTextModel);
  const suitable = tasked.filter((model) => has(model, types));
  const named = tasked.find(({ name }) => name === choice.body);
  if (named) return checked(named, types);
  if (suitable.length === 1) return suitable[0]!;
  if (suitable.length > 1) {
    const names = suitable.map(({ name }) => name).join(', ');
    throw new BadRequest(
      choice.body === undefined
        ? `the request must name one of the models ${names}: add \`model\` to the body, or call /models/NAME/…`
        : `model ${choice.body.slice(0, 100)} is not served: \`model\` must be one of ${names}`,
    );
  }
  if (tasked.length > 0) return checked(tasked[0]!, types);
  if (!models.ready) throw new InferenceError('UNAVAILABLE', 'the models are not loaded', 1);
  throw new InferenceError('NOT_FOUND', `no model has the task ${types.join(' or ')}; ${servedModels(models)}`);
}

/** Whether a loaded model reads texts. */
export function hasTextModel(models: ModelCatalog): boolean {
  return loadedModels(models).some(isTextModel);
}

/** Whether routes for texts exist. They do while models load, so that callers get 503 and not 404. */
export function textRoutesExist(models: ModelCatalog): boolean {
  return hasTextModel(models) || !models.ready;
}

/** Whether a model reads texts. */
export function isTextModel(model: ServedModel): model is TaskModel {
  return has(model, TEXT_TASKS);
}

/** Whether the task of a model is `type`. */
export function isOf<Type extends TaskType>(model: ServedModel, type: Type): model is TaskModel<Type> {
  return has(model, [type]);
}

function has<Type extends TaskType>(model: ServedModel, types: readonly Type[]): model is TaskModel<Type> {
  return types.some((type) => type === model.manifest.task?.type);
}

function checked<Type extends TaskType>(model: ServedModel, types: readonly Type[]): TaskModel<Type> {
  if (has(model, types)) return model;
  const { task } = model.manifest;
  const actual = task ? `has the task ${task.type}` : 'has no task';
  throw new InferenceError(
    'FAILED_PRECONDITION',
    `model ${model.name} ${actual}, but this route needs ${types.join(' or ')}`,
  );
}
