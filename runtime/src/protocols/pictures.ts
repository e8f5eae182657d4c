import type { HttpRequest } from '../http/http.js';
import { IMAGE_INPUT, isImageTask } from '../manifest/index.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import { isPicture } from '../tasks/images/decode.js';
import { invalid } from '../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Tensor } from '../tensor/tensor.js';
import { isForm, multipartFields } from './multipart.js';
import type { PredictRequest } from './tensorflow-serving/predict-request.js';

/** Whether a model takes pictures. */
export function takesPictures({ manifest: { task } }: Pick<ServedModel, 'manifest'>): boolean {
  return task !== undefined && isImageTask(task);
}

/** Whether any of the models takes pictures. */
export function anyTakesPictures(models: ModelCatalog): boolean {
  return models.names().some((name) => models.versions(name).some(takesPictures));
}

/** Whether a content type may carry pictures: a form, a picture, or any bytes. */
export function isPictureType(contentType = ''): boolean {
  return isForm(contentType) || /^\s*(image\/|application\/(octet-stream|x-image)\b)/i.test(contentType);
}

/**
 * Reads the pictures of a request whose body is a picture, or a form of pictures. Each field of a form is one picture,
 * whatever its name.
 *
 * @returns undefined for a model that takes no pictures, and for a body in the form of the protocol
 * @throws InferenceError `INVALID_ARGUMENT` for a form that is invalid or empty
 */
export async function pictureRequest(request: HttpRequest, model: ServedModel): Promise<PredictRequest | undefined> {
  if (!takesPictures(model)) return undefined;
  const { body, headers } = request;
  const { 'content-type': type = '' } = headers;
  if (isForm(type)) {
    const fields = await multipartFields(body, type);
    if (fields.length === 0) throw invalid('the form has no fields: send each picture as a file');
    return inputsOf(fields.map(({ bytes }) => bytes));
  }
  // curl sends a file as a form of another kind unless told otherwise, so the first bytes decide.
  return /^\s*image\//i.test(type) || isPicture(body) ? inputsOf([body]) : undefined;
}

/** Returns the request for pictures as bytes, base64 or `data:` URLs. The model decodes them. */
export function inputsOf(data: Buffer[]): PredictRequest {
  const input: Tensor = { name: IMAGE_INPUT, datatype: 'BYTES', shape: [data.length], data };
  return { inputs: [input], rows: true, signatureName: DEFAULT_SIGNATURE };
}
