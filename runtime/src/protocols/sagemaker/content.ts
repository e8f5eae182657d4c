import type { HttpResponse } from '../../http/http.js';
import type { ServedModel } from '../../models/served-model.js';
import { checkFor, nameList } from '../../tensor/check-inputs.js';
import { type CsvHeader, csvFromTensors, tensorsFromCsv } from '../../tensor/csv.js';
import { invalid } from '../../tensor/errors.js';
import { npyFromTensor, tensorFromNpy } from '../../tensor/npy.js';
import { npzFromTensors, tensorsFromNpz } from '../../tensor/npz.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor, type TensorSpec } from '../../tensor/tensor.js';
import { jsonResponse } from '../responses.js';
import {
  type Dialect,
  decodeJsonLines,
  decodePredictRequest,
  type PredictRequest,
} from '../tensorflow-serving/predict-request.js';
import {
  encodePredictionLines,
  encodePredictResponse,
  type ResponseForm,
} from '../tensorflow-serving/predict-response.js';

/** MLflow's containers for SageMaker take the keys of data frames. TensorFlow's containers take single rows. */
const DIALECT: Dialect = {
  rowKeys: ['dataframe_records'],
  tableKeys: ['dataframe_split'],
  bareRows: true,
  vectorIsRow: true,
};

type Decode = (body: Buffer, model: ServedModel, type?: string) => PredictRequest | Promise<PredictRequest>;
type Encode = (outputs: readonly Tensor[], rows: boolean, form: ResponseForm) => HttpResponse | Promise<HttpResponse>;

/** Request decoders by content type. */
const DECODERS: Readonly<Record<string, Decode>> = {
  'application/json': (body, model) => decodePredictRequest(body, model, DIALECT),
  'application/jsonlines': decodeJsonLines,
  'application/x-ndjson': decodeJsonLines,
  'application/jsons': decodeJsonLines,
  'text/csv': (body, model, type) => ({
    inputs: checked(model, tensorsFromCsv(signatureOf(model), body, headerOf(type))),
    rows: true,
    signatureName: DEFAULT_SIGNATURE,
  }),
  'application/x-npy': (body, model) => single(model, (spec) => tensorFromNpy(spec, body)),
  'application/x-npz': async (body, model) => ({
    inputs: checked(model, await tensorsFromNpz(signatureOf(model), body)),
    rows: true,
    signatureName: DEFAULT_SIGNATURE,
  }),
};

/** Response encoders by content type. */
const ENCODERS: Readonly<Record<string, Encode>> = {
  'application/json': (outputs, rows, form) => jsonResponse(encodePredictResponse(outputs, rows, form)),
  'application/jsonlines': (outputs, rows, form) =>
    // The whole response fits on one line, as in SageMaker's own containers. Line breaks in JSON occur only between its
    // parts.
    typed('application/jsonlines', encodePredictResponse(outputs, rows, form).toString().replaceAll(/\n */g, '')),
  'application/x-ndjson': (outputs) => typed('application/x-ndjson', encodePredictionLines(outputs)),
  'text/csv': (outputs) => typed('text/csv; charset=utf-8', csvFromTensors(outputs)),
  'application/x-npy': (outputs) => typed('application/x-npy', npyFromTensor(only(outputs))),
  'application/x-npz': async (outputs) => typed('application/x-npz', await npzFromTensors(outputs)),
};

/** Response type for clients that accept any type, unless the host sets another. */
export const DEFAULT_TYPE = 'application/json';

export const CONTENT_TYPES = Object.keys(DECODERS);
export const ACCEPTED_TYPES = Object.keys(ENCODERS);

/** Returns the decoder for a content type. A missing type means JSON. @returns undefined for an unsupported type */
export function decoderFor(contentType: string | undefined): Decode | undefined {
  const type = mediaType(contentType) || DEFAULT_TYPE;
  return Object.hasOwn(DECODERS, type) ? DECODERS[type] : undefined;
}

/**
 * Returns the encoder for the supported type with the highest weight in `accept`; the first of several. A missing header
 * selects `byDefault`.
 *
 * @returns undefined if no accepted type is supported
 */
export function encoderFor(accept: string | undefined, byDefault: string): Encode | undefined {
  const wishes = (accept || '*/*').split(',').map((wish) => ({ type: mediaType(wish), weight: weightOf(wish) }));
  const accepted = wishes.filter(({ weight }) => weight > 0).sort((one, other) => other.weight - one.weight);
  for (const { type } of accepted) {
    if (type === '*/*') return ENCODERS[byDefault];
    if (type === 'application/*') return ENCODERS[DEFAULT_TYPE];
    if (Object.hasOwn(ENCODERS, type)) return ENCODERS[type];
  }
  return undefined;
}

/** Returns the form of JSON responses: that of the tool that saved the model, otherwise of TensorFlow's containers. */
export function responseForm({ manifest: { origin, format } }: ServedModel): ResponseForm {
  // The containers for other frameworks respond with the array alone.
  if (origin === 'sagemaker') return { bare: format !== 'saved_model' };
  // MLflow's server names the outputs of ONNX models.
  return origin === 'mlflow' ? { columns: 'predictions', named: format === 'onnx' } : {};
}

/** Returns the weight of a type in `Accept`; 1 if it has none. */
function weightOf(wish: string): number {
  const weight = Number(/;\s*q\s*=\s*([\d.]+)/i.exec(wish)?.[1] ?? 1);
  return Number.isNaN(weight) ? 1 : weight;
}

/** Whether a content type means JSON. A missing type does. */
export function isJson(contentType: string | undefined): boolean {
  return (mediaType(contentType) || DEFAULT_TYPE) === DEFAULT_TYPE;
}

function mediaType(text: string | undefined): string {
  return (text ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

function single(model: ServedModel, decode: (spec: TensorSpec) => Tensor): PredictRequest {
  const signature = signatureOf(model);
  if (signature.inputs.length > 1) {
    throw invalid(`the model takes several inputs (${nameList(signature)}): send JSON or npz`);
  }
  return { inputs: checked(model, [decode(signature.inputs[0]!)]), rows: true, signatureName: DEFAULT_SIGNATURE };
}

function signatureOf(model: ServedModel): Signature {
  return model.signatures[DEFAULT_SIGNATURE]!;
}

function checked(model: ServedModel, inputs: readonly Tensor[]): readonly Tensor[] {
  checkFor(model.manifest.format, signatureOf(model), inputs);
  return inputs;
}

/** Returns the `header` parameter of a CSV content type (RFC 4180), which tells whether the first line is a header. */
function headerOf(contentType = ''): CsvHeader | undefined {
  return /;\s*header\s*=\s*"?(present|absent)"?\s*(;|$)/i.exec(contentType)?.[1]?.toLowerCase() as
    | CsvHeader
    | undefined;
}

function only(outputs: readonly Tensor[]): Tensor {
  if (outputs.length === 1) return outputs[0]!;
  throw invalid(
    `npy carries one array, the model gives ${outputs.map(({ name }) => name).join(', ')}: request JSON or npz`,
  );
}

function typed(type: string, body: Buffer | string): HttpResponse {
  return { status: 200, headers: { 'content-type': type }, body };
}
