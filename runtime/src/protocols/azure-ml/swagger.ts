import { SCORE_PATH } from '../../contract.js';
import type { ServedModel } from '../../models/served-model.js';
import type { Datatype } from '../../tensor/datatype.js';
import type { TensorSpec } from '../../tensor/tensor.js';

/** Returns the description of `/score` that Azure ML reads, as Swagger 2 or OpenAPI 3. */
export function swagger(model: ServedModel, version: '2' | '3'): object {
  const { inputs, outputs } = model.signatures.serving_default!;
  const info = { title: model.name, version: model.version };
  const request = rows('instances', inputs);
  const response = rows('predictions', outputs);
  if (version === '2') {
    const operation = {
      operationId: 'score',
      consumes: ['application/json'],
      produces: ['application/json'],
      parameters: [{ name: 'body', in: 'body', required: true, schema: request }],
      responses: { 200: { description: 'The predictions', schema: response } },
    };
    return { swagger: '2.0', info, paths: { [SCORE_PATH]: { post: operation } } };
  }
  const content = (schema: object) => ({ 'application/json': { schema } });
  const operation = {
    operationId: 'score',
    requestBody: { required: true, content: content(request) },
    responses: { 200: { description: 'The predictions', content: content(response) } },
  };
  return { openapi: '3.0.3', info, paths: { [SCORE_PATH]: { post: operation } } };
}

function rows(key: string, specs: readonly TensorSpec[]): object {
  const [first, ...others] = specs;
  const item =
    others.length === 0
      ? schemaOf(first!)
      : {
          type: 'object',
          required: specs.map(({ name }) => name),
          properties: Object.fromEntries(specs.map((spec) => [spec.name, schemaOf(spec)])),
        };
  return { type: 'object', required: [key], properties: { [key]: { type: 'array', items: item } } };
}

/** Schema of one row of a tensor: one array level for each dimension except the first. */
function schemaOf({ datatype, shape, unknownRank }: TensorSpec): object {
  if (unknownRank) return {};
  return shape.slice(1).reduce<object>((items) => ({ type: 'array', items }), { type: jsonType(datatype) });
}

function jsonType(datatype: Datatype): string {
  if (datatype === 'BYTES') return 'string';
  if (datatype === 'BOOL') return 'boolean';
  return datatype.startsWith('FP') || datatype === 'BF16' ? 'number' : 'integer';
}
