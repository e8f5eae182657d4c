import { handled } from '../handled.js';
import { anyTakesPictures } from '../pictures.js';
import type { Protocol } from '../protocol.js';
import { Fields } from '../text/fields.js';
import { TEXT_TASKS, taskModel, textRoutesExist } from '../text/task-model.js';
import { errorResponse } from '../text-embeddings-inference/index.js';
import { answerInputs } from './inputs.js';
import { answerPicture } from './pictures.js';

/**
 * The form of Hugging Face's inference API, `{"inputs": …, "parameters": …}`, at `/` and below the name of a model.
 * SageMaker's, Azure ML's and Vertex AI's protocols take it on their own routes.
 */
export function huggingFace(): Protocol {
  return {
    name: 'hugging-face',
    routes: (models) =>
      ['/', '/models/:model'].map((path) => ({
        method: 'POST',
        exists: () => textRoutesExist(models) || anyTakesPictures(models),
        path,
        handler: handled(errorResponse, (request, { model: name }) => {
          const picture = answerPicture(models, request, name);
          if (picture) return picture;
          const fields = Fields.parse(request.body);
          const model = taskModel(models, TEXT_TASKS, { path: name, body: fields.string('model') });
          return answerInputs(model, fields, request.signal);
        }),
      })),
    owns: (path) => path === '/',
    errorResponse,
  };
}
