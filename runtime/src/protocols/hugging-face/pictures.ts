import type { HttpRequest, HttpResponse } from '../../http/http.js';
import { loadedModels, type ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { isPicture } from '../../tasks/images/decode.js';
import type { Tensor } from '../../tensor/tensor.js';
import { inputsOf, pictureRequest, takesPictures } from '../pictures.js';
import { jsonResponse } from '../responses.js';
import { Fields } from '../text/fields.js';
import { labelled } from '../text/labelled.js';
import { hasTextModel } from '../text/task-model.js';

/** Number of classes that the pipelines of Transformers return by default. */
export const DEFAULT_CLASSES = 5;

/**
 * Responds to a picture, sent as it is or as base64 in `inputs`, as the pipeline of Transformers for the model's task does.
 * Returns undefined if no single model takes pictures.
 *
 * @param name model that the path names. @default - the only model that takes pictures
 */
export function answerPicture(
  models: ModelCatalog,
  request: HttpRequest,
  name: string | undefined,
): Promise<HttpResponse> | undefined {
  // A body that is not a picture is a text where both are possible.
  if (name === undefined && hasTextModel(models) && !isPicture(request.body)) return undefined;
  const suitable = loadedModels(models).filter(
    (model) => takesPictures(model) && (name === undefined || model.name === name),
  );
  return suitable.length === 1 ? answerOf(suitable[0]!, request) : undefined;
}

async function answerOf(model: ServedModel, request: HttpRequest): Promise<HttpResponse> {
  const picture = await pictureRequest(request, model);
  const fields = picture ? undefined : Fields.parse(request.body);
  const text = fields?.required('inputs', fields.string('inputs'));
  const { inputs } = picture ?? inputsOf([Buffer.from(text!)]);
  const parameters = fields?.object('parameters');
  const { outputs } = await model.infer({ inputs, signal: request.signal });
  const answers = answersOf(model, outputs[0]!, parameters);
  return jsonResponse(JSON.stringify(answers.length === 1 ? answers[0] : answers));
}

/** Returns the answer for each picture. */
function answersOf({ manifest }: ServedModel, output: Tensor, parameters: Fields | undefined): readonly unknown[] {
  switch (manifest.task!.type) {
    case 'image_classification': {
      const count = parameters?.count('top_k') ?? DEFAULT_CLASSES;
      return labelled(output, manifest.outputs[0]!.labels!).map((list) => list.slice(0, count));
    }
    case 'image_embedding': {
      const [rows, width] = output.shape as [number, number];
      const values = Array.from(output.data as Float32Array);
      return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
    }
    default: {
      const lists = (output.data as Buffer[]).map((json): { score: number | null }[] => JSON.parse(json.toString()));
      // A lower threshold than the package's own finds no further objects.
      const threshold = parameters?.number('threshold');
      return threshold === undefined
        ? lists
        : lists.map((list) => list.filter(({ score }) => (score ?? 1) > threshold));
    }
  }
}
