import type { ServedModel } from '../../models/served-model.js';
import { decodeInferRequest } from '../../tensor/open-inference/infer-request.js';
import type { Cancellation } from '../../tensor/request.js';
import { DEFAULT_SIGNATURE, type Tensor } from '../../tensor/tensor.js';
import { inputsOf, takesPictures } from '../pictures.js';
import { type Dialect, decodePredictRequest, type PredictRequest } from '../tensorflow-serving/predict-request.js';
import { encodePredictResponse } from '../tensorflow-serving/predict-response.js';
import { labelled } from '../text/labelled.js';
import type { Content } from './content.js';

const DIALECT: Dialect = { rowKeys: ['data'], bareRows: true };

/** Number of classes in the response of TorchServe's `image_classifier`. */
const TOP_CLASSES = 5;

/** Returns the number of a version, which TorchServe's archives write as a decimal number such as `1.0`. */
export function versionNumber(version: string | undefined): string | undefined {
  return version?.replace(/\.0$/, '');
}

/** Runs a request and returns the list of predictions as JSON. @throws InferenceError */
export async function predict(model: ServedModel, content: Content, signal?: Cancellation): Promise<Buffer | string> {
  if (content.json) {
    return predictRows(model, decodePredictRequest(content.bytes, model, DIALECT), signal);
  }
  // A picture, or its base64.
  if (takesPictures(model)) return predictRows(model, inputsOf([content.bytes]), signal);
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
  const { origin, outputs: specs, task } = model.manifest;
  if (origin === 'torchserve' && task?.type === 'image_classification' && signatureName === DEFAULT_SIGNATURE) {
    return encodeClasses(outputs[0]!, specs[0]!.labels!);
  }
  return encodePredictResponse(outputs, rows, { bare: rows });
}

/**
 * Encodes the classes of each picture as TorchServe's `image_classifier` does: an object with the probabilities by name,
 * the highest first. Of classes with the same name, the last is in the response.
 */
function encodeClasses(scores: Tensor, labels: readonly string[]): string {
  const pictures = labelled(scores, labels).map((list) => {
    const classes = new Map(list.slice(0, TOP_CLASSES).map(({ label, score }) => [label, score]));
    return `{\n${Array.from(classes, ([label, score]) => `  ${JSON.stringify(label)}: ${score}`).join(',\n')}\n}`;
  });
  return pictures.length === 1 ? pictures[0]! : `[${pictures.join(', ')}]`;
}
