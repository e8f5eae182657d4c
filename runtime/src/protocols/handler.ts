import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import { REQUEST_SIGNATURE } from '../manifest/index.js';
import type { ServedModel } from '../models/served-model.js';
import { InferenceError } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';
import type { Tensor } from '../tensor/tensor.js';
import { isForm, multipartFields } from './multipart.js';

/** The body of a request, or a field of its form. */
interface Part {
  readonly name: string;
  /** Content type; empty if it has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** A request to a handler: its header fields, and its body or the fields of its form. */
export interface HandlerRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly parts: readonly Part[];
  readonly signal: Cancellation | undefined;
}

/** Name of the only field of a request that is not a form. */
const BODY = 'body';

/** Header fields with credentials of the caller, and those of the connection, which handlers do not get. */
const WITHHELD =
  /^(authorization|proxy-authorization|cookie|x-api-key|x-amz-security-token|x-forwarded-.*|connection|transfer-encoding|content-length)$/;

/** Header fields of a response that only the server sets. */
const OF_SERVER = /^(connection|content-length|date|keep-alive|transfer-encoding|upgrade|trailer|server)$/i;

/** Whether a model is a handler, which gets requests as they are. */
export function isHandler({ manifest }: Pick<ServedModel, 'manifest'>): boolean {
  return manifest.format === 'handler';
}

/**
 * Returns the request that a handler gets: the body, or the fields of a form.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for an invalid form
 */
export async function handlerRequest({ headers, body, signal }: HttpRequest): Promise<HandlerRequest> {
  return { headers, signal, parts: await partsOf(headers['content-type'] ?? '', body) };
}

async function partsOf(type: string, body: Buffer): Promise<readonly Part[]> {
  if (isForm(type)) {
    const fields = await multipartFields(body, type);
    // Texts have no type, whatever the form says, as in TorchServe.
    return fields.map(({ isFile, ...field }) => (isFile ? field : { ...field, type: '' }));
  }
  if (/^\s*application\/x-www-form-urlencoded\b/i.test(type)) {
    const fields = new URLSearchParams(body.toString());
    return Array.from(fields, ([name, value]) => ({ name, type: '', bytes: Buffer.from(value) }));
  }
  return [{ name: BODY, type: type.split(';', 1)[0]!.trim(), bytes: body }];
}

/**
 * Calls a handler, and returns its response.
 *
 * @param failed encodes the failure of a handler in the form of the protocol
 * @throws InferenceError if the handler did not respond
 */
export async function callHandler(
  model: ServedModel,
  { headers, parts, signal }: HandlerRequest,
  failed: (status: number, message: string) => HttpResponse,
): Promise<HttpResponse> {
  const passed = Object.entries(headers).filter(([name]) => !WITHHELD.test(name));
  const described = JSON.stringify({
    headers: Object.fromEntries(passed),
    parts: parts.map(({ name, type, bytes }) => ({ name, type, size: bytes.length })),
  });
  const inputs = [
    bytesTensor('body', Buffer.concat(parts.map(({ bytes }) => bytes))),
    bytesTensor('request', Buffer.from(described)),
  ];
  const { outputs } = await model.infer({ inputs, signatureName: REQUEST_SIGNATURE, signal });
  const [body, response] = outputs.map(({ data }) => data[0] as Buffer) as [Buffer, Buffer];
  const { status, headers: own, error } = JSON.parse(response.toString()) as HandlerResponse;
  checkStatus(status);
  return error === undefined ? { status, headers: sendable(own), body } : failed(status, error);
}

/** Response of a handler, as `modelship_worker/requests.py` describes it. */
interface HandlerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Message of a request that failed, without what the code itself said. @default - the request succeeded */
  readonly error?: string;
}

function bytesTensor(name: string, bytes: Buffer): Tensor {
  return { name, datatype: 'BYTES', shape: [1], data: [bytes] };
}

/**
 * Checks a status. Node throws for one that it cannot send, and the client would get no response.
 *
 * @throws InferenceError `INTERNAL` for other values, and for those of responses that are not final
 */
function checkStatus(status: unknown): void {
  if (Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 999) return;
  const message = `the handler set the status ${JSON.stringify(status)}, which must be a whole number from 200 to 999`;
  throw new InferenceError('INTERNAL', message);
}

/** Returns the header fields that can be sent. @throws InferenceError `INTERNAL` for a field with other values */
function sendable(headers: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !OF_SERVER.test(name));
  try {
    for (const [name, value] of own) {
      if (typeof value === 'object') throw new TypeError();
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
  } catch {
    throw new InferenceError('INTERNAL', 'the handler set a header field that cannot be sent');
  }
  return Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), String(value)]));
}
