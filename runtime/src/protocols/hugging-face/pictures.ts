import type { HttpRequest, HttpResponse } from '../../http/http.js';
import { loadedModels, type ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { isPicture } from '../../tasks/images/decode.js';
import { inputsOf, pictureRequest } from '../pictures.js';
import { jsonResponse } from '../responses.js';
import { Fields } from '../text/fields.js';
import { labelled } from '../text/labelled.js';
import { hasTextModel } from '../text/task-model.js';

/** Number of classes that the pipelines of Transformers return by default. */
const DEFAULT_CLASSES = 5;

/**
 * Classifies a picture, sent as it is or as base64 in `inputs`. Returns undefined if no single model classifies pictures.
 *
 * @param name model that the path names. @default - the only model that classifies pictures
 */
export function answerPicture(
  models: ModelCatalog,
  request: HttpRequest,
  name: string | undefined,
): Promise<HttpResponse> | undefined {
  // A body that is not a picture is a text where both are possible.
  if (name === undefined && hasTextModel(models) && !isPicture(request.body)) return undefined;
  const suitable = loadedModels(models).filter(
    (model) => classifies(model) && (name === undefined || model.name === name),
  );
  return suitable.length === 1 ? classifyPicture(suitable[0]!, request) : undefined;
}

function classifies(model: ServedModel): boolean {
  return model.manifest.task?.type === 'image_classification';
}

async function classifyPicture(model: ServedModel, request: HttpRequest): Promise<HttpResponse> {
  const picture = await pictureRequest(request, model);
  const fields = picture ? undefined : Fields.parse(request.body);
  const text = fields?.required('inputs', fields.string('inputs'));
  const { inputs } = picture ?? inputsOf([Buffer.from(text!)]);
  const count = fields?.object('parameters')?.count('top_k') ?? DEFAULT_CLASSES;
  const { outputs } = await model.infer({ inputs, signal: request.signal });
  const classes = labelled(outputs[0]!, model.manifest.outputs[0]!.labels!).map((list) => list.slice(0, count));
  return jsonResponse(JSON.stringify(classes.length === 1 ? classes[0] : classes));
}
