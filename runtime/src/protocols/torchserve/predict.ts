import type { ServedModel } from '../../models/served-model.js';
import { decodeInferRequest } from '../../tensor/open-inference/infer-request.js';
import type { Cancellation } from '../../tensor/request.js';
import { type Dialect, decodePredictRequest, type PredictRequest } from '../tensorflow-serving/predict-request.js';
import { encodePredictResponse } from '../tensorflow-serving/predict-response.js';
import type { Content } from './content.js';

const DIALECT: Dialect = { rowKeys: ['data'], bareRows: true };

/** Runs a request and returns the list of predictions as JSON. @throws InferenceError */
export async function predict(model: ServedModel, content: Content, signal?: Cancellation): Promise<Buffer | string> {
  if (content.json) {
    return predictRows(model, decodePredictRequest(content.bytes, model, DIALECT), signal);
  }
  const { inputs } = decodeInferRequest(content.bytes, model.signatures.serving_default!, 0);
  const { outputs } = await model.infer({ inputs, signal });
  return encodePredictResponse(outputs, false, { bare: true });
}

/** Runs a decoded request and returns the list of predictions as JSON. @throws InferenceError */
export async function predictRows(
  model: ServedModel,
  { inputs, rows, signatureName }: PredictRequest,
  signal?: Cancellation,
): Promise<Buffer | string> {
  const { outputs } = await model.infer({ inputs, signatureName, signal });
  return encodePredictResponse(outputs, rows, { bare: rows });
}
