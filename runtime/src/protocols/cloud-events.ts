import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponse, RouteHandler } from '../http/http.js';
import { invalid } from '../tensor/errors.js';
import { OPEN_OBJECT, QUOTE } from '../tensor/json/ascii.js';
import { base64Bytes } from '../tensor/json/base64.js';
import { JsonReader } from '../tensor/json/index.js';

/** Content type of an event in structured mode: one JSON document with the request in its member `data`. */
const STRUCTURED_TYPE = 'application/cloudevents+json';

/** Required attributes of an event: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
const REQUIRED = ['id', 'source', 'specversion', 'type'] as const;

const VERSIONS: readonly string[] = ['1.0', '0.3'];

/** Type of the response event, as in KServe. */
const ANSWER_TYPE = 'io.kserve.inference.response';
const ANSWER_SOURCE = 'io.kserve.inference.';

/**
 * Wraps a handler so that it also accepts CloudEvents, as KServe's servers do: in structured mode, or in binary mode
 * with the attributes in headers. The response to an event is an event in the same mode, while an error response stays
 * unchanged.
 */
export function acceptingEvents(handler: RouteHandler): RouteHandler {
  return (request, parameters) => {
    const { headers } = request;
    const type = headers['content-type'];
    if (headers['ce-specversion'] === undefined && !type?.startsWith(STRUCTURED_TYPE)) {
      return handler(request, parameters);
    }
    return answerEvent(request, (plain) => handler(plain, parameters));
  };
}

async function answerEvent(
  request: HttpRequest,
  answer: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
): Promise<HttpResponse> {
  const { method, path, query, headers, signal } = request;
  const isStructured = headers['content-type']?.startsWith(STRUCTURED_TYPE) === true;
  const body = isStructured ? dataOf(request.body) : binaryData(request);
  const response = await answer({ method, path, query, headers, signal, body });
  if (response.status !== 200) return response;
  const attributes = answerAttributes(/^\/v1\/models\/([^/:]+)/i.exec(path)?.[1] ?? '');
  return isStructured ? structured(response, attributes) : binary(response, attributes);
}

function answerAttributes(model: string): Readonly<Record<string, string>> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: `${ANSWER_SOURCE}${model}`,
    type: ANSWER_TYPE,
    time: new Date().toISOString(),
  };
}

function structured(response: HttpResponse, attributes: Readonly<Record<string, string>>): HttpResponse {
  const head = JSON.stringify({ ...attributes, datacontenttype: 'application/json' }).slice(0, -1);
  const body = Buffer.concat([Buffer.from(`${head},"data":`), Buffer.from(response.body), Buffer.from('}')]);
  return { ...response, headers: { 'content-type': STRUCTURED_TYPE }, body };
}

function binary(response: HttpResponse, attributes: Readonly<Record<string, string>>): HttpResponse {
  const named = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]);
  return { ...response, headers: { ...response.headers, ...Object.fromEntries(named) } };
}

function binaryData({ headers, body }: HttpRequest): Buffer {
  const missing = REQUIRED.find((name) => !headers[`ce-${name}`]);
  if (missing) throw invalid(`the CloudEvent has no header ce-${missing}`);
  checkVersion(headers['ce-specversion']!);
  return body;
}

/** Returns the bytes of the event's data, as they appear in its document. */
function dataOf(body: Buffer): Buffer {
  const reader = new JsonReader(body, true);
  const texts = new Map<string, string>();
  let data: Buffer | undefined;
  if (reader.peek() !== OPEN_OBJECT) throw invalid('the CloudEvent must be a JSON object');
  if (reader.openObject()) {
    do {
      const name = reader.name();
      const isText = reader.peek() === QUOTE;
      const start = reader.position;
      if (isText && name !== 'data') texts.set(name, reader.string());
      else reader.skip();
      if (name === 'data') data = body.subarray(start, reader.position);
    } while (reader.nextMember());
  }
  reader.end();
  const missing = REQUIRED.find((name) => !texts.get(name));
  if (missing) throw invalid(`the CloudEvent has no ${missing}`);
  checkVersion(texts.get('specversion')!);
  const encoded = texts.get('data_base64');
  if (data && encoded !== undefined) throw invalid('the CloudEvent has both data and data_base64');
  data ??= encoded === undefined ? undefined : base64Bytes(encoded);
  if (!data) throw invalid('the CloudEvent has no data');
  return data;
}

function checkVersion(version: string): void {
  if (VERSIONS.includes(version)) return;
  throw invalid(`the CloudEvent is of version ${version.slice(0, 20)}: ${VERSIONS.join(' and ')} are supported`);
}
