import { handled } from '../handled.js';
import type { Protocol } from '../protocol.js';
import { Fields } from '../text/fields.js';
import { TEXT_TASKS, taskModel, textRoutesExist } from '../text/task-model.js';
import { errorResponse } from '../text-embeddings-inference/index.js';
import { answerInputs } from './inputs.js';

/**
 * The form of Hugging Face's inference API, `{"inputs": …, "parameters": …}`, at `/` and below the name of a model.
 * SageMaker's protocol takes it at `/invocations`.
 */
export function huggingFace(): Protocol {
  return {
    name: 'hugging-face',
    routes: (models) =>
      ['/', '/models/:model'].map((path) => ({
        method: 'POST',
        exists: () => textRoutesExist(models),
        path,
        handler: handled(errorResponse, ({ body, signal }, { model: name }) => {
          const fields = Fields.parse(body);
          return answerInputs(
            taskModel(models, TEXT_TASKS, { path: name, body: fields.string('model') }),
            fields,
            signal,
          );
        }),
      })),
    owns: (path) => path === '/',
    errorResponse,
  };
}
