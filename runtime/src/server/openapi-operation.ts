/** Bodies of an operation. */
export interface OperationBodies {
  /** Schema of the request. */
  readonly request: object;
  /** Schema of a successful response. */
  readonly response: object;
  /** A request that works. @default - no example */
  readonly example?: object;
  /** Response of its form. @default - no example */
  readonly answer?: unknown;
  /** Whether the body may be a picture or a form of pictures instead. @default false */
  readonly takesFiles?: boolean;
}

/** Bodies that are a picture, or a form with one in each field. */
const PICTURES = {
  'image/*': {},
  'multipart/form-data': {
    schema: { type: 'object', additionalProperties: { contentMediaType: 'application/octet-stream' } },
  },
};

/** Describes an operation with JSON in both directions. */
export function post(operationId: string, summary: string, bodies: OperationBodies): object {
  const content = (schema: object, example?: unknown) => ({
    'application/json': { schema, ...(example !== undefined && { example }) },
  });
  const failure = { description: 'What was wrong', content: content(record({ error: { type: 'string' } })) };
  const responses = {
    200: { description: 'The answer of the model', content: content(bodies.response, bodies.answer) },
    '4XX': failure,
    '5XX': failure,
  };
  const requestBody = {
    required: true,
    content: { ...content(bodies.request, bodies.example), ...(bodies.takesFiles && PICTURES) },
  };
  return { post: { operationId, summary, requestBody, responses } };
}

/** Schema of an object with all of `properties` required, and with `optional` ones. */
export function record(
  properties: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object {
  return { type: 'object', required: Object.keys(properties), properties: { ...properties, ...optional } };
}
