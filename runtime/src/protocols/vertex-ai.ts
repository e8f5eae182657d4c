import type { HttpResponse } from '../http/http.js';
import { asInferenceError, handled } from './handled.js';
import { answerTexts } from './hugging-face/index.js';
import { infer, inferTyped, isInferRequest } from './open-inference/index.js';
import { pictureRequest } from './pictures.js';
import type { Protocol } from './protocol.js';
import { failureResponse, jsonResponse } from './responses.js';
import { soleModel } from './sole-model.js';
import { decodePredictRequest } from './tensorflow-serving/predict-request.js';
import { encodePredictResponse } from './tensorflow-serving/predict-response.js';

/** Content type that Triton's clients use to send binary tensors through Vertex AI's `rawPredict`. */
const TRITON_TYPE = 'application/vnd.vertex-ai-triton.binary+json';

/** Routes from Vertex AI's variables `AIP_HEALTH_ROUTE` and `AIP_PREDICT_ROUTE`. */
export interface VertexRoutes {
  readonly health: string;
  readonly predict: string;
}

/** Vertex AI's protocol for custom containers: health checks and predictions on routes that Vertex AI chooses. */
export function vertexAi(routes: VertexRoutes): Protocol {
  return {
    name: 'vertex-ai',
    probes: [routes.health],
    routes: (models) => [
      {
        method: 'GET',
        path: literal(routes.health),
        handler: () => jsonResponse(JSON.stringify({ ready: models.ready }), models.ready ? 200 : 503),
      },
      {
        method: 'POST',
        path: literal(routes.predict),
        handler: handled(errorResponse, async (request) => {
          const texts = answerTexts(models, request);
          if (texts) return texts;
          const model = soleModel(models);
          if (request.headers['content-type']?.startsWith(TRITON_TYPE)) return inferTyped(model, request, TRITON_TYPE);
          const pictures = await pictureRequest(request, model);
          if (!pictures && isInferRequest(request.body)) return infer(model, request);
          const { inputs, rows, signatureName } = pictures ?? decodePredictRequest(request.body, model);
          const { outputs } = await model.infer({ inputs, signatureName, signal: request.signal });
          return jsonResponse(encodePredictResponse(outputs, rows));
        }),
      },
    ],
    owns: (path) => path === routes.health || path === routes.predict,
    errorResponse,
  };
}

/** Escapes a path for the router. Vertex AI's own routes end in `:predict`, which is not a parameter. */
function literal(path: string): string {
  return path.replaceAll(':', '::');
}

function errorResponse(failure: unknown): HttpResponse {
  const error = asInferenceError(failure);
  return failureResponse(error, JSON.stringify({ error: error.message }));
}
